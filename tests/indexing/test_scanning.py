"""Which files are videos, and what has changed since."""

import os
import shutil

import pytest

from moodreel.catalog.records import VideoRecord
from moodreel.errors import InvalidInput
from moodreel.indexing.contents import content_digest
from moodreel.indexing.planning import plan_run
from moodreel.indexing.scanning import scan_paths


@pytest.fixture
def folder(tmp_path):
    for name in ("a.mp4", "b.MOV", "deeper/c d é.webm", "notes.txt", ".hidden.mp4", "x.jpg"):
        path = tmp_path / "videos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"contents of {name}")
    return tmp_path / "videos"


def scan(*paths):
    return scan_paths(paths).taken


def records(files):
    return [
        VideoRecord(
            f.path, f.location, f.size, f.modified, content_digest(f.location), 1, 1, 1, 1, id=i
        )
        for i, f in enumerate(files, 1)
    ]


def test_a_folder_gives_its_videos_and_leaves_the_rest(folder):
    found = [os.path.relpath(file.path, folder) for file in scan(folder)]
    assert found == ["a.mp4", "b.MOV", "deeper/c d é.webm"]


def test_paths_stay_as_given(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert scan("videos")[0].path == os.path.join("videos", "a.mp4")
    assert os.path.isabs(scan("videos")[0].location)


def test_a_file_that_is_named_itself_is_taken_whatever_its_suffix(folder):
    assert scan(folder / "notes.txt")[0].path.endswith("notes.txt")


def test_a_file_reached_by_two_ways_is_found_once(folder):
    os.symlink(folder / "a.mp4", folder / "link.mp4")
    assert len(scan(folder, folder / "a.mp4", folder)) == 3


def test_a_path_that_is_not_there_is_named(folder):
    with pytest.raises(InvalidInput, match=r"none\.mp4: no such file"):
        scan(folder / "none.mp4")


def test_a_broken_link_is_reported_and_the_others_go_on(folder):
    os.symlink(folder / "gone.mp4", folder / "link.mp4")
    found = scan_paths([folder])
    assert [path for path, _ in found.failed] == [str(folder / "link.mp4")]
    assert len(found.taken) == 3


def test_unchanged_files_are_left_alone(folder):
    known = records(scan(folder))
    plan = plan_run(scan(folder), known, [folder])
    assert plan.same == known
    assert plan.todo == plan.moved == plan.gone == []


def test_a_touched_file_is_recognised_by_its_contents(folder):
    known = records(scan(folder))
    os.utime(folder / "a.mp4", (1, 1))
    plan = plan_run(scan(folder), known, [folder])
    assert [(r.id, r.modified) for r in plan.touched] == [(1, 1_000_000_000)]
    assert not plan.todo


def test_a_changed_file_is_done_again(folder):
    known = records(scan(folder))
    (folder / "a.mp4").write_text("something else")
    plan = plan_run(scan(folder), known, [folder])
    assert [(file.path, record.id) for file, record in plan.todo] == [(str(folder / "a.mp4"), 1)]


def test_a_moved_file_is_recognised_and_not_counted_as_gone(folder):
    known = records(scan(folder))
    shutil.move(folder / "a.mp4", folder / "deeper" / "z.mp4")
    plan = plan_run(scan(folder), known, [folder])
    assert [(r.id, r.path) for r in plan.moved] == [(1, str(folder / "deeper" / "z.mp4"))]
    assert not plan.gone


def test_two_gone_copies_and_one_new_place_leave_one_gone(folder):
    shutil.copy(folder / "a.mp4", folder / "copy.mp4")
    known = records(scan(folder))
    (folder / "copy.mp4").unlink()
    (folder / "a.mp4").rename(folder / "new.mp4")
    plan = plan_run(scan(folder), known, [folder])
    assert len(plan.moved) == len(plan.gone) == 1


def test_a_copy_is_a_video_of_its_own(folder):
    known = records(scan(folder))
    shutil.copy(folder / "a.mp4", folder / "copy.mp4")
    plan = plan_run(scan(folder), known, [folder])
    assert [record for _, record in plan.todo] == [None]
    assert not plan.moved


def test_only_videos_of_the_given_paths_are_gone(folder):
    known = records(scan(folder))
    (folder / "a.mp4").unlink()
    (folder / "deeper" / "c d é.webm").unlink()
    plan = plan_run(scan(folder / "deeper"), known, [folder / "deeper"])
    assert [os.path.basename(record.path) for record in plan.gone] == ["c d é.webm"]
