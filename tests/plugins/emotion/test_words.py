"""The default reader: every form alike, no sign reversed, and silence on plain captions."""

import json

import numpy as np
import pytest
import simplemma
import yaml
from hypothesis import given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

import places
from moodreel import Emotion, create
from moodreel_plugins.emotion import nrc
from moodreel_plugins.emotion.english.forms import read_word
from moodreel_plugins.emotion.english.lexicon import emoji, lexicon
from moodreel_plugins.emotion.words import WordMoods, read_mood

QUERIES = yaml.safe_load((places.DATA / "mood_queries.yaml").read_text())
POSITIVE = [Emotion.JOY.column, Emotion.TRUST.column]
NEGATIVE = [e.column for e in (Emotion.FEAR, Emotion.SADNESS, Emotion.DISGUST, Emotion.ANGER)]


def dominant(text):
    """Return the strongest emotion that a text names, or none."""
    mood = read_mood(text)
    return list(Emotion)[int(mood.argmax())].value if mood.any() else "none"


# What is read


@pytest.mark.parametrize("row", QUERIES["tuning"] + QUERIES["held_out"], ids=lambda r: r["query"])
def test_a_query_is_read_as_a_reader_would(row):
    assert dominant(row["query"]) == row["emotion"]


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("livid", "anger"),
        ("elated", "joy"),
        ("petrified", "fear"),
        ("over the moon", "joy"),
        ("a friendly man", "joy"),
        ("a respectful crowd", "trust"),
        ("courage", "trust"),
        ("dishonest", "disgust"),
        ("harmless", "none"),
        ("hapy", "joy"),
        ("sooo sad", "sadness"),
        ("suprised kids", "surprise"),
        ("😡", "anger"),
        ("what a day 😂😂", "joy"),
        ("😭", "sadness"),
        ("lost :(", "sadness"),
        ("she sees red", "anger"),
        ("on the edge of her seat", "anticipation"),
        ("they burst into tears", "sadness"),
        ("SHAKING LIKE A LEAF", "fear"),
        ("an animated film", "none"),
        ("a busy street", "none"),
        ("street signs", "none"),
        ("a sports event", "none"),
        ("some kind of machine", "none"),
        ("a stunning view", "none"),
        ("men in black", "none"),
        ("a man recieved a letter", "none"),
    ],
)
def test_a_mood_is_read_and_a_thing_is_not(text, emotion):
    assert dominant(text) == emotion


def test_comfort_is_not_sad_nor_betrayal_trusting():
    assert not read_mood("a comforting word")[Emotion.SADNESS.column]
    assert not read_mood("they betray him")[Emotion.TRUST.column]


def test_two_moods_are_both_kept():
    mood = read_mood("a happy girl and an angry man")
    assert mood[Emotion.JOY.column] == mood[Emotion.ANGER.column] > 0.5


# Every form of a word, and every spelling


@pytest.mark.parametrize("entry", [word for word, mood in lexicon().words.items() if mood.any()])
def test_an_entry_reads_alike_in_every_form(entry):
    forms = [f"{entry}s", f"{entry}ly", f"{entry}ness", f"{entry.removesuffix('e')}ing"]
    known = [f for f in forms if simplemma.is_known(f, lang="en") and belongs(f, entry)]
    for form in known:
        assert np.array_equal(read_word(form).mood, read_word(entry).mood), form


def belongs(form, entry):
    """Whether a form is one of this entry, and not a word that the lexicon lists by itself."""
    listed = lexicon()
    lemma = simplemma.lemmatize(form, lang="en")
    return lemma == entry and form not in listed.exact and form not in listed.words


LONG = [word for word, mood in lexicon().words.items() if mood.any() and len(word) > 5]


@given(st.sampled_from(LONG), st.data())
def test_a_letter_drawn_out_changes_nothing(word, data):
    place = data.draw(st.sampled_from([i for i, c in enumerate(word) if c in "aeiou"]))
    drawn = word[:place] + word[place] * 5 + word[place + 1 :]
    assert np.array_equal(read_mood(drawn), read_mood(word))


@pytest.mark.parametrize("sign", emoji())
def test_every_emoji_says_something(sign):
    assert read_mood(f"a day {sign} at last").any()


# Whole lexica, and captions


def test_no_word_is_read_against_its_sign_in_vader():
    signs = SentimentIntensityAnalyzer().lexicon
    read, against = contradicted((word, sign) for word, sign in signs.items() if abs(sign) > 0.5)
    assert read > 1200
    assert len(against) <= 0.005 * read, against


def test_no_word_is_read_against_its_sign_in_nrc():
    listed = nrc.lexicon()
    signs = {w: ("positive" in names) - ("negative" in names) for w, names in listed.items()}
    read, against = contradicted(signs.items())
    assert read > 600
    assert len(against) <= 0.03 * read, against


def contradicted(signs):
    """Return how many words have a mood, and those whose mood is of the other sign."""
    read, against = 0, []
    for word, sign in signs:
        found = read_word(word) if word.isalpha() and sign else None
        if found is None or not found.moving or found.turned:
            continue
        read += 1
        leaning = found.mood[POSITIVE].max() - found.mood[NEGATIVE].max()
        if leaning * sign < 0:
            against.append(word)
    return read, against


def test_captions_without_sentiment_are_silent(shared_data):
    feeling = SentimentIntensityAnalyzer().polarity_scores
    rows = map(json.loads, (shared_data / "real/msrvtt/more_captions.jsonl").open())
    captions = [caption for row in rows for caption in row["captions"]]
    plain = [caption for caption in captions if feeling(caption)["compound"] == 0]
    moved = [caption for caption in plain if read_mood(caption).any()]
    assert len(plain) > 5000
    assert len(moved) <= len(plain) / 100, moved


# As an extractor


def test_a_text_without_emotion_was_looked_at_and_has_none():
    scores = create("emotion_extractor", "words").extract(["a brick wall", ""])
    assert scores.observed.all()
    assert not scores.values.any()


def test_what_is_not_english_is_not_observed():
    texts = ["un homme tres content dans une voiture", "a happy man"]
    assert WordMoods().extract(texts).observed.all(1).tolist() == [False, True]
    assert WordMoods(english=False).extract(texts).observed.all()


@given(st.lists(st.text(max_size=200), max_size=3))
def test_any_text_has_intensities_from_0_to_1(texts):
    values = WordMoods().extract(texts).values
    assert values.shape == (len(texts), len(Emotion))
    assert ((values >= 0) & (values <= 1)).all()


@pytest.mark.parametrize("text", ["\ud800", "\0", "a" * 100_000, "so " * 50_000, "n't " * 20_000])
def test_odd_texts_are_read_in_bounded_time(text):
    assert read_mood(text).shape == (len(Emotion),)
