"""What has changed since files were indexed: nothing that is known is read or encoded again."""

import builtins
import os
import shutil
from dataclasses import replace

import pytest

from moodreel.catalog.records import VideoRecord
from moodreel.indexing import contents
from moodreel.indexing.contents import Contents, Lookalikes, same_bytes, stored_digest
from moodreel.indexing.planning import plan_run
from moodreel.indexing.scanning import scan_paths


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "videos").mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        (tmp_path / "videos" / name).write_text(f"contents of {name}")
    return tmp_path / "videos"


def known(folder):
    """The records of what a folder holds now."""
    return [
        VideoRecord(f.path, f.location, f.size, f.modified, stored_digest(f), 1, 1, 1, 1, id=i)
        for i, f in enumerate(scan_paths([folder]).taken, 1)
    ]


def plan(folder, records, *paths):
    paths = paths or (folder,)
    return plan_run(scan_paths(paths).taken, records, paths)


def names(items):
    return [os.path.basename(item.path) for item in items]


def todo(made):
    return [os.path.basename(file.path) for file, _ in made.todo]


def moves(made):
    return {os.path.basename(r.path): os.path.basename(made.origins[r.path]) for r in made.moved}


@pytest.fixture
def reads(monkeypatch):
    """Count the bytes that are read of files."""
    opened, counted = builtins.open, []

    def counting(path, mode="r", *more, **options):
        file = opened(path, mode, *more, **options)
        if mode == "rb":
            read = file.read
            file = Counting(file, lambda *size: counted.append(len(held := read(*size))) or held)
        return file

    monkeypatch.setattr(builtins, "open", counting)
    return counted


class Counting:
    """A file whose `read` is counted."""

    def __init__(self, file, read):
        self.file, self.read = file, read

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()


def test_what_is_known_by_size_and_time_is_not_read(folder, reads):
    (folder / "d.ts").write_bytes(bytes(1000))
    records = known(folder)
    reads.clear()
    scan = scan_paths([folder], records=records)
    assert len(plan_run(scan.taken, records, [folder]).same) == 4
    assert reads == []


def test_two_names_that_were_swapped_are_both_recognised(folder):
    records = known(folder)
    os.rename(folder / "a.mp4", folder / "x")
    os.rename(folder / "b.mp4", folder / "a.mp4")
    os.rename(folder / "x", folder / "b.mp4")
    made = plan(folder, records)
    assert moves(made) == {"a.mp4": "b.mp4", "b.mp4": "a.mp4"}
    assert (todo(made), made.overwritten, made.gone) == ([], [], [])


def test_names_that_went_round_are_recognised(folder):
    records = known(folder)
    os.rename(folder / "c.mp4", folder / "x")
    os.rename(folder / "b.mp4", folder / "c.mp4")
    os.rename(folder / "a.mp4", folder / "b.mp4")
    os.rename(folder / "x", folder / "a.mp4")
    assert moves(plan(folder, records)) == {"a.mp4": "c.mp4", "b.mp4": "a.mp4", "c.mp4": "b.mp4"}


def test_a_file_moved_over_another_takes_its_place(folder):
    records = known(folder)
    os.replace(folder / "a.mp4", folder / "b.mp4")
    made = plan(folder, records)
    assert (moves(made), names(made.overwritten)) == ({"b.mp4": "a.mp4"}, ["b.mp4"])
    assert (todo(made), made.gone) == ([], [])


def test_a_moved_file_whose_old_place_holds_another_is_recognised(folder):
    records = known(folder)
    os.rename(folder / "a.mp4", folder / "z.mp4")
    (folder / "a.mp4").write_text("a new video")
    made = plan(folder, records)
    assert moves(made) == {"z.mp4": "a.mp4"}
    assert [(os.path.basename(f.path), older) for f, older in made.todo] == [("a.mp4", None)]


def test_a_touched_file_keeps_its_record_beside_a_copy_of_it(folder):
    records = known(folder)
    shutil.copy2(folder / "b.mp4", folder / "a copy.mp4")
    os.utime(folder / "b.mp4")
    made = plan(folder, records)
    assert (names(made.touched), made.moved, todo(made)) == (["b.mp4"], [], ["a copy.mp4"])


def test_another_name_of_a_file_is_told_from_a_copy(folder):
    records = known(folder)
    os.link(folder / "b.mp4", folder / "0.mp4")
    os.link(folder / "b.mp4", folder / "z.mp4")
    made = plan(folder, records)
    assert [(os.path.basename(f.path), first) for f, first in made.second_names] == [
        ("0.mp4", str(folder / "b.mp4")),
        ("z.mp4", str(folder / "b.mp4")),
    ]
    assert (names(made.same), todo(made)) == (["a.mp4", "b.mp4", "c.mp4"], [])


def test_another_name_outside_the_paths_is_recognised_unread(folder, tmp_path, reads):
    records = known(folder)
    (tmp_path / "other").mkdir()
    os.link(folder / "b.mp4", tmp_path / "other" / "z.mp4")
    reads.clear()
    made = plan(folder, records, tmp_path / "other")
    assert [first for _, first in made.second_names] == [str(folder / "b.mp4")]
    assert reads == []


def test_names_of_one_file_that_the_index_knows_stay_as_they_are(folder):
    os.link(folder / "b.mp4", folder / "z.mp4")
    records = known(folder)
    assert names(plan(folder, records).same) == ["a.mp4", "b.mp4", "c.mp4", "z.mp4"]


def sized(path, size, middle=b""):
    """Write a file of a size, the same at both ends, with something in the middle."""
    with path.open("wb") as file:
        file.write(b"head")
        file.seek(size // 2)
        file.write(middle)
        file.truncate(size)
    return path


@pytest.mark.parametrize("size", [1, 300_000, 5_000_000])
def test_a_middle_that_changed_is_seen(folder, size):
    sized(folder / "m.mp4", size)
    records = known(folder)
    sized(folder / "m.mp4", size, b"!" if size > 1 else b"")
    os.utime(folder / "m.mp4", (1, 1))
    assert todo(plan(folder, records)) == (["m.mp4"] if size > 1 else [])


def test_a_large_file_is_sampled(folder, reads, monkeypatch):
    monkeypatch.setattr(contents, "WHOLE", 1_000_000)
    sized(folder / "m.mp4", 20_000_000)
    reads.clear()
    records = known(folder)
    assert sum(reads) < 5_000_000
    os.utime(folder / "m.mp4", (1, 1))
    assert names(plan(folder, records).touched) == ["m.mp4"]
    sized(folder / "m.mp4", 20_000_000, b"!" * 200_000)
    os.utime(folder / "m.mp4", (2, 2))
    assert todo(plan(folder, records)) == ["m.mp4"]


def test_a_rename_reads_the_ends_alone(folder, reads):
    sized(folder / "m.mp4", 5_000_000)
    records = known(folder)
    os.rename(folder / "m.mp4", folder / "n.mp4")
    reads.clear()
    assert moves(plan(folder, records)) == {"n.mp4": "m.mp4"}
    assert sum(reads) == 2 * contents.END


def test_digests_of_an_older_moodreel_are_still_compared(folder):
    old = [replace(r, digest=contents.content_digest(r.location)) for r in known(folder)]
    os.rename(folder / "a.mp4", folder / "z.mp4")
    os.utime(folder / "b.mp4", (1, 1))
    (folder / "c.mp4").write_text("changed of c.mp4")
    made = plan(folder, old)
    assert moves(made) == {"z.mp4": "a.mp4"}
    assert (names(made.touched), todo(made)) == (["b.mp4"], ["c.mp4"])


def test_a_file_that_changed_while_it_was_read_is_never_taken_for_known(folder):
    (file, *_) = scan_paths([folder]).taken
    (folder / "a.mp4").write_text("meanwhile changed")
    record = VideoRecord(file.path, file.location, 1, 1, stored_digest(file), 1, 1, 1, 1, id=1)
    assert record.digest.endswith("-")
    (now, *_) = scan_paths([folder]).taken
    assert not Contents().holds(now, replace(record, size=now.size, modified=now.modified))


def test_new_files_are_read_only_where_another_has_their_size(folder, reads):
    (folder / "longer.mp4").write_text("of a size of its own")
    lookalikes = Lookalikes(Contents())
    files = scan_paths([folder]).taken
    assert not any(lookalikes.meet(file) for file in files)
    assert sum(reads) == sum(file.size for file in files[:3])
    assert lookalikes.meet(files[0])


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_files_are_compared_to_the_last_byte(tmp_path, size):
    one, other = (sized(tmp_path / name, size) for name in ("one", "other"))
    assert same_bytes(one, other)
    assert not same_bytes(one, sized(other, size + 1))
    assert not same_bytes(sized(other, size + 1), one)
    assert not same_bytes(one, sized(other, size, b"!"))


def emptied(folder):
    for path in folder.iterdir():
        path.unlink()


def test_videos_of_an_empty_folder_may_be_on_a_drive_that_is_away(folder):
    records = known(folder)
    emptied(folder)
    for paths in ((folder,), (folder.parent,)):
        made = plan(folder, records, *paths)
        assert {reason for _, reason in made.away} == {f"{folder} is empty"}
        assert len(made.away) == len(made.gone) == 3
    (folder / ".hidden").touch()
    assert len(plan(folder, records).away) == 3


def test_videos_of_a_folder_that_was_removed_are_gone(folder):
    records = known(folder)
    shutil.rmtree(folder)
    (folder.parent / "notes.txt").touch()
    made = plan(folder, records, folder.parent)
    assert (len(made.gone), made.away) == (3, [])


def test_videos_under_a_link_to_a_drive_that_is_away_stay(folder, tmp_path):
    records = known(folder)
    os.symlink(folder, tmp_path / "link")
    (tmp_path / "other").mkdir()
    shutil.move(folder, tmp_path / "other" / "videos")
    made = plan(folder, records, tmp_path / "link")
    assert {reason for _, reason in made.away} == {f"{folder} is not there"}


def test_videos_of_a_folder_that_cannot_be_listed_stay(folder, monkeypatch):
    records = known(folder)
    (folder / "a.mp4").unlink()

    def refuse(path):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", refuse)
    made = plan(folder, records)
    assert [reason for _, reason in made.away] == [f"{folder} cannot be listed (Permission denied)"]
