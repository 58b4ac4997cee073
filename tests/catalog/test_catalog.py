"""The record on disk: whole videos or nothing, features by fingerprint, emotions by name."""

import sqlite3
import subprocess
import sys

import numpy as np
import pytest

from moodreel import EmotionScores, Segment
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.moods import read_emotions
from moodreel.catalog.records import SegmentFeatures, VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.errors import CatalogError
from moodreel.interfaces import Component


class Maker(Component):
    kind = "video_encoder"

    def __init__(self, fingerprint):
        self.fingerprint = fingerprint


ENCODER, EXTRACTOR = Maker("encoder-1"), Maker("extractor-1")
SEGMENTS = [Segment(0, 5), Segment(5, 10)]


def record(name="a.mp4", **changed):
    facts = {"path": name, "location": f"/videos/{name}", "size": 10, "modified": 1}
    facts |= {"digest": name, "duration": 10.0, "fps": 25.0, "width": 64, "height": 48}
    return VideoRecord(**(facts | changed))


def features(count=2, dim=4):
    pooled = np.arange(count * dim, dtype=np.float32).reshape(count, dim)
    return SegmentFeatures(pooled, [pooled[:1], None])


def add(catalog, video=None, replaces=None):
    writer = VideoWriter(catalog, video or record(), SEGMENTS)
    writer.add(ENCODER, features())
    writer.add(EXTRACTOR, EmotionScores.of([{"joy": 0.25}, {}]).counted([2, 0]))
    return writer.commit(replaces)


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "index", create=True)
    yield catalog
    catalog.close()


def test_what_was_stored_is_read_back(catalog):
    add(catalog)
    ids, pooled = catalog.load_features(ENCODER)
    np.testing.assert_array_equal(pooled, features().pooled)
    moments = catalog.moments(ids.tolist()[::-1])
    assert [(m.video, m.segment) for m in moments] == [("a.mp4", s) for s in SEGMENTS[::-1]]
    frames = catalog.load_frames(ENCODER, ids, dim=4)
    assert frames[0].shape == (1, 4)
    assert frames[1] is None
    assert list(read_emotions(catalog, EXTRACTOR)[1]) == [{"joy": 0.25}, {}]
    assert read_emotions(catalog, EXTRACTOR)[1].evidence.tolist() == [2, 0]


def test_features_of_another_component_are_never_mixed_in(catalog):
    add(catalog)
    other = Maker("encoder-2")
    assert len(catalog.load_features(other)[0]) == 0
    assert catalog.finished(other) == set()
    assert catalog.finished(ENCODER) == {1}


def test_a_component_can_be_added_to_a_video_that_is_there(catalog):
    video = add(catalog)
    stored = catalog.videos()[0]
    writer = VideoWriter(catalog, stored, [])
    writer.add(Maker("late"), EmotionScores.of([{"fear": 1}, {"fear": 0.5}]))
    assert writer.commit() == video
    assert list(read_emotions(catalog, Maker("late"))[1]) == [{"fear": 1.0}, {"fear": 0.5}]
    assert len(catalog.load_features(ENCODER)[0]) == 2


def test_a_replaced_video_leaves_nothing_behind(catalog):
    old = add(catalog)
    new = add(catalog, record(size=20), replaces=old)
    assert [v.id for v in catalog.videos()] == [new]
    assert len(catalog.load_features(ENCODER)[0]) == 2
    assert len(read_emotions(catalog, EXTRACTOR)[0]) == 2


def test_a_write_that_fails_changes_nothing(catalog):
    add(catalog)
    revision = catalog.revision
    writer = VideoWriter(catalog, record("b.mp4"), SEGMENTS)
    writer.add(ENCODER, SegmentFeatures(np.zeros((3, 4), np.float32), [None] * 3))
    with pytest.raises(ValueError, match="3 rows for 2 segments"):
        writer.commit()
    assert [v.path for v in catalog.videos()] == ["a.mp4"]
    assert catalog.revision == revision


def test_ids_of_segments_are_never_used_again(catalog):
    first = add(catalog)
    old = catalog.load_features(ENCODER)[0]
    catalog.remove_videos([first])
    add(catalog)
    assert not set(old) & set(catalog.load_features(ENCODER)[0])


def test_every_change_raises_the_revision(catalog):
    seen = [catalog.revision]
    video = add(catalog)
    seen.append(catalog.revision)
    catalog.update_video(video, path="b.mp4")
    seen.append(catalog.revision)
    catalog.remove_videos([video])
    seen.append(catalog.revision)
    assert seen == sorted(set(seen))


def test_emotions_written_in_another_order_are_read_by_name(catalog):
    add(catalog)
    with sqlite3.connect(catalog.file) as raw:
        names = raw.execute("SELECT columns FROM components WHERE fingerprint='extractor-1'")
        swapped = ",".join(reversed(names.fetchone()[0].split(",")))
        raw.execute("UPDATE components SET columns=? WHERE fingerprint='extractor-1'", [swapped])
    assert next(iter(read_emotions(catalog, EXTRACTOR)[1])) == {"anger": 0.25}


def test_many_processes_can_make_the_same_index_at_once(tmp_path):
    code = (
        f"from moodreel.catalog import Catalog; Catalog({str(tmp_path / 'index')!r}, create=True)"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(6)]
    assert [run.wait() for run in runs] == [0] * 6


def test_a_folder_without_an_index_says_how_to_make_one(tmp_path):
    with pytest.raises(CatalogError, match="moodreel index VIDEOS"):
        Catalog(tmp_path)


def test_a_file_that_is_no_catalog_is_left_alone(tmp_path):
    file = tmp_path / "catalog.sqlite"
    file.write_bytes(b"holiday photos, precious" * 100)
    with pytest.raises(CatalogError, match="damaged"):
        Catalog(tmp_path, create=True)
    assert file.read_bytes().startswith(b"holiday photos")


def test_a_catalog_of_a_later_format_is_refused(catalog):
    catalog.set_fact("version", "99")
    with pytest.raises(CatalogError, match="format 99"):
        Catalog(catalog.folder)


def test_a_full_disk_is_said_plainly_and_loses_nothing(catalog):
    add(catalog)
    with catalog.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    from sqlalchemy import event

    event.listen(
        catalog.engine,
        "checkout",
        lambda connection, *_: connection.execute(f"PRAGMA max_page_count={pages}"),
    )
    big = SegmentFeatures(np.zeros((2, 100_000), np.float32), [None, None])
    writer = VideoWriter(catalog, record("b.mp4"), SEGMENTS)
    writer.add(ENCODER, big)
    with pytest.raises(CatalogError, match="disk is full"):
        writer.commit()
    assert [v.path for v in catalog.videos()] == ["a.mp4"]


def test_many_segments_are_looked_up_in_one_go(catalog):
    video = record(duration=60_000.0)
    many = [Segment(float(i), float(i + 5)) for i in range(12_000)]
    VideoWriter(catalog, video, many).commit()
    ids = [moment.id for moment in catalog.segments(1)]
    assert [m.id for m in catalog.moments(ids[::-1])] == ids[::-1]
