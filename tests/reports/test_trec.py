"""Runs and qrels name every video, whatever it is called, in one word of its own."""

import os

from moodreel.reports.trec import document_names


def test_videos_whose_names_differ_stay_different_words_of_a_run():
    names = ["a b.mp4", "a_b.mp4", "a_b.mp4_2", "x/y", "x_y", "a\nb.mp4", os.fsdecode(b"caf\xe9")]
    found = document_names(names)
    assert len({*found}) == len(names)
    assert all(len(name.split()) == 1 for name in found)
    "".join(found).encode()
    assert found[0] == "a_b.mp4"
