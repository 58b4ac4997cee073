"""Cutting a video where its pictures are cut: at its shots."""

import warnings
from collections.abc import Iterator
from pathlib import Path

from moodreel.decoding.decoder import Decoder
from moodreel.decoding.segmentation import Segmentation
from moodreel.errors import Note, UnreadableVideo
from moodreel.interfaces import Segmenter
from moodreel.media import Clip, Segment, VideoFacts


def cut_video(
    segmentation: Segmentation,
    segmenter: Segmenter | None,
    decoder: Decoder,
    path: Path,
    facts: VideoFacts,
) -> list[Segment]:
    """Return the segments of a video: windows, which no shot's end lies within.

    Whole videos stay whole. Where the frames cannot be swept, the clock alone cuts, and a warning
    says so.

    Args:
        segmentation: the length of windows.
        segmenter: what finds the shots; None: the whole video counts as one.
        decoder: reads the frames that the segmenter looks at.
        path: the file.
        facts: what its container says.
    """
    if segmenter is None or not segmentation.length:
        return segmentation.cut(facts.duration)
    try:
        shots = segmenter.shots(seen_frames(segmenter, decoder, path, facts), facts)
    except UnreadableVideo as error:
        told = f"{error}: its shots cannot be found, so it is cut into windows alone"
        warnings.warn(Note(told), stacklevel=2)
        return segmentation.cut(facts.duration)
    return segmentation.cut_shots(shots)


def seen_frames(
    segmenter: Segmenter, decoder: Decoder, path: Path, facts: VideoFacts
) -> Iterator[Clip]:
    """Yield what a segmenter looks at: every frame, or nothing."""
    if segmenter.frame_size is not None:
        yield from decoder.sweep(path, segmenter.frame_size, facts)


def described_cut(segmentation: Segmentation, segmenter: Segmenter | None) -> str:
    """Say how videos are cut, as an index notes it."""
    if segmenter is None or not segmenter.finds_shots or not segmentation.length:
        return str(segmentation)
    return f"{segmentation} within the shots of {segmenter.fingerprint}"
