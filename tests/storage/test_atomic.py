"""A file or a folder is the old one or the new one, whole, and nothing is left beside it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from moodreel.storage.atomic import atomic_path

BLOCK = 1 << 16
# Writes the same file again and again, all of one letter, in several pieces.
WRITER = """
import sys
from moodreel.storage.atomic import atomic_path
for _ in range(100):
    with atomic_path(sys.argv[1]) as path, path.open("w") as file:
        for _ in range(16):
            file.write(sys.argv[2] * 4096)
            file.flush()
"""
# A limit on the size of files fails a write in the middle, as a full disk does.
FULL_DISK = """
import resource, sys
from moodreel.storage.atomic import atomic_path
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with atomic_path(sys.argv[1]) as path:
        path.write_bytes(bytes(10_000))
except OSError as error:
    print(error.strerror)
"""


def start(script, *arguments):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_two_processes_that_write_one_file_never_mix_it(tmp_path):
    target = tmp_path / "letters"
    target.write_text("a" * BLOCK)
    writers = [start(WRITER, target, letter) for letter in "ab"]
    seen = set()
    while any(writer.poll() is None for writer in writers):
        text = target.read_text()
        assert len(text) == BLOCK
        assert len(set(text)) == 1
        seen |= set(text)
    assert [writer.wait() for writer in writers] == [0, 0]
    assert seen == {"a", "b"}, "both were seen, so the test looked at the right time"
    assert os.listdir(tmp_path) == ["letters"]


def test_a_full_disk_leaves_the_old_file(tmp_path):
    target = tmp_path / "file"
    target.write_text("old")
    written, _ = start(FULL_DISK, target).communicate()
    assert "too large" in written
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def half(target, error):
    with atomic_path(target) as path:
        path.write_text("half")
        raise error


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_midway_leaves_the_old_file_or_none(tmp_path, error):
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_text("old")
    for target in (old, new):
        with pytest.raises(error):
            half(target, error)
    assert os.listdir(tmp_path) == ["old"]
    assert old.read_text() == "old"


def fill(folder, text, error=None):
    with atomic_path(folder) as path:
        path.mkdir()
        (path / "a").write_text(text)
        if error:
            raise error
        (path / "b").write_text(text)


def test_a_folder_comes_with_all_its_files_or_not_at_all(tmp_path):
    with pytest.raises(ValueError, match="midway"):
        fill(tmp_path / "folder", "half", ValueError("midway"))
    assert not os.listdir(tmp_path)
    fill(tmp_path / "folder", "first")
    assert sorted(os.listdir(tmp_path / "folder")) == ["a", "b"]
    with pytest.raises(OSError, match="not empty"):
        fill(tmp_path / "folder", "second")
    assert (tmp_path / "folder" / "a").read_text() == "first", "the first writer's stays"
    assert os.listdir(tmp_path) == ["folder"]


def test_files_are_as_readable_as_any_other_and_links_stay_links(tmp_path):
    real, plain = tmp_path / "real", tmp_path / "plain"
    link = tmp_path / "link.txt"
    plain.write_text("plain")
    link.symlink_to(real)
    with atomic_path(link) as path:
        assert Path(path).suffix == ".txt"
        path.write_text("new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode == plain.stat().st_mode


def test_a_folder_that_cannot_be_written_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="No such file"), atomic_path(tmp_path / "gone" / "file"):
        pass
