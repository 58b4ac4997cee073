"""Emotion timelines: the segments of a video, in time, with their emotions and captions."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from moodreel.catalog.damage import damaged_videos, tell_damaged
from moodreel.catalog.records import IndexedSegment
from moodreel.decoding.decoder import Decoder
from moodreel.decoding.readahead import chunk_segments, read_chunk
from moodreel.decoding.segmentation import Segmentation
from moodreel.decoding.shots import cut_video
from moodreel.emotions import Emotion, EmotionScores
from moodreel.errors import NotIndexed, UnreadableVideo
from moodreel.interfaces import EmotionExtractor, Segmenter
from moodreel.media import Segment
from moodreel.search.vectors import Source

FRAMES_A_CHUNK = 32  # as when indexing (moodreel.indexing.indexer): about 40 MB of frames at most


@dataclass(frozen=True, eq=False)
class Timeline:
    """The emotions of n segments of a video, in time.

    Args:
        video: the path of the video.
        segments: the n segments.
        emotions: the emotions of the segments, [n, 8].
        captions: the captions of the segments, n texts; "" where there is none.
        location: where the video lies, an absolute path.
    """

    video: str
    segments: Sequence[Segment]
    emotions: EmotionScores
    captions: Sequence[str]
    location: str = ""

    @property
    def duration(self) -> float:
        """Where the last segment ends, in seconds."""
        return max((segment.end for segment in self.segments), default=0.0)

    def curve(self, emotion: Emotion) -> list[tuple[float, float | None]]:
        """Return the middle of each segment, in seconds, and the intensity; None: unobserved."""
        column = emotion.column
        middles = [(segment.start + segment.end) / 2 for segment in self.segments]
        return [
            (middle, float(value) if seen else None)
            for middle, value, seen in zip(
                middles,
                self.emotions.values[:, column],
                self.emotions.observed[:, column],
                strict=True,
            )
        ]

    @property
    def observed(self) -> list[Emotion]:
        """The emotions that were observed anywhere."""
        return [emotion for emotion in Emotion if self.emotions.observed[:, emotion.column].any()]

    def to_dict(self) -> dict[str, Any]:
        """Return the timeline as plain values, as its JSON holds it."""
        return {
            "video": self.video,
            "location": self.location,
            "duration": self.duration,
            "segments": [
                {
                    "start": segment.start,
                    "end": segment.end,
                    "emotions": self.emotions.named(row),
                    "evidence": int(self.emotions.evidence[row]),
                    "caption": self.captions[row],
                }
                for row, segment in enumerate(self.segments)
            ],
        }


def stored_timeline(source: Source, video: str) -> Timeline | None:
    """Return the timeline of an indexed video, by its place on disk or its path as given.

    None where the index does not hold it, or not with the emotions of this extractor, or damaged.

    Raises:
        InvalidInput: the path fits several videos.
    """
    try:
        found = source.catalog.find_video(video)
    except NotIndexed:
        return None
    extractor = source.extractor
    if found.id is None or extractor is None or found.id not in source.catalog.finished(extractor):
        return None
    if found.id in damaged_videos(source.catalog, [extractor]):
        tell_damaged(source.catalog, [found.path])
        return None
    moments = source.catalog.segments(found.id)
    return replace(moments_timeline(source, found.path, moments), location=found.location)


def moments_timeline(source: Source, video: str, moments: Sequence[IndexedSegment]) -> Timeline:
    """Return the timeline of stored segments."""
    ids = np.array([moment.id for moment in moments], np.int64)
    captions = source.catalog.load_captions(source.captioner, ids)
    return Timeline(
        video,
        [moment.segment for moment in moments],
        source.load_emotions(ids),
        [captions.get(moment.id, "") for moment in moments],
    )


def read_timeline(
    video: str,
    decoder: Decoder,
    segmentation: Segmentation,
    frames: int,
    extractor: EmotionExtractor,
    segmenter: Segmenter | None = None,
) -> Timeline:
    """Read a video that is not indexed.

    Args:
        video: the path of the video.
        decoder: decodes the video.
        segmentation: cuts the video into segments.
        frames: how many frames of each segment are looked at.
        extractor: reads the emotions of the frames.
        segmenter: finds the shots that segments lie within; None cuts by the clock alone.

    Raises:
        UnreadableVideo: none of it can be read.
    """
    path = Path(video)
    segments: list[Segment] = []
    parts: list[EmotionScores] = []
    facts = decoder.probe(path)
    wanted = cut_video(segmentation, segmenter, decoder, path, facts)
    for some in chunk_segments(wanted, frames, FRAMES_A_CHUNK):
        chunk = read_chunk(partial(decoder.read, path, facts=facts), some, frames)
        segments += chunk.segments
        if chunk.clips:
            parts.append(extractor.look(chunk.clips))
        if len(chunk.segments) < len(some):
            break
    if not segments:
        raise UnreadableVideo(video, "none of its frames can be read")
    emotions, captions = EmotionScores.concatenate(parts), [""] * len(segments)
    return Timeline(video, segments, emotions, captions, os.path.realpath(video))
