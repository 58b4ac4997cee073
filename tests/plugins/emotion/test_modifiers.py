"""Negation and degree: sixty sentences, through the shared piece and those that use it."""

from collections import Counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import places
from moodreel import create
from moodreel_plugins.emotion.modifiers import LOWER, RAISE, weigh_words

FILE = places.DATA / "modified_sentences.yaml"
SENTENCES = yaml.safe_load(FILE.read_text(encoding="utf-8"))
ALL = [(group, row) for group, rows in SENTENCES.items() for row in rows]


def meant(row):
    """Return how much a row's word is meant where it occurs last."""
    return dict(weigh_words(row["text"]))[row["word"]]


def test_there_are_sixty_different_sentences():
    assert len({row["text"] for _, row in ALL}) == 60


@pytest.mark.parametrize(("group", "row"), ALL, ids=[row["text"] for _, row in ALL])
def test_a_word_is_meant_as_a_reader_takes_it(group, row):
    degree = meant(row)
    if group == "raised":
        assert degree > 1
    elif group == "lowered":
        assert 0 < degree < 1
    else:
        assert degree == (0 if group == "negated" else 1)


@pytest.mark.parametrize("name", ["words", "prototypes"])
def test_an_extractor_sees_no_negated_emotion_and_keeps_the_others(name):
    extractor = create("emotion_extractor", name)
    right = Counter()
    read = extractor.extract([row["text"] for _, row in ALL])
    for (group, row), seen in zip(ALL, read, strict=True):
        strongest = max(seen, key=seen.get)
        felt = strongest == row["emotion"] and seen[strongest] > 0.3
        right[group] += felt != (group == "negated")
    assert right["negated"] >= 23, right
    assert right["kept"] + right["raised"] >= 24, right
    assert right["lowered"] >= 7, right


@pytest.mark.parametrize("name", ["words", "prototypes"])
def test_a_lowered_emotion_is_weaker_than_the_plain_one(name):
    extractor = create("emotion_extractor", name)
    rows = SENTENCES["lowered"]
    plain = extractor.extract([f"a {row['word']} man" for row in rows])
    lowered = extractor.extract([f"a slightly {row['word']} man" for row in rows])
    for row, more, less in zip(rows, plain, lowered, strict=True):
        assert less[row["emotion"]] < 0.7 * more[row["emotion"]]


def test_the_lexicon_counts_what_is_meant_when_asked_to():
    extractor = create("emotion_extractor", "nrc", modifiers=True)
    texts = ["happy", "not happy", "very happy", "slightly happy"]
    assert [row["joy"] for row in extractor.extract(texts)] == [1, 0, RAISE, LOWER]
    plain = create("emotion_extractor", "nrc").extract(texts)
    assert [row["joy"] for row in plain] == [1, 1, 1, 1]


def test_a_negation_reaches_four_words_and_no_further():
    degrees = [degree for _, degree in weigh_words("not one two three four five six")]
    assert degrees == [0, 0, 0, 0, 1, 1]


@given(st.text())
def test_any_text_gives_words_with_degrees_from_0(text):
    assert all(word and degree >= 0 for word, degree in weigh_words(text))
