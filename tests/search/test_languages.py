"""Queries that are not in English: what cannot be read is said, and what can be is searched."""

import re

import numpy as np
import pytest

import places
from korean import save_bilingual
from moodreel import Emotion, Engine
from moodreel.search.query import Query

UNREAD = {
    "화난 사람의 비디오": "Hangul letters",
    "злой мужчина кричит": "Cyrillic letters",
    "一个愤怒的男人": "Chinese characters",
    "ein wütender Mann schreit laut herum": "not in English",
    "happy 사람들의 비디오": "Hangul letters",
    "🚗": "no letters",
}
READ = ["an angry man", "화난 사람 angry man", "Zoë is sad", "manga (漫画) fans", "42"]


def notes_of(engine, text, **more):
    return engine.search_index.answer(Query(text, top=1, **more)).notes


@pytest.mark.parametrize("text", UNREAD)
def test_a_query_that_cannot_be_read_has_one_note(engine, text):
    (note,) = notes_of(engine, text)
    assert re.search(rf"text encoder cannot read this query \({UNREAD[text]}\), so what is", note)
    assert "\n" not in note


@pytest.mark.parametrize("text", READ)
def test_a_query_that_can_be_read_has_none(engine, text):
    assert notes_of(engine, text) == []


def test_moods_count_where_the_text_cannot_be_read(engine):
    assert "only its mood counts" in notes_of(engine, "😡")[0]
    assert "only its mood counts" in notes_of(engine, "화난 사람", emotions={"anger": 1.0})[0]


def test_the_command_line_says_it_in_one_line(moodreel, demo):
    done = moodreel("search", "화난 사람의 비디오", "--index", demo / "index", "--top", 1)
    assert done.code == 0
    assert done.err.count("cannot read this query (Hangul letters)") == 1


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory, demo):
    """Open an index as docs/encoders.md configures it, with a small model of two languages."""
    folder = tmp_path_factory.mktemp("multilingual")
    model = save_bilingual(folder / "model")
    page = (places.DOCS / "encoders.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.S)
    (written,) = (block for block in blocks if "FOLDER" in block)
    config = folder / "multilingual.yaml"
    config.write_text(written.replace("FOLDER", str(model)))

    def open_engine(*overrides):
        return Engine.from_preset(
            "multilingual", index=folder / "index", config=config, overrides=overrides
        )

    with open_engine() as engine:
        assert not engine.index(demo / "videos" / "cat.mp4").failed
    return open_engine


def test_a_multilingual_configuration_reads_korean_as_english(multilingual):
    with multilingual() as engine:
        queries = [Query(text, top=1) for text in ("화난 사람", "angry man")]
        korean, english = map(engine.search_index.answer, queries)
        assert [korean.notes, english.notes] == [[], []]
        assert np.allclose(korean.lookup.encoded.vector, english.lookup.encoded.vector, atol=1e-5)
        assert korean.wanted.values.argmax() == Emotion.ANGER.column
        assert korean.wanted.values.any()
        assert np.allclose(korean.wanted.values, english.wanted.values, atol=1e-5)
        assert (
            "cannot read this query (Cyrillic letters)" in notes_of(engine, "злой man мужчина")[0]
        )


def test_a_mood_that_only_the_reader_cannot_read_is_said(multilingual):
    with multilingual("text_emotion=words") as engine:
        (note,) = notes_of(engine, "화난 사람")
        assert "the mood of this query was not read (Hangul letters): name it" in note
        assert notes_of(engine, "화난 사람", emotions={"anger": 1.0}) == []
