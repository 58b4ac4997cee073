"""Probabilities by temperature, and agreement with labels against other libraries."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score
from torchmetrics.functional.classification import multiclass_calibration_error

from moodreel import Emotion, EmotionScores, create
from moodreel.calibration import (
    calibrate,
    class_names,
    class_shares,
    fit_temperature,
    known_classes,
    probabilities,
)
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.evaluation.metrics.agreement import calibration_error, judge, likeliest
from nearness import ROUNDING, assert_near

CLASSES = class_names()


def draw(rows=400, seed=0, temperature=1.0):
    """Return scores and labels drawn from what the scores say at a temperature."""
    chance = np.random.default_rng(seed)
    values = chance.dirichlet(np.full(9, 0.4), rows)[:, :8]
    scores = EmotionScores(values, np.ones_like(values, bool))
    shares = probabilities(scores, temperature)
    return scores, [CLASSES[chance.choice(9, p=row)] for row in shares / shares.sum(1)[:, None]]


def test_shares_of_counts_sum_to_1_and_neutral_has_the_rest():
    scores = EmotionScores.of([{"joy": 2, "fear": 2}, {"joy": 0.25}, {}], observes=Emotion)
    shares = class_shares(scores)
    assert shares.sum(1) == pytest.approx([1, 1, 1], abs=ROUNDING)
    assert shares[:, -1].tolist() == [0, 0.75, 1]


def test_nothing_known_gives_nothing():
    scores = EmotionScores.unobserved(2)
    assert not probabilities(scores, 0.5).any()
    assert not calibrate(scores, 0.5).observed.any()
    assert likeliest(probabilities(scores, None)).tolist() == [-1, -1]


def test_what_is_not_observed_has_no_probability():
    scores = EmotionScores.of([{"joy": 0.5, "anger": 0.2}])
    shares = probabilities(scores, 3.0)
    assert (shares[0] > 0).tolist() == known_classes(scores)[0].tolist()
    assert shares.sum() == pytest.approx(1, abs=ROUNDING)


def test_a_temperature_of_1_leaves_probabilities_and_none_leaves_scores():
    scores, _ = draw()
    np.testing.assert_allclose(probabilities(scores, 1.0), class_shares(scores), atol=0.01)
    assert calibrate(scores, None) is scores


@given(st.floats(0.05, 20))
def test_no_temperature_changes_what_is_likeliest(temperature):
    scores, _ = draw(50)
    sure = class_shares(scores)
    apart = np.diff(np.sort(sure, 1)[:, -2:], axis=1)[:, 0] > 0.01
    hot = likeliest(probabilities(scores, temperature))
    assert (hot == likeliest(sure))[apart].all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_labels_were_drawn_at_is_found(temperature):
    scores, labels = draw(4000, temperature=temperature)
    assert fit_temperature(scores, labels) == pytest.approx(temperature, rel=0.12)


def test_labels_that_cannot_be_observed_do_not_count():
    scores = EmotionScores.of([{"joy": 0.9}, {"joy": 0.1}])
    assert fit_temperature(scores, ["fear", "fear"]) == 1
    with_fear = fit_temperature(scores, ["joy", "fear"])
    assert with_fear == fit_temperature(scores[:1], ["joy"])


def test_fitting_lowers_the_calibration_error_of_labels_not_fitted_to():
    scores, labels = draw(2000, temperature=3.0)
    agreement = judge(scores, labels)
    assert agreement.calibrated_error < 0.5 * agreement.calibration_error


def test_agreement_is_what_other_libraries_say():
    scores, labels = draw(500)
    agreement = judge(scores, labels)
    shares = class_shares(scores)
    read = [CLASSES[column] for column in likeliest(shares)]
    assert agreement.confusion == confusion_matrix(labels, read, labels=CLASSES).tolist()
    assert agreement.macro_f1 == pytest.approx(f1_score(labels, read, average="macro"))
    wanted = torch.tensor([CLASSES.index(label) for label in labels])
    theirs = multiclass_calibration_error(torch.tensor(shares), wanted, 9, n_bins=15)
    assert agreement.calibration_error == pytest.approx(float(theirs), abs=ROUNDING)


def test_texts_not_read_count_as_missed():
    scores = EmotionScores.concatenate(
        [EmotionScores.of([{"joy": 1.0}], observes=Emotion), EmotionScores.unobserved(1)]
    )
    agreement = judge(scores, ["joy", "joy"])
    assert agreement.unread == [2 - 1 if name == "joy" else 0 for name in CLASSES]
    assert agreement.macro_f1 == pytest.approx(2 / 3)
    assert agreement.calibration_error == 0


def test_of_equal_classes_the_first_by_name_is_read():
    tied = EmotionScores.of([{"joy": 1, "trust": 1, "anticipation": 1}], observes=Emotion)
    assert CLASSES[likeliest(class_shares(tied))[0]] == "anticipation"


def test_no_labels_are_refused():
    with pytest.raises(InvalidInput, match="--labels"):
        judge(EmotionScores.unobserved(0), [])


def test_an_empty_collection_has_no_calibration_error():
    assert calibration_error(np.zeros((3, 9)), np.zeros(3, int)) == 0


def test_a_calibrated_extractor_gives_probabilities_of_another():
    words = create("emotion_extractor", "words")
    texts = ["an angry man and a happy girl", "a wall", "화난 남자"]
    same = create("emotion_extractor", "calibrated", extractor="words")
    assert_near(same.extract(texts).values, words.extract(texts).values)
    warm = create("emotion_extractor", "calibrated", extractor="words", temperature=2.0)
    scores = warm.extract(texts)
    assert warm.modality == "text"
    assert warm.fingerprint != same.fingerprint
    assert scores.observed.tolist() == words.extract(texts).observed.tolist()
    assert (scores.values.sum(1) <= 1 + ROUNDING).all()


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ConfigurationError, match="temperature"):
        create("emotion_extractor", "calibrated", extractor="words", temperature=0)
