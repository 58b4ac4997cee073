"""Counts of the NRC lexicon, against those published with captions."""

import json
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Emotion, create
from moodreel_plugins.emotion.nrc import NrcLexicon, lexicon

ROWS = {
    "msrvtt_test34_emotion": 34,
    "msrvtt_test34_neutral": 34,
    "msrvtt_test68_e": 68,
    "msvd_test137_emotion": 5775,
    "didemo_test69_neutural": 174,
}


@pytest.fixture(scope="module")
def extractor():
    return create("emotion_extractor", "nrc")


def published(shared_data, name):
    return json.loads((shared_data / "annotations" / f"{name}.json").read_text(encoding="utf-8"))


def disagreeing(extractor, rows):
    """Return the rows whose published counts differ from ours."""
    read = extractor.extract([row["caption"] for row in rows])
    feeling = extractor.sentiment([row["caption"] for row in rows])
    pairs = zip(feeling.positive, feeling.negative, strict=True)
    ours = [row | {"positive": p, "negative": n} for row, (p, n) in zip(read, pairs, strict=True)]
    return [
        row
        for row, counts in zip(rows, ours, strict=True)
        if any(counts[name] != row[name] for name in (*Emotion, "positive", "negative"))
    ]


@pytest.mark.parametrize("name", ROWS)
def test_published_counts_are_reproduced_exactly(extractor, shared_data, name):
    rows = published(shared_data, name)
    assert len(rows) == ROWS[name]
    assert not disagreeing(extractor, rows)


def test_one_didemo_row_differs_since_capitals_hid_its_word(extractor, shared_data):
    rows = published(shared_data, "didemo_test69_emotion")
    (row,) = disagreeing(extractor, rows)
    assert len(rows) == 195
    assert "Baby" in row["caption"]
    hidden = {**row, "caption": row["caption"].replace("Baby", "")}
    assert not disagreeing(extractor, [hidden])


def test_with_capitals_kept_every_published_row_is_reproduced(shared_data):
    extractor = create("emotion_extractor", "nrc", match_case=True)
    for name in (*ROWS, "didemo_test69_emotion"):
        assert not disagreeing(extractor, published(shared_data, name))


def test_words_are_cut_as_the_published_counts_were(extractor):
    # NRCLex 3 counted NLTK's tokens: no "don" in "don't", no parts of joined words
    assert {"don", "birthday", "happy"} <= lexicon().keys()
    joined = ["don't", "birthday-cake", "happy/glad"]
    assert not extractor.extract(joined).values.any()


def test_sentences_joined_by_underscores_are_cut(extractor):
    joined, apart = extractor.extract(["a baby_a happy dog_ sweet", "a baby a happy dog sweet"])
    assert joined == apart
    assert joined["joy"] == 3


def test_a_text_in_another_language_is_not_read(extractor):
    texts = ["화난 남자", "un hombre feliz está comiendo", "a happy man"]
    assert extractor.extract(texts).observed.all(1).tolist() == [False, False, True]
    feeling = extractor.sentiment(texts)
    assert np.isnan(feeling.positive).tolist() == [True, True, False]
    assert NrcLexicon(english=False).extract(texts).observed.all()


def test_100000_words_are_counted_within_seconds(extractor):
    start = perf_counter()
    (counts,) = extractor.extract(["happy baby " * 50_000])
    assert counts["joy"] == 100_000
    assert perf_counter() - start < 20


def test_every_occurrence_of_a_word_counts(extractor):
    once, twice = extractor.extract(["a baby", "a baby and a baby"])
    assert once["joy"] == 1
    assert twice == {name: 2 * count for name, count in once.items()}


def test_a_possessive_counts_as_its_noun(extractor):
    noun, owner, capital = extractor.extract(["baby hair", "the baby's hair", "BABY\u2019S hair"])
    assert noun == owner == capital


def test_a_text_without_listed_words_was_looked_at_and_has_none(extractor):
    scores = extractor.extract(["a brick wall", ""])
    assert scores.observed.all()
    assert not scores.values.any()


def test_no_texts_give_no_rows(extractor):
    assert extractor.extract([]).values.shape == (0, len(Emotion))


def test_a_lexicon_lying_in_the_working_directory_is_not_read(extractor, tmp_path, monkeypatch):
    (tmp_path / "nrc_en.json").write_text('{"wall": ["joy"]}')
    monkeypatch.chdir(tmp_path)
    assert not extractor.extract(["wall"]).values.any()


@given(st.lists(st.text(), max_size=4))
def test_any_text_gives_counts(texts):
    scores = NrcLexicon().extract(texts)
    assert scores.values.shape == (len(texts), len(Emotion))
    assert (scores.values == scores.values.round()).all()


def test_the_licence_of_the_lexicon_is_shown():
    (need,) = NrcLexicon.requires
    assert "research only" in need.licence
    assert need.install == 'pip install "moodreel[nrc]"'
