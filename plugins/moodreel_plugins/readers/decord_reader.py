"""Reading videos with decord."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Register, UnreadableVideo, VideoFacts, hookimpl
from moodreel.interfaces import Requirement, VideoReader
from moodreel_plugins.readers.containers import (
    LAST_SHOWN,
    check_file,
    open_video,
    pixel_ratio,
    probe_video,
    shrunk_size,
)

EARLY = 1e-4  # seconds by which rounding may put a frame's time too late
SQUARE = 0.01  # how far from 1 the ratio of a square pixel's sides may be: a judgement


class DecordReader(VideoReader):
    """Decodes with decord, which seeks fast and turns frames upright.

    The facts come from the container, since decord shortens a damaged video without a word. What
    it shows in another shape (pixels that are not square) it leaves to the next reader.

    Args:
        shorter_side: the most pixels of a frame's shorter side; larger frames are shrunk.
    """

    requires = (Requirement("decord", "pip install decord", "Apache-2.0"),)

    def __init__(self, shorter_side: int = 480) -> None:
        self.shorter_side = shorter_side

    def probe(self, path: Path) -> VideoFacts:
        """Return the duration in seconds, the frame rate and the upright size."""
        return probe_video(path)

    def read(self, path: Path, times: Sequence[float]) -> Clip:
        """Return the frames shown at `times`; those past the last frame are left out."""
        check_file(path)
        video = open_frames(path, self.shorter_side, path.stat().st_mtime_ns)
        spans = frame_spans(video)
        met = np.array([time for time in times if time <= spans[-1, 1] + LAST_SHOWN])
        if not len(met):
            raise UnreadableVideo(path, f"no frame can be read from {times[0]:.1f} s on")
        indices = np.searchsorted(spans[:, 0], met + EARLY, side="right") - 1
        return Clip(video.get_batch(indices.clip(0)).asnumpy(), met)


@lru_cache(maxsize=1)  # a long video is read in parts, and opening it reads all of its packets
def open_frames(path: Path, shorter_side: int, modified: int) -> Any:
    """Open a file at the size in which it is to be read.

    decord turns frames after it has shrunk them, so a video on its side is shrunk on its side.
    """
    check_shape(path)
    video = open_decord(path)
    height, width = video[0].shape[:2]
    size = shrunk_size(width, height, shorter_side)
    if size == (width, height):
        return video
    video = open_decord(path, *size)
    return video if video[0].shape[1::-1] == size else open_decord(path, *size[::-1])


def check_shape(path: Path) -> None:
    """Refuse what is no video, and pixels that decord would stretch."""
    with open_video(path) as (_, stream):
        if abs(pixel_ratio(stream) - 1) > SQUARE:
            raise UnreadableVideo(path, "its pixels are not square, which decord does not show")


def open_decord(path: Path, width: int = -1, height: int = -1) -> Any:
    """Open a file with decord, silently; -1: at its own size."""
    import decord

    decord.logging.set_level(decord.logging.FATAL)
    try:
        return decord.VideoReader(str(path), width=width, height=height, num_threads=1)
    except (decord.DECORDError, RuntimeError):
        raise UnreadableVideo(path, "decord cannot open it") from None


def frame_spans(video: Any) -> NDArray[np.float32]:
    """Return when each frame begins and ends, [N, 2] seconds from the video's start."""
    spans = video.get_frame_timestamp(range(len(video)))
    return spans - spans[0, 0]


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the decord reader."""
    register("decord", DecordReader)
