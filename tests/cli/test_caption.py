"""`moodreel caption`: what videos show and say, and pre-training on it."""

from json import loads

import pytest

from hard_videos import text
from outcomes import check_refused

CUES = """1
00:00:02,000 --> 00:00:03,000
it goes up

2
00:00:00,500 --> 00:00:01,500
Look at
that rocket
"""


@pytest.fixture
def folder(tmp_path, demo):
    """Two videos, of which one has subtitles beside it."""
    place = tmp_path / "videos"
    place.mkdir()
    for name in ("cat", "rocket"):
        (place / f"{name}.mp4").symlink_to(demo / "videos" / f"{name}.mp4")
    (place / "rocket.srt").write_text(CUES)
    return place


def rows_of(file):
    return [loads(line) for line in file.read_text().splitlines()]


def test_middle_frames_and_subtitles_become_rows(moodreel, folder, tmp_path):
    target = tmp_path / "told.jsonl"
    done = moodreel("caption", folder, "--to", target)
    assert done.code == 0, done.err
    assert done.out == f"{target}: 2 texts of 2 videos\n"
    cat, said = rows_of(target)  # of the rocket in the dark nothing is certain
    assert (cat["role"], said["role"]) == ("auxiliary", "subtitle")
    assert said["caption"] == "Look at that rocket it goes up"
    assert "cat" in cat["caption"]


def test_without_a_captioner_only_what_is_said_is_written(moodreel, folder, tmp_path):
    target = tmp_path / "told.jsonl"
    done = moodreel("caption", folder, "--to", target, "captioner=null")
    assert done.code == 0, done.err
    assert [row["role"] for row in rows_of(target)] == ["subtitle"]
    assert "1 of 2 videos have no text" in done.err


def test_a_video_that_cannot_be_read_is_named_and_the_others_are_told_of(
    moodreel, folder, tmp_path
):
    text(folder / "broken.mp4")
    done = moodreel("caption", folder, "--to", tmp_path / "told.csv")
    assert done.code == 1
    assert f"failed: {folder}/broken.mp4: is not a video" in done.err
    assert len((tmp_path / "told.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none", "--to", "told.jsonl"], "none: no such file or folder"),
        ([".", "--to", "told.jsonl"], "no videos"),
        ([".", "--to", "told.txt"], "rows are written to"),
        (["."], "Missing option '--to'"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("caption", *arguments), says)


def test_what_is_written_can_be_pre_trained_on(moodreel, folder, tmp_path):
    target, trained = tmp_path / "told.jsonl", tmp_path / "trained"
    assert moodreel("caption", folder, "--to", target).code == 0
    short = ("--steps", 2, "--batch", 2, "--validation", "none", "--cache", tmp_path / "cache")
    objective = "plan.objective=captions-shared-frames"
    done = moodreel("train", target, "--fusion", "video-side", "--to", trained, *short, objective)
    assert done.code == 0, done.err
    assert (trained / "strategy.safetensors").exists()
