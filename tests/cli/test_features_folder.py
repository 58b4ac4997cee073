"""`map`, `track` and `train` on a folder of features that another encoder made."""

import pytest

import planted
from outcomes import check_refused


@pytest.fixture
def folder(tmp_path):
    return planted.write_planted(tmp_path / "planted")


def test_its_captions_are_mapped_and_tracked(moodreel, folder):
    strategies = ("--dataset", folder, "--fusion", "baseline", "--fusion", "late")
    assert moodreel("map", *strategies, "--limit", 10).code == 0
    done = moodreel("track", "scene number 3", *strategies)
    assert "names no emotion" in done.out
    assert not done.err


def test_what_needs_its_encoder_is_refused_in_one_line(moodreel, folder, tmp_path):
    arguments = ("--dataset", folder, "--fusion", "late")
    check_refused(moodreel("track", "an angry man", *arguments), "'an angry man' is no caption of")
    trained = ("train", folder, "--fusion", "concat-fc", "--to", tmp_path / "trained")
    check_refused(moodreel(*trained), "was made by another encoder than 'minilm'")
