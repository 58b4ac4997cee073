"""Sentence prototypes: labelled queries, and what has no emotion."""

import numpy as np
import pytest
import yaml

import places
from moodreel import Emotion
from moodreel_plugins.emotion.prototypes import SENTENCES, SentencePrototypes
from nearness import ROUNDING

FILE = places.DATA / "mood_queries.yaml"
QUERIES = yaml.safe_load(FILE.read_text(encoding="utf-8"))
LEAST_RIGHT = {"tuning": 30, "held_out": 28}


@pytest.fixture(scope="module")
def extractor(text_encoder):
    return SentencePrototypes(text_encoder)


def likeliest(scores):
    """Return the likeliest of the eight and none."""
    shares = {"none": 1 - sum(scores.values()), **scores}
    return max(shares, key=shares.get)


@pytest.mark.parametrize("half", QUERIES)
def test_queries_are_read_as_a_reader_would(extractor, half):
    rows = QUERIES[half]
    read = map(likeliest, extractor.extract([row["query"] for row in rows]))
    right = sum(name == row["emotion"] for name, row in zip(read, rows, strict=True))
    assert right >= LEAST_RIGHT[half]


def test_intensities_are_probabilities(extractor):
    values = extractor.extract([row["query"] for row in QUERIES["held_out"]]).values
    assert values.min() >= 0
    assert values.sum(1).max() <= 1 + ROUNDING


def test_every_emotion_has_sentences():
    assert set(SENTENCES) == set(Emotion)


def test_a_lower_temperature_is_surer(text_encoder):
    texts = ["an angry man"]
    sure = SentencePrototypes(text_encoder, temperature=0.01).extract(texts)
    unsure = SentencePrototypes(text_encoder, temperature=0.2).extract(texts)
    assert sure.named(0)["anger"] > 0.99 > unsure.named(0)["anger"]


def test_a_negation_is_left_in_when_modifiers_are_off(text_encoder):
    plain = SentencePrototypes(text_encoder, modifiers=False)
    assert plain.extract(["he is not angry"]).named(0)["anger"] > 0.3


def test_a_temperature_of_zero_is_refused(text_encoder):
    with pytest.raises(ValueError, match="temperature"):
        SentencePrototypes(text_encoder, temperature=0)


def test_no_texts_give_no_rows(extractor):
    assert extractor.extract([]).values.shape == (0, len(Emotion))
    assert np.array_equal(extractor.extract([""]).values, np.zeros((1, len(Emotion))))
