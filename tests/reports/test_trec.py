"""Runs and qrels name every video, whatever it is called, in one word of its own."""

import os
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from moodreel.reports.trec import document_name


def test_videos_whose_names_differ_stay_different_words_of_a_run():
    names = ["a b.mp4", "a_b.mp4", "a_b.mp4_2", "x/y", "x_y", "a\nb.mp4", os.fsdecode(b"caf\xe9")]
    found = [document_name(name) for name in names]
    assert len({*found}) == len(names)
    assert all(len(name.split()) == 1 for name in found)
    "".join(found).encode()
    assert found[:2] == ["a%20b.mp4", "a_b.mp4"]


@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_a_name_comes_back_from_its_word(name):
    word = document_name(name)
    assert len(word.split()) == 1
    assert unquote(word) == name
