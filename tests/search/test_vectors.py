"""From the catalog to fused vectors: frames for those who ask, in blocks, kept and taken up."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from moodreel import Emotion, EmotionScores, Segment
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.records import SegmentFeatures, VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.fusion.strategy import FusionStrategy, frame_tensors
from moodreel.interfaces import EmotionExtractor, TextFeatures, VideoEncoder
from moodreel.search import vectors as module
from moodreel.search.vectors import Source, fused_vectors
from moodreel_plugins.fusion.late import Late
from moodreel_plugins.stores.faiss_store import FaissStore
from nearness import assert_near

DIM = 4
LENGTHS = [2, 3, 0, 2, 1, 3, 0]  # frames of each segment


class Encoder(VideoEncoder):
    """Only named: its features are stored already."""

    space, dim, fingerprint = "test", DIM, "encoder-1"

    def encode(self, clips):
        raise AssertionError("nothing may be encoded again")


class LastFrame(FusionStrategy):
    """Stores the last frame, or minus the content where there are no frames."""

    needs_frames = True
    calls = 0

    def fuse_video(self, video, seen):
        self.calls += 1
        return -video.pooled if video.frames is None else video.frames[:, -1]


class Extractor(EmotionExtractor):
    """Only named: its scores are stored already."""

    modality, observes, fingerprint = "video", frozenset({Emotion.JOY}), "extractor-1"

    def extract(self, inputs):
        raise AssertionError("nothing may be extracted again")


class Happiest(FusionStrategy):
    """Stores how joyful the most joyful frame is."""

    needs_frame_emotions = True

    def fuse_text(self, text, wanted):
        return torch.ones(len(text.pooled), 1)

    def fuse_video(self, video, seen):
        return frame_tensors(seen, video.pooled)[0][:, :, Emotion.JOY.column].amax(1, keepdim=True)


class Pooled(FusionStrategy):
    """Refuses frames that it did not ask for."""

    def fuse_video(self, video, seen):
        assert video.frames is None
        return video.pooled


def joys():
    """The joy of the frames of each segment: 0, then a quarter more with each."""
    return [EmotionScores.of([{"joy": n / 4} for n in range(count)]) for count in LENGTHS]


@pytest.fixture
def source(tmp_path):
    catalog = Catalog(tmp_path / "index", create=True)
    facts = {"path": "a.mp4", "location": "/a.mp4", "size": 1, "modified": 1, "digest": "a"}
    video = VideoRecord(**facts, duration=35.0, fps=25.0, width=64, height=48)
    segments = [Segment(5.0 * n, 5.0 * n + 5) for n in range(len(LENGTHS))]
    writer = VideoWriter(catalog, video, segments)
    pooled = np.arange(len(LENGTHS) * DIM, dtype=np.float32).reshape(-1, DIM)
    frames = [
        row + np.arange(n, dtype=np.float32)[:, None] if n else None
        for row, n in zip(pooled, LENGTHS, strict=True)
    ]
    writer.add(Encoder(), SegmentFeatures(pooled, frames))
    writer.add(Extractor(), EmotionScores.of([{"joy": 0.5}] * len(LENGTHS)).framed(joys()))
    writer.commit()
    yield Source(catalog, Encoder(), None)
    catalog.close()


def stored(source, strategy):
    store = FaissStore()
    fused_vectors(source, strategy, store)
    return store.vectors(source.catalog.load_features(source.encoder)[0])


@pytest.mark.parametrize("rows", [2, 3, 1024])
def test_frames_come_as_they_were_stored_whatever_their_number(source, monkeypatch, rows):
    monkeypatch.setattr(module, "FRAMED_ROWS_AT_ONCE", rows)
    _, pooled = source.catalog.load_features(source.encoder)
    expected = [row + n - 1 if n else -row for row, n in zip(pooled, LENGTHS, strict=True)]
    strategy = LastFrame()
    np.testing.assert_array_equal(stored(source, strategy), expected)
    assert strategy.calls >= len(LENGTHS) / rows


def test_frames_are_not_read_for_strategies_that_do_not_ask(source, monkeypatch):
    monkeypatch.setattr(Catalog, "load_frames", None)
    np.testing.assert_array_equal(
        stored(source, Pooled()), source.catalog.load_features(source.encoder)[1]
    )


def test_kept_vectors_are_taken_up_with_what_fit_had_learned(source, monkeypatch):
    first, second = Late(), Late()
    made = stored(source, first)
    monkeypatch.setattr(Late, "fit", None)
    np.testing.assert_array_equal(stored(source, second), made)
    text, wanted = TextFeatures(torch.ones(1, DIM)), EmotionScores.of([{"joy": 1}])
    assert_near(second.fuse_text(text, wanted), first.fuse_text(text, wanted))


@pytest.mark.parametrize("rows", [2, 1024])
def test_emotions_of_frames_come_as_they_were_stored(source, monkeypatch, rows):
    monkeypatch.setattr(module, "FRAMED_ROWS_AT_ONCE", rows)
    found = stored(replace(source, extractor=Extractor()), Happiest())
    np.testing.assert_array_equal(found[:, 0], [max(n - 1, 0) / 4 for n in LENGTHS])


def test_an_older_index_has_the_emotions_of_segments_alone(source):
    with source.catalog.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE frame_emotions")
    found = stored(replace(source, extractor=Extractor()), Happiest())
    np.testing.assert_array_equal(found[:, 0], [0.5] * len(LENGTHS))


def test_what_a_segment_is_not_taken_to_show_none_of_its_frames_does(source):
    ids = source.catalog.load_features(source.encoder)[0]
    source = replace(source, extractor=Extractor())
    assert source.with_frames(ids, source.load_emotions(ids)).frames.observed.any()
    assert not source.with_frames(ids, EmotionScores.unobserved(len(ids))).frames.observed.any()
