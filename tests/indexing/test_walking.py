"""Every entry of a folder is taken, passed over, or failed, with the reason; nothing hangs."""

import errno
import os
import socket

import pytest

from moodreel.indexing import walking
from moodreel.indexing.scanning import scan_paths, walk_videos
from moodreel.indexing.selection import Selection


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "videos").mkdir()
    return tmp_path / "videos"


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"contents of {name}")


def within(folder, paths):
    return [os.path.relpath(path, folder) for path in paths]


def taken(folder, **selection):
    scan = scan_paths([folder], Selection(**selection))
    assert scan.found == len(scan.taken) + len(scan.passed_over) + len(scan.failed)
    return within(folder, [file.path for file in scan.taken])


def passed_over(folder):
    return {
        os.path.relpath(path, folder): reason for path, reason in scan_paths([folder]).passed_over
    }


SYSTEM = [
    "@eaDir",
    "#recycle",
    "$RECYCLE.BIN",
    ".Trashes",
    ".Trash-1000",
    "RECYCLER",
    "lost+found",
    "@Recycle",
    "#snapshot",
]


def test_bins_and_folders_of_the_system_are_passed_over_and_named(folder):
    names = [*SYSTEM, "System Volume Information"]
    put(folder, "a.mp4", *(f"deeper/{name}/b.mp4" for name in names))
    assert taken(folder) == ["a.mp4"]
    assert passed_over(folder) == {
        f"deeper/{name}": "is a bin or a folder of the system" for name in names
    }


def test_hidden_entries_are_passed_over_and_named(folder):
    put(folder, "a.mp4", "._a.mp4", ".cache/b.mp4")
    assert taken(folder) == ["a.mp4"]
    assert passed_over(folder) == {"._a.mp4": "is hidden", ".cache": "is a hidden folder"}


def test_an_index_among_the_videos_is_passed_over(folder):
    put(folder, "a.mp4", "index/catalog.sqlite", "index/b.mp4")
    assert passed_over(folder) == {"index": "is an index"}


def test_what_is_no_file_is_passed_over_whatever_its_name(folder):
    os.mkfifo(folder / "pipe.mp4")
    os.mkfifo(folder / "pipe")
    os.symlink("/dev/zero", folder / "zero.mp4")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "s.mp4"))
        assert passed_over(folder) == {
            "pipe": "is a FIFO",
            "pipe.mp4": "is a FIFO",
            "s.mp4": "is a socket",
            "zero.mp4": "is a device",
        }


def test_a_fifo_that_is_named_itself_is_passed_over(folder):
    os.mkfifo(folder / "pipe.mp4")
    assert scan_paths([folder / "pipe.mp4"]).passed_over == [
        (str(folder / "pipe.mp4"), "is a FIFO")
    ]


def test_links_between_folders_end(folder):
    put(folder, "a.mp4", "deeper/b.mp4")
    os.symlink(folder, folder / "deeper" / "up")
    os.symlink("self.mp4", folder / "self.mp4")
    scan = scan_paths([folder])
    assert within(folder, [file.path for file in scan.taken]) == ["a.mp4", "deeper/b.mp4"]
    assert passed_over(folder) == {"deeper/up": walking.LINKED_FOLDER}
    assert within(folder, [path for path, _ in scan.failed]) == ["self.mp4"]
    assert taken(folder, include=["up"]) == ["a.mp4", "deeper/b.mp4"]


def test_a_linked_folder_is_taken_where_it_is_named_or_included(folder, tmp_path):
    put(tmp_path, "other/b.mp4")
    put(folder, "a.mp4")
    os.symlink(tmp_path / "other", folder / "linked")
    assert taken(folder) == ["a.mp4"]
    assert taken(folder, include=["linked"]) == ["a.mp4", "linked/b.mp4"]
    assert taken(folder / "linked") == ["b.mp4"]


def test_of_a_file_and_its_links_the_file_is_taken(folder):
    put(folder, "b.mp4")
    os.symlink("b.mp4", folder / "a.mp4")
    os.symlink("b.mp4", folder / "c.mp4")
    assert taken(folder) == ["b.mp4"]
    first = f"is a link to {folder}/b.mp4"
    assert passed_over(folder) == {"a.mp4": first, "c.mp4": first}


def test_every_link_of_a_data_set_is_a_name_of_its_video(folder):
    put(folder, "b.mp4")
    os.symlink("b.mp4", folder / "a.mp4")
    assert within(folder, walk_videos(folder)) == ["a.mp4", "b.mp4"]


def test_a_folder_that_cannot_be_listed_is_named_and_the_rest_goes_on(folder, monkeypatch):
    put(folder, "a.mp4", "locked/b.mp4", "z/c.mp4")
    listing = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert taken(folder) == ["a.mp4", "z/c.mp4"]
    reason = "cannot be listed: Permission denied"
    assert scan_paths([folder]).failed == [(f"{folder}/locked", reason)]


def test_names_that_are_no_text_are_taken_like_any_other(folder):
    put(folder, "a.mp4")
    os.mkdir(os.fsencode(folder) + b"/\xe9t\xe9")
    for name in (b"/caf\xe9.mp4", b"/\xe9t\xe9/b.mp4", b"/\xff.txt"):
        with open(os.fsencode(folder) + name, "wb") as file:
            file.write(b"contents")
    named = [os.fsdecode(name) for name in (b"caf\xe9.mp4", b"\xe9t\xe9/b.mp4")]
    assert sorted(taken(folder)) == sorted(["a.mp4", *named])
    assert scan_paths([folder]).failed == []


def test_files_of_other_kinds_are_counted(folder):
    put(folder, "a.mp4", "a.txt", "a.srt", "README", ".DS_Store")
    os.symlink("nowhere", folder / "broken.txt")
    reasons = passed_over(folder)
    assert reasons.pop(".DS_Store") == reasons.pop("README") == walking.NO_VIDEO_SUFFIX
    assert set(reasons.values()) == {walking.NO_VIDEO_SUFFIX}
    assert len(reasons) == 3


def test_what_two_paths_hold_counts_once(folder):
    put(folder, "a.mp4", "deeper/b.mp4", "deeper/.c.mp4", "x.txt")
    paths = [folder / "deeper", folder, folder / "x.txt", folder / "a.mp4", folder]
    scan = scan_paths(paths)
    assert within(folder, [file.path for file in scan.taken]) == ["deeper/b.mp4", "a.mp4"]
    assert scan.found == 4


@pytest.mark.parametrize(
    ("glob", "left"),
    [
        ("raw", ["a.mp4", "b/clip.mov", "b/c/clip.mov"]),
        ("RAW/", ["a.mp4", "b/clip.mov", "b/c/clip.mov"]),
        ("b/*", ["a.mp4", "raw/a.mp4"]),
        ("b/c", ["a.mp4", "b/clip.mov", "raw/a.mp4"]),
        ("*.mov", ["a.mp4", "raw/a.mp4"]),
        ("raw/a.mp4", ["a.mp4", "b/clip.mov", "b/c/clip.mov"]),
        ("[ab].mp4", ["b/clip.mov", "b/c/clip.mov"]),
    ],
)
def test_an_excluded_name_or_path_is_passed_over(folder, glob, left):
    put(folder, "a.mp4", "b/clip.mov", "b/c/clip.mov", "raw/a.mp4")
    assert taken(folder, exclude=[glob]) == left


def test_an_included_entry_is_taken_and_nothing_else_is_left_out(folder):
    put(folder, "a.mp4", ".b.mp4", ".cache/c.mp4", "@eaDir/d.mp4", "e.bin", "f.ts", ".cache/.g.mp4")
    assert taken(folder, include=["*"]) == ["a.mp4", "e.bin", "f.ts", "@eaDir/d.mp4"]
    assert taken(folder, include=[".cache"]) == ["a.mp4", ".cache/c.mp4"]
    assert taken(folder, include=[".b.*", "@EADIR"]) == [".b.mp4", "a.mp4", "@eaDir/d.mp4"]
    assert taken(folder, include=["e.bin", "*.ts"]) == ["a.mp4", "e.bin", "f.ts"]


def test_exclude_wins_over_include(folder):
    put(folder, "a.mp4", ".cache/c.mp4", ".cache/d.mp4")
    both = {"include": [".cache"], "exclude": ["d.mp4"]}
    assert taken(folder, **both) == ["a.mp4", ".cache/c.mp4"]
    assert taken(folder, include=["a.mp4"], exclude=["a.*"]) == []


def test_neither_speaks_of_the_paths_themselves(folder):
    put(folder, "a.mp4")
    assert taken(folder, exclude=["videos", "videos/*"]) == ["a.mp4"]
    assert len(scan_paths([folder / "a.mp4"], Selection(exclude=["*"])).taken) == 1
