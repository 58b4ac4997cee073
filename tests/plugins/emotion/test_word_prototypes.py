"""Word prototypes: which queries have emotion, which have none, and that any text works."""

from time import perf_counter

import numpy as np
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import places
from moodreel import Emotion
from moodreel.interfaces import TextEncoder, TextFeatures
from moodreel_plugins.emotion import word_prototypes as words
from moodreel_plugins.emotion.english.lexicon import emoji
from moodreel_plugins.emotion.word_prototypes import (
    PROTOTYPES,
    WordPrototypes,
    meant_words,
    softmax,
)
from nearness import ROUNDING

QUERIES = yaml.safe_load((places.DATA / "mood_queries.yaml").read_text())
LEAST_RIGHT = {("tuning", True): 18, ("tuning", False): 18}
LEAST_RIGHT |= {("held_out", True): 13, ("held_out", False): 17}


class Lookup(TextEncoder):
    """Embeds listed texts along an axis each and all others along the last; counts its texts."""

    space = "lookup"
    dim = 64

    def __init__(self, known=()):
        self.known = {text: axis for axis, text in enumerate(known)}
        self.seen = []

    def encode(self, texts, inject=None):
        self.seen += texts
        axes = [self.known.get(text, self.dim - 1) for text in texts]
        return TextFeatures(torch.eye(self.dim)[axes])


@pytest.fixture(scope="module")
def extractor(text_encoder):
    return WordPrototypes(text_encoder)


def dominant(scores):
    """Return the strongest emotion by name, or none."""
    return max(scores, key=scores.get) if max(scores.values()) else "none"


# What is read


@pytest.mark.parametrize("emotional", [True, False])
@pytest.mark.parametrize("half", QUERIES)
def test_queries_are_read_as_a_reader_would(extractor, half, emotional):
    asked = [row for row in QUERIES[half] if (row["emotion"] != "none") == emotional]
    read = map(dominant, extractor.extract([row["query"] for row in asked]))
    right = sum(name == row["emotion"] for name, row in zip(read, asked, strict=True))
    assert right >= LEAST_RIGHT[half, emotional]


FEELINGS = {
    "anger": ["angry", "furious"],
    "joy": ["happy", "joyful"],
    "sadness": ["sad", "weeping"],
    "surprise": ["surprised", "astonished"],
    "fear": ["scared", "terrified"],
    "disgust": ["disgusted"],
}
SCENES = ["a clock", "a rocket", "a temple", "a horse", "a cup of coffee", "coins", "a motorcycle"]


@pytest.mark.parametrize("emotion", FEELINGS)
def test_a_person_who_feels_beside_any_scene_is_read_right(extractor, emotion):
    queries = [f"an {word} person and {scene}" for word in FEELINGS[emotion] for scene in SCENES]
    assert {dominant(scores) for scores in extractor.extract(queries)} == {emotion}


def test_scenes_alone_have_no_emotion(extractor):
    assert not extractor.extract([*SCENES, "a person and a clock"]).values.any()


def test_a_text_without_emotion_was_looked_at_and_has_none(extractor):
    scores = extractor.extract(["a brick wall"])
    assert scores.observed.all()
    assert scores.named(0) == dict.fromkeys(Emotion, 0.0)


def test_two_moods_are_both_kept(extractor):
    scores = extractor.extract(["a happy girl and an angry man"]).named(0)
    assert scores["joy"] > 0.8
    assert scores["anger"] > 0.8


def test_case_and_full_width_letters_do_not_matter(extractor):
    full_width = "".join(chr(ord(letter) + 0xFEE0) for letter in "angry")
    plain, capital, wide = extractor.extract(["angry", "ANGRY!", full_width])
    assert plain == capital == wide


def test_intensities_lie_between_0_and_1(extractor):
    values = extractor.extract([row["query"] for row in QUERIES["held_out"]]).values
    assert values.min() >= 0
    assert values.max() <= 1


def test_every_emotion_has_phrases():
    assert set(PROTOTYPES) == set(Emotion)
    assert all(PROTOTYPES.values())


# How it is read, with an encoder that can be followed by hand


def test_a_word_that_is_nearer_to_a_plain_subject_has_no_emotion(monkeypatch):
    monkeypatch.setattr(words, "PLAIN", ("plain",))
    listed = [phrase for group in PROTOTYPES.values() for phrase in group]
    encoder = Lookup([*listed, "plain"])
    encoder.known |= {"fine": encoder.known[PROTOTYPES["joy"][0]], "wall": encoder.known["plain"]}
    read = WordPrototypes(encoder).extract(["fine", "wall", "fine wall", "unknown"])
    assert [dominant(scores) for scores in read] == ["joy", "none", "joy", "none"]


def test_the_softmax_is_shared_among_the_emotions():
    shares = softmax(np.array([[0.7, 0.65, 0.1]], np.float32) / np.float32(0.05))
    assert shares.sum() == pytest.approx(1, abs=ROUNDING)
    assert shares[0, 0] / shares[0, 1] == pytest.approx(np.e, rel=1e-4)


def test_a_word_is_embedded_once():
    encoder = Lookup()
    extractor = WordPrototypes(encoder)
    extractor.extract(["a red car", "a red house"])
    extractor.extract(["the red house"])
    assert encoder.seen.count("red") == 1
    assert encoder.seen.count("house") == 1


def test_the_memory_of_words_is_bounded(monkeypatch):
    monkeypatch.setattr(words, "MOST_KNOWN", 100)
    extractor = WordPrototypes(Lookup())
    for start in range(0, 1000, 50):
        extractor.extract([" ".join(letters(number) for number in range(start, start + 50))])
    assert len(extractor._known) <= 150


# Any text


def letters(number):
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


def test_no_texts_give_no_rows(extractor):
    assert extractor.extract([]).values.shape == (0, len(Emotion))


@pytest.mark.parametrize(
    "text",
    ["", "   ", "123 456", "😡😡😡", "\x00\x07\x1b", "\ud800", "'-'-'", "a" * 10_000],
)
def test_texts_without_readable_words_have_no_emotion(extractor, text):
    scores = extractor.extract([text])
    assert scores.observed.all()
    assert not scores.values.any()


def test_nothing_is_observed_in_another_language_unless_the_encoder_knows_all(text_encoder):
    texts = ["화난 남자", "ein wütender Mann schreit laut"]
    assert not WordPrototypes(text_encoder).extract(texts).observed.any()
    assert WordPrototypes(text_encoder, english=False).extract(texts).observed.all()


def test_a_text_of_100000_words_costs_no_more_than_its_first_words():
    encoder = Lookup()
    start = perf_counter()
    WordPrototypes(encoder).extract([" ".join(map(letters, range(100_000)))])
    assert perf_counter() - start < 5
    assert len(encoder.seen) < 1000


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(), max_size=4))
def test_any_text_gives_one_finite_row(texts):
    scores = WordPrototypes(Lookup()).extract(texts)
    assert scores.values.shape == (len(texts), len(Emotion))
    assert (scores.observed.all(1) | ~scores.observed.any(1)).all()


@given(st.text())
def test_words_are_lower_case(text):
    assert all(word == word.lower() or word in emoji() for word in meant_words(text))


def test_a_temperature_of_zero_is_refused(text_encoder):
    with pytest.raises(ValueError, match="temperature"):
        WordPrototypes(text_encoder, temperature=0)
