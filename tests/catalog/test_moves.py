"""Videos that lie elsewhere, or twice, keep what was made of them."""

from dataclasses import replace

import numpy as np
import pytest

from moodreel import EmotionScores, Segment
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.moods import read_emotions
from moodreel.catalog.moves import copy_video, move_videos
from moodreel.catalog.records import CAPTION_ENCODER, SegmentFeatures, VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.interfaces import Component

SEGMENTS = [Segment(0, 5), Segment(5, 10)]


class Maker(Component):
    def __init__(self, kind, fingerprint):
        self.kind, self.fingerprint = kind, fingerprint


ENCODER = Maker("video_encoder", "encoder-1")
EXTRACTOR = Maker("emotion_extractor", "extractor-1")
CAPTIONED = Maker(CAPTION_ENCODER, "captions-1")


@pytest.fixture
def catalog(tmp_path):
    catalog = Catalog(tmp_path / "index", create=True)
    yield catalog
    catalog.close()


def features(shift=0.0):
    pooled = np.arange(8, dtype=np.float32).reshape(2, 4) + shift
    return SegmentFeatures(pooled, [pooled[:1], None])


def add(catalog, name, shift=0.0):
    place = (name, f"/videos/{name}", 10, 1, name)
    writer = VideoWriter(catalog, VideoRecord(*place, 10.0, 25.0, 64, 48), SEGMENTS)
    writer.add(ENCODER, features(shift))
    writer.add(EXTRACTOR, EmotionScores.of([{"joy": 0.25}, {}]).counted([2, 0]))
    return writer.commit()


def by_path(catalog):
    return {record.path: record for record in catalog.videos()}


def place(record, name):
    return replace(record, path=name, location=f"/videos/{name}")


def test_videos_may_take_each_others_place(catalog):
    add(catalog, "a.mp4")
    add(catalog, "b.mp4")
    a, b = catalog.videos()
    move_videos(catalog, [place(a, "b.mp4"), place(b, "a.mp4")], [])
    assert [record.path for record in catalog.videos()] == ["b.mp4", "a.mp4"]
    assert [record.location for record in catalog.videos()] == ["/videos/b.mp4", "/videos/a.mp4"]


def test_a_video_moved_over_another_replaces_it(catalog):
    add(catalog, "a.mp4")
    add(catalog, "b.mp4")
    a, b = catalog.videos()
    move_videos(catalog, [place(a, "b.mp4")], [b.id])
    assert [(record.id, record.path) for record in catalog.videos()] == [(a.id, "b.mp4")]
    assert catalog.count() == (1, 2)


def test_nothing_is_written_where_nothing_moved(catalog):
    before = catalog.revision
    move_videos(catalog, [], [])
    assert catalog.revision == before


def test_a_copy_has_all_that_was_made_of_the_video(catalog):
    add(catalog, "other.mp4", shift=1.0)
    source = add(catalog, "a.mp4")
    video = by_path(catalog)["a.mp4"]
    copy = copy_video(catalog, video, replace(place(video, "c.mp4"), id=None))
    assert [m.segment for m in catalog.segments(copy)] == SEGMENTS
    mine, its = ([m.id for m in catalog.segments(video)] for video in (copy, source))
    assert not set(mine) & set(its)
    np.testing.assert_array_equal(catalog.load_features(ENCODER, mine)[1], features().pooled)
    frames = catalog.load_frames(ENCODER, mine, dim=4)
    np.testing.assert_array_equal(frames[0], features().pooled[:1])
    assert frames[1] is None
    _, scores = read_emotions(catalog, EXTRACTOR, mine)
    _, original = read_emotions(catalog, EXTRACTOR, its)
    np.testing.assert_array_equal(scores.values, original.values)
    assert copy in catalog.finished(ENCODER) & catalog.finished(EXTRACTOR)


def test_captions_beside_a_video_are_not_its_copys(catalog):
    source = add(catalog, "a.mp4")
    catalog.put_given(replace(by_path(catalog)["a.mp4"], sidecar="a.srt"), ["hello", ""])
    ids = [m.id for m in catalog.segments(source)]
    made = SegmentFeatures(np.ones((1, 4), np.float32), [None])
    catalog.add_features(CAPTIONED, ids[:1], made, [source])
    video = by_path(catalog)["a.mp4"]
    copy = copy_video(catalog, video, replace(place(video, "c.mp4"), sidecar="", id=None))
    assert list(catalog.load_captions(None).values()) == ["hello"]
    assert catalog.finished(CAPTIONED) == {source}
    assert copy in catalog.finished(ENCODER)


def test_a_copy_over_a_video_replaces_it(catalog):
    add(catalog, "a.mp4")
    older = add(catalog, "b.mp4")
    video = by_path(catalog)["a.mp4"]
    copy_video(catalog, video, replace(place(video, "b.mp4"), id=None), replaces=older)
    assert sorted(by_path(catalog)) == ["a.mp4", "b.mp4"]
    assert older not in {record.id for record in catalog.videos()}
