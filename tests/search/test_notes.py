"""What does nothing is said: signs of other engines, words cut off, filters, unseen moods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel.catalog.records import Filter
from moodreel.errors import Note
from moodreel.search.notes import PAGE, sign_notes
from moodreel.search.query import Query

SIGNS = {
    "cat -dog": "'-dog' is read as plain words here.*--unlike",
    "-coffee": "'-coffee' is read",
    "cat \u2212dog": "is read as plain words here",
    "cats NOT dogs": "'NOT' is read.*--unlike",
    "cats OR dogs": "'OR' is read.*search twice",
    "cats AND dogs": "'AND' is read",
    "cats || dogs": "'||' is read".replace("|", r"\|"),
    "+cat": r"'\+cat' is read.*every word",
    "comput*": r"is read.*any form",
    "path:holiday": r"'path:holiday' is read.*--path",
}
PLAIN = [
    "a t-shirt",
    "slow-motion - a cat",
    "rock 'n' roll",
    "at 10:30 in the morning",
    "https://example.org/x",
    "two friends at a party, joyful",
    "cats or dogs and a bird, not a cow",
    "5 * 3",
    "it's (really) good!",
    "one - two",
    'a "red car"',
    "\U0001f600",
    'a "red car"',
    "a \u201cred car\u201d",
    "",
]


@pytest.mark.parametrize("text", SIGNS)
def test_a_sign_that_does_nothing_is_said_with_what_works_instead(text):
    import re

    (note,) = sign_notes(text)
    assert re.search(SIGNS[text], note), note


@pytest.mark.parametrize("text", SIGNS)
def test_the_page_is_told_what_to_press_and_not_what_to_type(text):
    (note,) = sign_notes(text, PAGE)
    assert "--" not in note


@pytest.mark.parametrize("text", PLAIN)
def test_plain_texts_have_no_notes(text):
    assert not list(sign_notes(text))


@pytest.mark.faults
@given(st.text())
def test_any_text_has_notes_of_one_line(text):
    assert all(note and "\n" not in note for note in sign_notes(text))


def test_a_query_that_is_cut_says_how_much_is_read(engine):
    words = " ".join(["a cat on a sofa"] * 300)
    with pytest.warns(Note, match=r"its first \d+ of 1500 words count"):
        engine.search(words, top=1)
    assert engine.components.text_encoder.words_read("a cat") is None


def test_a_filter_that_no_video_passes_is_said(engine):
    with pytest.warns(Note, match="no video of the index passes the filters"):
        assert engine.search("a cat", filter=Filter(path="nowhere")) == []


def test_moods_that_nothing_observes_are_said_and_find_nothing_alone(engine):
    with pytest.warns(Note, match="no video was looked at for trust.*knows joy"):
        assert engine.mood({"trust": 1.0}) == []
    with pytest.warns(Note, match="for trust, which counts for nothing"):
        assert engine.search("a cat", emotions={"trust": 1.0}, top=1)[0].video.endswith("cat.mp4")
    with pytest.warns(Note, match="for anticipation"):
        assert engine.mood({"joy": 1.0, "anticipation": 0.5})


def test_an_answer_without_anything_to_say_has_no_notes(engine):
    answer = engine.search_index.answer(Query("a joyful person", top=1))
    assert answer.notes == []
    assert answer.hits


def test_the_command_line_says_them_on_stderr(moodreel, demo):
    done = moodreel("search", "cat -dog", "--index", demo / "index", "--json")
    assert done.code == 0
    assert "moodreel: '-dog' is read as plain words here" in done.err
    assert "plain words" not in done.out
    alone = moodreel("search", "--emotion", "trust", "--index", demo / "index")
    assert (alone.code, alone.out) == (1, "")
    assert "no video was looked at for trust" in alone.err
    option = moodreel("search", "-coffee", "--index", demo / "index")
    assert option.code == 2
    assert "begins with - stands behind --" in option.err
    behind = moodreel("search", "--index", demo / "index", "--", "-coffee")
    assert behind.code == 0
    assert "'-coffee' is read as plain words" in behind.err
