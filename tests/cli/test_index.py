"""`moodreel index`: exit codes and lines that say what happened to each file."""

import os
import shutil
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


def test_renames_swaps_touches_and_copies_are_reported_as_what_they_are(moodreel, videos):
    for count, name in enumerate("cdefg", 26):
        write_video(videos / f"{name}.mp4", frames=count, size=(64, 48))
    moodreel("index", "videos")
    (videos / "c.mp4").rename(videos / "renamed.mp4")
    (videos / "d.mp4").rename(videos / "x")
    (videos / "e.mp4").rename(videos / "d.mp4")
    (videos / "x").rename(videos / "e.mp4")
    os.utime(videos / "f.mp4", (1, 1))
    shutil.copy(videos / "g.mp4", videos / "copy.mp4")
    os.link(videos / "g.mp4", videos / "link.mp4")
    done = moodreel("index", "videos")
    assert done.code == 0
    assert done.out == "1 added, 3 moved, 1 copied, 3 unchanged, 1 touched, 1 passed over\n"
    assert done.err.splitlines() == [
        "touched: videos/f.mp4: holds the same as before",
        "moved: videos/d.mp4: was videos/e.mp4, their names are swapped",
        "moved: videos/e.mp4: was videos/d.mp4, their names are swapped",
        "moved: videos/renamed.mp4: was videos/c.mp4",
        "copied: videos/copy.mp4: holds the same as videos/g.mp4",
        "passed over: videos/link.mp4: is another name of videos/g.mp4",
        "found 8: 7 taken, 1 passed over, 0 failed",
    ]


def test_the_report_accounts_for_everything_that_was_found(moodreel, videos):
    (videos / "notes.txt").touch()
    (videos / "b.ts").write_text("export const a = 1\n")
    (videos / "@eaDir").mkdir()
    empty(videos / "empty.mp4")
    os.mkfifo(videos / "pipe.mp4")
    done = moodreel("index", "videos")
    assert (done.code, done.out) == (1, "1 added, 4 passed over, 1 failed\n")
    assert "passed over: videos/@eaDir: is a bin or a folder of the system\n" in done.err
    assert "passed over: videos/b.ts: is text, not a video\n" in done.err
    assert "passed over: videos/pipe.mp4: is a FIFO\n" in done.err
    assert "passed over: 1 file without a video's suffix\n" in done.err
    assert done.err.endswith("found 6: 1 taken, 4 passed over, 1 failed\n")
    report = loads(moodreel("index", "videos", "--json").out)
    assert (report["found"], report["taken"]) == (6, 1)
    assert (len(report["passed_over"]), len(report["failed"])) == (4, 1)


def test_globs_take_and_pass_over(moodreel, videos):
    plain(videos / ".b.mp4")
    plain(videos / "proxy.mp4")
    done = moodreel("index", "videos", "--exclude", "proxy*", "--include", ".b.mp4")
    assert done.out == "2 added, 1 passed over\n"
    assert "passed over: videos/proxy.mp4: is excluded\n" in done.err


def test_an_empty_folder_is_taken_for_a_drive_that_is_away(moodreel, videos):
    moodreel("index", "videos")
    (videos / "a b.mp4").unlink()
    for arguments in ((), ("--prune",)):
        done = moodreel("index", "videos", *arguments)
        assert (done.code, done.out) == (1, "1 gone\n")
        assert done.err == (
            f"away: 1 video: {videos} is empty: taken for a drive that is away; nothing is "
            "forgotten, unless by --prune-away\n"
        )
    assert moodreel("index", "videos", "--prune-away").out == "1 pruned\n"


def test_odd_names_take_one_line_each(moodreel, videos):
    (videos / "two\nlines [red].mp4").write_text("no video")
    with open(os.fsencode(videos) + b"/caf\xe9.mp4", "wb") as file:
        file.write(b"no video")
    done = moodreel("index", "videos")
    assert done.out == "1 added, 2 failed\n"
    assert "failed: videos/two\\nlines [red].mp4: is not a video" in done.err
    assert "failed: videos/caf\\xe9.mp4: is not a video" in done.err
    assert len(done.err.splitlines()) == 3
    assert len(loads(moodreel("index", "videos", "--json").out)["failed"]) == 2


def test_where_there_are_no_videos_it_is_said_what_there_is(moodreel, tmp_path):
    (tmp_path / "none" / "@eaDir").mkdir(parents=True)
    done = moodreel("index", tmp_path / "none", "--index", tmp_path / "index")
    check_refused(done, "@eaDir is a bin or a folder of the system)")
