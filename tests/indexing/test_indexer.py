"""From files to an index: what is new is done, what is bad is named, and nothing is lost."""

import builtins
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

import held_reader
from hard_videos import (
    PARTLY_READABLE,
    READABLE,
    UNREADABLE,
    write_hard_videos,
    write_video,
)
from held_reader import HELD, LET_GO
from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.readings import OTHERWISE, UNCHECKED
from moodreel.catalog.writer import VideoWriter
from moodreel.decoding.decoder import Decoder
from moodreel.errors import CatalogError, ConfigurationError
from moodreel.indexing.indexer import index_lock
from moodreel_plugins.emotion.face import FaceExtractor
from moodreel_plugins.encoders.conse import ConseVideoEncoder
from moodreel_plugins.readers.pyav_reader import PyavReader
from nearness import HALVES, assert_same


@pytest.fixture
def index(engine_at):
    """Bring FOLDER/index up to date with FOLDER/videos."""

    def run(folder, *overrides, prune=False):
        with engine_at(folder / "index", *overrides) as engine:
            return engine.index(folder / "videos", prune=prune)

    return run


@pytest.fixture
def folder(tmp_path, index):
    """Three small videos, indexed."""
    (tmp_path / "videos").mkdir()
    for count, name in enumerate("abc", 25):
        write_video(tmp_path / "videos" / f"{name}.mp4", frames=count, size=(64, 48))
    assert len(index(tmp_path).added) == 3
    return tmp_path


def names(paths):
    return sorted(os.path.basename(path) for path in paths)


@pytest.fixture
def no_work(monkeypatch):
    """Make any further encoding or extraction fail."""

    def refuse(*_):
        raise AssertionError("this has been done before")

    monkeypatch.setattr(ConseVideoEncoder, "encode", refuse)
    monkeypatch.setattr(FaceExtractor, "extract", refuse)


def test_hard_files_are_indexed_or_named_and_the_rest_is_unharmed(tmp_path, index):
    write_hard_videos(tmp_path / "videos")
    report = index(tmp_path)
    assert names(report.added) == sorted([*READABLE, *PARTLY_READABLE])
    assert names(path for path, _ in report.partial) == list(PARTLY_READABLE)
    assert "only until" in report.partial[0][1]
    reasons = {os.path.basename(path): reason for path, reason in report.failed}
    assert reasons.keys() == UNREADABLE.keys()
    assert all(reasons[name].startswith(UNREADABLE[name][1]) for name in UNREADABLE)
    assert not any("\n" in reason for reason in reasons.values())


def test_indexing_again_does_nothing_new(folder, no_work, index):
    before = Catalog(folder / "index").revision
    assert len(index(folder).unchanged) == 3
    assert Catalog(folder / "index").revision == before


def test_a_moved_file_is_recognised_by_its_contents(folder, no_work, index):
    os.replace(folder / "videos" / "b.mp4", folder / "videos" / "moved.mp4")
    report = index(folder)
    assert (names(report.moved), names(report.missing)) == (["moved.mp4"], [])


def test_videos_that_an_older_moodreel_read_are_read_again_with_the_reason(folder, index):
    """Their frames may be others than those asked for; such an index has no table of readers."""
    with closing(Catalog(folder / "index")) as catalog, catalog.writing() as connection:
        connection.execute(delete(schema.readings))
    report = index(folder)
    assert names(report.updated) == ["a.mp4", "b.mp4", "c.mp4"]
    assert {reason for _, reason in report.reread} == {UNCHECKED}
    assert index(folder).reread == []


def test_another_reader_reads_anew_and_a_second_one_beside_it_does_not(folder, index):
    assert index(folder, "second_reader=null").reread == []
    report = index(folder, "video_reader=decord", "second_reader=null")
    assert {reason for _, reason in report.reread} == {OTHERWISE}
    assert index(folder, "video_reader=pyav", "second_reader=decord").reread == []


def test_a_copy_of_a_video_was_read_by_the_same_reader(folder, index):
    shutil.copy(folder / "videos" / "a.mp4", folder / "videos" / "d.mp4")
    assert names(index(folder).copied) == ["d.mp4"]
    assert index(folder).reread == []


def test_a_changed_file_is_done_again_alone(folder, index):
    write_video(folder / "videos" / "b.mp4", frames=40, size=(64, 48))
    report = index(folder)
    assert (names(report.updated), names(report.unchanged)) == (["b.mp4"], ["a.mp4", "c.mp4"])
    assert len(Catalog(folder / "index").videos()) == 3


def test_a_changed_file_that_cannot_be_read_keeps_what_was_known(folder, index):
    (folder / "videos" / "b.mp4").write_text("overwritten by accident")
    assert names(path for path, _ in index(folder).failed) == ["b.mp4"]
    assert len(Catalog(folder / "index").videos()) == 3


def test_a_deleted_file_is_reported_and_forgotten_with_prune(folder, index):
    (folder / "videos" / "c.mp4").unlink()
    assert names(index(folder).missing) == ["c.mp4"]
    assert len(Catalog(folder / "index").videos()) == 3
    assert names(index(folder, prune=True).pruned) == ["c.mp4"]
    assert len(Catalog(folder / "index").videos()) == 2


def test_a_touched_file_is_unchanged_and_not_touched_twice(folder, no_work, index):
    os.utime(folder / "videos" / "b.mp4")
    report = index(folder)
    assert (names(report.touched), len(report.unchanged)) == (["b.mp4"], 3)
    assert index(folder).touched == []


def test_swapped_names_are_followed_without_encoding(folder, no_work, index):
    a, b = folder / "videos" / "a.mp4", folder / "videos" / "b.mp4"
    held = {record.path: record.id for record in Catalog(folder / "index").videos()}
    a.rename(folder / "x")
    b.rename(a)
    (folder / "x").rename(b)
    report = index(folder)
    assert report.origins == {str(a): str(b), str(b): str(a)}
    now = {record.path: record.id for record in Catalog(folder / "index").videos()}
    assert (now[str(a)], now[str(b)]) == (held[str(b)], held[str(a)])


def stored_rows(catalog, path):
    """All that an index holds of a video's segments."""
    ids = [moment.id for moment in catalog.segments_of(path)]
    tables = (schema.features, schema.emotions, schema.captions)
    with catalog.reading() as connection:
        rows = [
            connection.execute(select(table).where(table.c.segment_id.in_(ids))).all()
            for table in tables
        ]
    return [[row[1:] for row in found] for found in rows]


def test_a_copy_shares_what_was_made_without_encoding(folder, no_work, index, engine_at):
    copy = folder / "videos" / "0 copy.mp4"
    shutil.copy(folder / "videos" / "b.mp4", copy)
    report = index(folder)
    assert (names(report.copied), names(report.added)) == (["0 copy.mp4"], ["0 copy.mp4"])
    assert report.origins == {str(copy): str(folder / "videos" / "b.mp4")}
    catalog = Catalog(folder / "index")
    mine, original = (stored_rows(catalog, path) for path in (str(copy), report.origins[str(copy)]))
    assert mine == original
    assert mine[0]
    assert len(index(folder).unchanged) == 4
    with engine_at(folder / "index") as engine:
        assert len(engine.search("red", top=10)) == 4


def test_a_copy_over_another_video_takes_its_place(folder, no_work, index):
    shutil.copy(folder / "videos" / "b.mp4", folder / "videos" / "a.mp4")
    assert names(index(folder).copied) == ["a.mp4"]
    assert len(Catalog(folder / "index").videos()) == 3


def test_new_files_that_are_copies_of_each_other_are_encoded_once(folder, index, monkeypatch):
    write_video(folder / "videos" / "new.mp4", frames=30, size=(64, 48))
    for name in ("new 2.mp4", "new 3.mp4"):
        shutil.copy(folder / "videos" / "new.mp4", folder / "videos" / name)
    encode, calls = ConseVideoEncoder.encode, []
    monkeypatch.setattr(
        ConseVideoEncoder, "encode", lambda self, clips: calls.append(1) or encode(self, clips)
    )
    report = index(folder)
    assert names(report.added) == ["new 2.mp4", "new 3.mp4", "new.mp4"]
    assert (names(report.copied), len(calls)) == (["new 3.mp4", "new.mp4"], 1)


def test_a_lookalike_with_another_middle_is_encoded(folder, index):
    """It has the size, the first and the last bytes of a video of the index."""
    padding = bytes(1_000_000)
    first, second = folder / "videos" / "long.mp4", folder / "videos" / "other.mp4"
    write_video(first, frames=30, size=(64, 48))
    held = first.read_bytes()
    first.write_bytes(held + padding)
    index(folder)
    second.write_bytes(held + padding[:500_000] + b"!" + padding[500_001:])
    report = index(folder)
    assert (names(report.added), report.copied) == (["other.mp4"], [])


def test_another_name_of_a_file_is_passed_over_and_named(folder, no_work, index):
    os.link(folder / "videos" / "b.mp4", folder / "videos" / "0 link.mp4")
    report = index(folder)
    first = folder / "videos" / "b.mp4"
    assert report.passed_over == [
        (str(folder / "videos" / "0 link.mp4"), f"is another name of {first}")
    ]
    assert (len(report.unchanged), report.found) == (3, 4)


def test_a_second_run_opens_no_file(folder, no_work, index, monkeypatch):
    opened = []
    track = builtins.open
    monkeypatch.setattr(
        builtins,
        "open",
        lambda path, *more, **kw: opened.append(str(path)) or track(path, *more, **kw),
    )
    assert len(index(folder).unchanged) == 3
    assert not [path for path in opened if str(folder / "videos") in path]


def test_an_empty_folder_never_prunes_unless_it_is_asked_for(folder, index, engine_at):
    for path in (folder / "videos").iterdir():
        path.unlink()
    report = index(folder, prune=True)
    assert (report.pruned, len(report.missing), len(report.away)) == ([], 3, 3)
    assert len(Catalog(folder / "index").videos()) == 3
    with engine_at(folder / "index") as engine:
        report = engine.index(folder / "videos", prune_away=True)
    assert (len(report.pruned), report.missing, report.away) == (3, [], [])
    assert Catalog(folder / "index").videos() == []


def test_a_row_that_the_database_refuses_is_that_files_failure(folder, index, monkeypatch):
    insert = VideoWriter.insert_video

    def refuse(self, connection):
        if self.video.path.endswith("d.mp4"):
            connection.execute(schema.videos.insert().values(path="no location"))
        return insert(self, connection)

    monkeypatch.setattr(VideoWriter, "insert_video", refuse)
    for frames, name in ((31, "d.mp4"), (32, "e.mp4")):
        write_video(folder / "videos" / name, frames=frames, size=(64, 48))
    report = index(folder)
    assert names(report.added) == ["e.mp4"]
    ((path, reason),) = report.failed
    assert path.endswith("d.mp4")
    assert reason.startswith("cannot be stored: ")


def test_a_full_disk_ends_the_run(folder, index, monkeypatch):
    def fill(*_):
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(VideoWriter, "insert_video", fill)
    write_video(folder / "videos" / "d.mp4", frames=31, size=(64, 48))
    with pytest.raises(CatalogError, match="the disk is full"):
        index(folder)


@pytest.mark.parametrize("duration", [1e12, float("inf"), float("nan"), -1.0])
def test_a_duration_that_only_a_damaged_header_states_fails_one_file(
    folder, index, monkeypatch, duration
):
    write_video(folder / "videos" / "d.mp4", frames=31, size=(64, 48))
    probe = Decoder.probe

    def lie(self, path):
        facts = probe(self, path)
        return replace(facts, duration=duration) if path.name == "d.mp4" else facts

    monkeypatch.setattr(Decoder, "probe", lie)
    report = index(folder)
    assert [(os.path.basename(path), why) for path, why in report.failed] == [
        ("d.mp4", f"states a duration of {duration:g} s")
    ]


def test_another_emotion_extractor_runs_alone(tmp_path, monkeypatch, engine_at):
    """Promise 4: encode once."""
    write_video(tmp_path / "videos.mp4", frames=25, size=(64, 48))
    with engine_at(tmp_path / "index", "video_emotion=null") as engine:
        engine.index(tmp_path / "videos.mp4")
    monkeypatch.setattr(ConseVideoEncoder, "encode", lambda *_: pytest.fail("encoded again"))
    with engine_at(tmp_path / "index") as engine:
        assert len(engine.index(tmp_path / "videos.mp4").updated) == 1
        assert engine.catalog.finished(engine.components.video_emotion) == {1}


def test_another_fusion_strategy_decodes_and_encodes_nothing(folder, no_work, engine_at):
    """Promise 4: encode once."""
    with engine_at(folder / "index") as engine:
        for fusion in ("baseline", "late"):
            assert engine.search("a red wall", fusion=fusion)
        assert "decoder" not in vars(engine)


def test_vectors_are_kept_in_step_with_the_catalog(folder, engine_at):
    with engine_at(folder / "index") as engine:
        assert len(engine.search("red", top=10)) == 3
        write_video(folder / "videos" / "d.mp4", frames=40, size=(64, 48))
        engine.index(folder / "videos")
        assert len(engine.search("red", top=10)) == 4


def test_damaged_vectors_are_made_anew(folder, engine_at):
    with engine_at(folder / "index") as engine:
        hits = engine.search("red")
    for file in (folder / "index" / "vectors").rglob("vectors"):
        file.write_bytes(b"damaged")
    with engine_at(folder / "index") as engine:
        again = engine.search("red")
    assert_same([hit.to_dict() for hit in again], [hit.to_dict() for hit in hits], HALVES)


def test_an_index_is_cut_in_one_way(folder, index):
    with pytest.raises(ConfigurationError, match="holds segments of 5 s every 5 s, not of 2 s"):
        index(folder, "segments.length=2", "segments.stride=2")


def test_whole_videos_can_be_indexed(folder, engine_at):
    with engine_at(folder / "whole", "segments.length=0") as engine:
        engine.index(folder / "videos")
        assert {(hit.start, hit.end) for hit in engine.search("red")} == {
            (0.0, 1.0),
            (0.0, 1.04),
            (0.0, 1.08),
        }


def test_overlapping_windows_are_indexed_and_merged(tmp_path, engine_at):
    write_video(tmp_path / "long.mp4", frames=250, size=(64, 48))
    overrides = ["segments.length=4", "segments.stride=2"]
    with engine_at(tmp_path / "index", *overrides) as engine:
        engine.index(tmp_path / "long.mp4")
        apart = engine.search("red", merge=False)
        assert sorted((hit.start, hit.end) for hit in apart) == [(0, 4), (2, 6), (4, 8), (6, 10)]
        (joined,) = engine.search("red")
        assert (joined.start, joined.end) == (0, 10)


def test_two_runs_at_once_are_refused_and_the_first_goes_on(folder, index):
    with index_lock(folder / "index"), pytest.raises(CatalogError, match="another process"):
        index(folder)
    assert len(index(folder).unchanged) == 3


BEFORE, AFTER = ("a.mp4", "b.mp4"), ("y.mp4", "z.mp4")
MANY = (*BEFORE, HELD, *AFTER)


def stored(index):
    """Return how many videos are stored, looking on from another process."""
    try:
        with closing(Catalog(index)) as catalog:
            return len(catalog.videos())
    except CatalogError:  # it is not there, or is just being made
        return 0


def without(name):
    """Return the environment without a variable."""
    return {key: value for key, value in os.environ.items() if key != name}


def start_indexing(folder):
    """Start a run that waits at the third of five videos; return it when two are stored."""
    for number, name in enumerate(MANY):
        write_video(folder / "many" / name, frames=50 + number, size=(64, 48))
    command = [sys.executable, "-m", "moodreel", "index", "many", "--index", "index"]
    run = subprocess.Popen(
        [*command, "video_reader=held"],
        cwd=folder,
        env={**without(LET_GO), "MOODREEL_PLUGINS": held_reader.__file__},
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has them, and us, ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    while run.poll() is None and stored(folder / "index") < len(BEFORE):
        time.sleep(0.05)
    assert run.poll() is None, run.stderr.read()
    return run


@pytest.fixture
def finish(engine_at, monkeypatch):
    """Return how many were done when a run ended, and the report of the next one."""
    monkeypatch.setenv(LET_GO, "1")
    plugins = [held_reader.__file__]

    def run_again(folder, run):
        run.wait(timeout=600)
        done = stored(folder / "index")
        with engine_at(folder / "index", "video_reader=held", plugins=plugins) as engine:
            return done, engine.index(folder / "many")

    return run_again


@pytest.fixture
def many(tmp_path):
    (tmp_path / "many").mkdir()
    return tmp_path


def test_a_killed_run_goes_on_where_it_stopped(many, finish):
    """Promise 7: nothing is lost."""
    run = start_indexing(many)
    os.kill(run.pid, signal.SIGKILL)
    done, report = finish(many, run)
    assert done == len(BEFORE)
    assert names(report.unchanged) == [*BEFORE]
    assert names(report.added) == [HELD, *AFTER]


def test_ctrl_c_ends_a_run_in_one_line_and_keeps_what_is_done(many, finish):
    run = start_indexing(many)
    os.kill(run.pid, signal.SIGINT)
    done, report = finish(many, run)
    said = "moodreel: interrupted; what is done is kept, run it again to go on"
    assert (run.returncode, run.stderr.read().strip()) == (130, said)
    assert done == len(report.unchanged) == len(BEFORE)


class Crashing(PyavReader):
    """Aborts the whole process at one of the files."""

    def probe(self, path):
        return os.abort() if path.name == "b.mp4" else super().probe(path)


def test_a_crash_inside_a_decoder_takes_one_file(folder, engine_at):
    """Promise 7: the worker dies with the file at hand, and the run goes on."""
    with engine_at(folder / "again") as engine:
        engine.components.decoder.readers = [Crashing()]
        report = engine.index(folder / "videos")
    assert names(report.added) == ["a.mp4", "c.mp4"]
    assert [reason for _, reason in report.failed] == ["the decoder crashed (signal 6)"]
