"""Negation and degree: what each phrase says, as a person reads it."""

from collections import Counter

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import places
from moodreel import Emotion, create
from moodreel_plugins.emotion.english.negation import LOWER, RAISE, weigh_words
from moodreel_plugins.emotion.words import read_mood

SENTENCES = yaml.safe_load((places.DATA / "modified_sentences.yaml").read_text(encoding="utf-8"))
ALL = [(group, row) for group, rows in SENTENCES.items() for row in rows]
PHRASES = yaml.safe_load((places.DATA / "mood_phrases.yaml").read_text(encoding="utf-8"))

FEELINGS = {"joy": "happy", "sadness": "sad", "anger": "angry", "fear": "scared"}
DENIALS = [
    *("is not", "isn't", "isnt", "isn\u2019t", "isn\u00b4t", "isn`t", "is n't", "ain't", "was not"),
    *("wasn't", "does not look", "doesnt look", "don't look", "never is", "never looks"),
    *("hardly looks", "rarely seems", "seldom is", "barely seems", "is no longer", "is not at all"),
    *("isn't really", "is far from", "is anything but", "cannot be", "can't be", "did not get"),
]
SUBJECTS = st.sampled_from(["a man", "the dog", "he", "the girl in the car", "our teacher"])
MOODS = st.sampled_from(list(FEELINGS.items()))
THINGS = st.sampled_from(["hat", "owner", "umbrella", "roof", "shoes", "camera"])
WITHOUTS = st.sampled_from(["without", "with no", "minus", "lacking", "without any"])


def said(text):
    """Return the emotions that a text names."""
    mood = read_mood(text)
    return {emotion.value: mood[emotion.column] for emotion in Emotion if mood[emotion.column]}


def meant(row):
    """Return how much a row's word is meant where it occurs last."""
    return {word.word: word.strength for word in weigh_words(row["text"])}[row["word"]]


# As a person reads it


@pytest.mark.parametrize(
    "row", [*PHRASES["cases"], *PHRASES["others"]], ids=lambda row: row["text"]
)
def test_a_phrase_is_read_as_a_person_reads_it(row):
    found = said(row["text"])
    if row["reads"] == "none":
        assert not found
    elif row["reads"].startswith("not "):
        assert row["reads"].removeprefix("not ") not in found
    else:
        assert found.get(row["reads"], 0) == max(found.values(), default=1), found


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


# Whatever the words


@given(SUBJECTS, st.sampled_from(DENIALS), MOODS, st.sampled_from(["", " today", ", it is late"]))
def test_who_is_said_not_to_feel_does_not(subject, denial, mood, tail):
    assert not said(f"{subject} {denial} {mood[1]}{tail}")


@given(st.sampled_from(["nobody", "no one", "none of them", "not a single man"]), MOODS)
def test_where_nobody_feels_there_is_no_mood(nobody, mood):
    assert not said(f"{nobody} in the crowd looks {mood[1]}")


@given(SUBJECTS, WITHOUTS, THINGS, MOODS)
def test_a_thing_that_is_missing_leaves_the_mood(subject, without, thing, mood):
    assert set(said(f"{subject} {without} {thing} looks {mood[1]}")) == {mood[0]}


@given(st.sampled_from(["without", "no", "lack of", "excluding", "free of", "devoid of"]), MOODS)
def test_a_mood_that_is_missing_is_not_there(without, mood):
    noun = {"joy": "happiness", "sadness": "sadness", "anger": "anger", "fear": "fear"}[mood[0]]
    assert not said(f"a film {without} {noun}")


@given(MOODS, MOODS, st.sampled_from(["not {} but {}", "not {}, {}", "not {} just {}"]))
def test_of_a_contrast_only_the_second_is_there(one, other, pattern):
    found = said(pattern.format(one[1], other[1]))
    assert set(found) == ({other[0]} if one != other else set(found))


@given(MOODS)
def test_prefixes_deny_a_mood(mood):
    assert mood[0] not in said(f"a non-{mood[1]} man")
    assert mood[0] not in said(f"an un-{mood[1]} man")


@given(MOODS)
def test_degrees_are_in_order(mood):
    slight, plain, strong = (
        said(f"a {degree} {mood[1]} man")[mood[0]] for degree in ("slightly", "", "very")
    )
    assert slight < plain < strong


@given(st.text())
def test_any_text_gives_words_with_degrees_from_0(text):
    assert all(word.word and word.strength >= 0 for word in weigh_words(text))


# Through the extractors


@pytest.mark.parametrize("name", ["words", "prototypes", "word-prototypes"])
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


@pytest.mark.parametrize("name", ["words", "prototypes", "word-prototypes"])
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
