"""The fitted reader: what it learns, and what it leaves to the lexicon and its grammar."""

import numpy as np
import pytest

from labelled_texts import SCENES, labelled_rows
from moodreel import ConfigurationError, Emotion, EmotionScores, create
from moodreel_plugins.emotion.text_head import TextHead, fit_head

PLAIN = (
    "a bus drives through a city",
    "a man repairs a bicycle",
    "a woman shows a map",
    "boats in a harbour",
    "a person typing",
)


@pytest.fixture(scope="module")
def head(tmp_path_factory):
    """The file of a head for joy and sadness."""
    file = tmp_path_factory.mktemp("head") / "head.safetensors"
    rows = labelled_rows()
    labels = [{} if row["label"] == "neutral" else {row["label"]: 1.0} for row in rows]
    scores = EmotionScores.of(labels, list(Emotion))
    reader = create("emotion_extractor", "fitted")
    texts, groups = [row["text"] for row in rows], [row["video"] for row in rows]
    reader.fit_texts(texts, scores, groups, file)
    return file


@pytest.fixture(scope="module")
def fitted(head):
    return create("emotion_extractor", "fitted", head=str(head))


def test_a_mood_that_no_word_names_is_read(fitted):
    wedding, funeral = fitted.extract(["a couple dancing at their wedding", "mourners at a tomb"])
    assert wedding["joy"] > 0.3 > wedding["sadness"]
    assert funeral["sadness"] > 0.3 > funeral["joy"]


@pytest.mark.parametrize("text", [*SCENES["neutral"], *PLAIN, "", "   "])
def test_texts_without_mood_stay_neutral(fitted, text):
    (scores,) = fitted.extract([text])
    assert not any(scores.values())


def test_what_is_denied_is_not_read_whatever_the_head_says(fitted):
    denied, meant = fitted.extract(
        ["a wedding party where nobody is happy", "a wedding party where everybody is happy"]
    )
    assert denied["joy"] == 0 < meant["joy"]


def test_moods_that_nothing_was_labelled_with_are_read_by_the_lexicon(fitted):
    (scores,) = fitted.extract(["a furious man"])
    (lexicon,) = create("emotion_extractor", "words").extract(["a furious man"])
    assert scores["anger"] == pytest.approx(lexicon["anger"], abs=1e-6)


def test_without_a_head_it_reads_as_the_lexicon():
    texts = ["a furious man", "not happy", "a wedding"]
    plain = create("emotion_extractor", "fitted").extract(texts)
    assert np.array_equal(plain.values, create("emotion_extractor", "words").extract(texts).values)


def test_without_thresholds_every_text_has_a_little_of_each(head):
    ranking = create("emotion_extractor", "fitted", head=str(head), thresholds=False)
    (scores,) = ranking.extract(["a bus drives through a city"])
    assert 0 < scores["joy"] < 0.5


def test_intensities_are_calibrated_to_the_labels():
    draw = np.random.default_rng(0)
    features = draw.normal(size=(4000, 3)).astype(np.float32)
    share = (1 / (1 + np.exp(1 - 2 * features[:, :1]))).astype(np.float32)
    said = (draw.random(share.shape) < share).astype(np.float32)
    read = fit_head(features, said, [Emotion.JOY])(features)
    assert np.abs(read - share).max() < 0.1
    assert read.mean() == pytest.approx(said.mean(), abs=0.005)


def test_a_head_of_another_encoder_is_refused(head, tmp_path):
    fitted = TextHead.load(head)
    other = TextHead(fitted.weight, fitted.bias, fitted.thresholds, fitted.emotions, "other")
    other.save(tmp_path / "other.safetensors")
    reader = create("emotion_extractor", "fitted", head=str(tmp_path / "other.safetensors"))
    with pytest.raises(ConfigurationError, match=r"another text encoder; fit it again"):
        reader.extract(["a man"])


def test_a_file_that_is_no_head_is_named(tmp_path):
    file = tmp_path / "no.safetensors"
    file.write_bytes(b"not tensors")
    reader = create("emotion_extractor", "fitted", head=str(file))
    with pytest.raises(ConfigurationError, match=r"no.safetensors: not a fitted head of texts"):
        reader.extract(["a man"])
