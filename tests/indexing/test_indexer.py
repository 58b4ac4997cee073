"""From files to an index: what is new is done, what is bad is named, and nothing is lost."""

import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from functools import partial

import pytest

import held_reader
from hard_videos import (
    PARTLY_READABLE,
    READABLE,
    UNREADABLE,
    write_hard_videos,
    write_video,
)
from held_reader import HELD, LET_GO
from moodreel.catalog.catalog import Catalog
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
