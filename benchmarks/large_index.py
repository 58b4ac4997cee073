"""An index of 100,000 segments, with features drawn at random: real in all else."""

from dataclasses import dataclass

import numpy as np

from moodreel import EmotionScores, Segment
from moodreel.catalog.records import SegmentFeatures, VideoRecord
from moodreel.catalog.writer import VideoWriter
from moodreel.interfaces import VideoEncoder
from moodreel.search.vectors import FusedVectors, Source

VIDEOS, SEGMENTS, DIM = 100, 1000, 512


class DrawnEncoder(VideoEncoder):
    """Stands for the encoder that made features which were drawn at random."""

    fingerprint = "drawn"
    space = "drawn"
    dim = DIM

    def encode(self, clips):
        raise AssertionError("the features are in the catalog")


@dataclass(frozen=True)
class LargeIndex:
    """A catalog of 100,000 segments, and the fused vectors that `search` looks in."""

    source: Source
    fused: FusedVectors


def drawn_units(seed, count, dim=DIM):
    vectors = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def write_video(catalog, number, source):
    """Store one video with everything that an indexing run stores."""
    record = VideoRecord(
        path=f"videos/{number:03}.mp4",
        location=f"/videos/{number:03}.mp4",
        size=1,
        modified=number,
        digest=f"{number}",
        duration=5.0 * SEGMENTS,
        fps=25.0,
        width=640,
        height=360,
    )
    writer = VideoWriter(catalog, record, [Segment(5 * i, 5 * i + 5) for i in range(SEGMENTS)])
    pooled = drawn_units(number, SEGMENTS)
    writer.add(source.encoder, SegmentFeatures(pooled, [None] * SEGMENTS))
    intensities = np.random.default_rng(number).random((SEGMENTS, 8), np.float32)
    writer.add(source.extractor, EmotionScores(intensities, np.ones((SEGMENTS, 8), bool)))
    writer.add(source.captioner, [f"scene {i} of video {number}" for i in range(SEGMENTS)])
    writer.commit()
