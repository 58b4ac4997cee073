"""`moodreel index`: exit codes and lines that say what happened to each file."""

from json import loads

import pytest

from hard_videos import empty, plain, text, write_video
from outcomes import check_refused


@pytest.fixture
def videos(tmp_path, monkeypatch):
    (tmp_path / "videos").mkdir()
    write_video(tmp_path / "videos" / "a b.mp4", frames=25, size=(64, 48))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "videos"


def test_a_run_says_what_it_did_and_a_second_one_that_nothing_was_new(moodreel, videos):
    done = moodreel("index", "videos")
    assert (done.code, done.out) == (0, "1 added\n")
    assert moodreel("index", "videos").out == "1 unchanged\n"
    assert (videos.parent / ".moodreel" / "catalog.sqlite").exists()


def test_bad_files_are_named_and_the_exit_code_says_so(moodreel, videos):
    empty(videos / "empty.mp4")
    text(videos / "text.mp4")
    done = moodreel("index", "videos")
    assert (done.code, done.out) == (1, "1 added, 2 failed\n")
    assert "failed: videos/empty.mp4: is empty" in done.err
    assert "failed: videos/text.mp4: is not a video" in done.err


def test_json_lists_every_file(moodreel, videos):
    empty(videos / "empty.mp4")
    report = loads(moodreel("index", "videos", "--json").out)
    assert report["added"] == ["videos/a b.mp4"]
    assert report["failed"] == [["videos/empty.mp4", "is empty"]]


def test_gone_videos_are_reported_and_pruned(moodreel, videos):
    moodreel("index", "videos")
    (videos / "a b.mp4").unlink()
    plain(videos / "c.mp4")
    done = moodreel("index", "videos")
    assert "gone: videos/a b.mp4" in done.err
    assert moodreel("index", "videos", "--prune").out == "1 unchanged, 1 pruned\n"


def test_a_folder_without_videos_and_a_wrong_name_are_wrong_calls(moodreel, tmp_path):
    (tmp_path / "none").mkdir()
    for path, says in ((tmp_path / "none", "no videos in"), (tmp_path / "x", "no such file")):
        check_refused(moodreel("index", path, "--index", tmp_path / "index"), says)


def test_only_settings_without_a_path_ask_for_one(moodreel, tmp_path):
    check_refused(moodreel("index", "segments.length=3", "--index", tmp_path), "no path to index")


def test_segments_are_given_in_seconds(moodreel, videos):
    write_video(videos / "long.mp4", frames=150, size=(64, 48))
    moodreel("index", "videos/long.mp4", "--segment", 2)
    hits = moodreel("search", "red", "--no-merge", "--json").objects
    assert sorted((h["start"], h["end"]) for h in hits) == [(0, 2), (2, 4), (4, 6)]


def test_an_index_folder_that_cannot_be_written_is_named(moodreel, videos):
    (videos.parent / "file").write_text("")
    check_refused(moodreel("index", "videos", "--index", "file"), "file", code=1)
