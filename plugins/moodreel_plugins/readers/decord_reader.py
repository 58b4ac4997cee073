"""Reading videos with decord, where it proves that it reads them right."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Register, UnreadableVideo, VideoFacts, hookimpl
from moodreel.containers.frames import EARLY
from moodreel.containers.probing import probe_video
from moodreel.interfaces import Requirement, VideoReader
from moodreel_plugins.readers.pixels import shrunk_size
from moodreel_plugins.readers.proofs import check_pictures, key_times, met_times

SQUARE = 0.01  # how far from 1 the ratio of a square pixel's sides may be: a judgement
ROTATIONS = {(1, 0, 0, 1), (0, 1, -1, 0), (-1, 0, 0, -1), (0, -1, 1, 0)}  # decord mirrors nothing


class DecordReader(VideoReader):
    """Decodes with decord, which opens slowly and then seeks fast.

    decord gives other frames than asked for in many containers, without a word. So a file is only
    read where decord's own times agree with the container's, and pictures from all over it are
    those that FFmpeg shows at these times; what it does not do at all (mirrored pictures, pixels
    that are not square, high dynamic range) is left to the next reader.

    Args:
        shorter_side: the most pixels of a frame's shorter side; larger frames are shrunk.
    """

    requires = (Requirement("decord", "pip install decord", "Apache-2.0"),)
    version = "2"

    def __init__(self, shorter_side: int = 480) -> None:
        self.shorter_side = shorter_side

    def read(self, path: Path, times: Sequence[float], facts: VideoFacts | None = None) -> Clip:
        """Return the frames shown at `times`; those past the last frame are left out."""
        facts = facts or probe_video(path)
        check_kind(path, facts)
        video, begins = open_frames(path, facts, self.shorter_side, path.stat().st_mtime_ns)
        met = met_times(path, facts, times)
        return Clip(pictures_at(path, video, begins, met), met)


def check_kind(path: Path, facts: VideoFacts) -> None:
    """Refuse the kinds of video that decord is known to show wrongly."""
    kinds = {
        "its pixels are not square": abs(facts.pixel_aspect - 1) > SQUARE,
        "its picture is mirrored": facts.turn not in ROTATIONS,
        "its colours are of a wide range": facts.colour.transfer != "sdr",
        "its clock does not run evenly": facts.sequential or facts.unordered,
        "a part of it is missing": facts.truncated,
    }
    found = [reason for reason, holds in kinds.items() if holds]
    if found:
        raise UnreadableVideo(path, f"{found[0]}, which decord does not show")
    if not key_times(path, facts):
        raise UnreadableVideo(path, "it has no index, without which decord shows other frames")


@lru_cache(maxsize=1)  # a long video is read in parts, and opening it reads all of its packets
def open_frames(
    path: Path, facts: VideoFacts, shorter_side: int, modified: int
) -> tuple[Any, NDArray[np.float64]]:
    """Open a file at the size in which it is to be read, and prove what decord gives.

    Returns:
        decord's reader, and when each frame begins, [N] seconds from the zero point.
    """
    video = open_sized(path, shrunk_size(facts.width, facts.height, shorter_side))
    spans = video.get_frame_timestamp(range(len(video))).astype(np.float64)
    begins = spans[:, 0] - (spans[0, 0] if facts.zero else 0.0)
    if abs(begins[-1] - facts.last) > 1.5 / facts.fps or (np.diff(begins) <= 0).any():
        raise UnreadableVideo(path, "decord tells other times than its container")
    check_pictures(path, facts, lambda times: pictures_at(path, video, begins, times))
    return video, begins


def pictures_at(
    path: Path, video: Any, begins: NDArray[np.float64], times: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """Return the pictures shown at times: uint8 [T, H, W, 3]."""
    import decord

    places = np.searchsorted(begins, times + EARLY, side="right") - 1
    try:
        return video.get_batch(places.clip(0)).asnumpy()
    except (decord.DECORDError, RuntimeError) as error:
        raise UnreadableVideo(path, f"decord cannot read it ({type(error).__name__})") from None


def open_sized(path: Path, size: tuple[int, int]) -> Any:
    """Open a file at a size (width, height).

    decord turns frames after it has shrunk them, so a video on its side is shrunk on its side.
    """
    video = open_decord(path)
    if video[0].shape[1::-1] == size:
        return video
    video = open_decord(path, *size)
    return video if video[0].shape[1::-1] == size else open_decord(path, *size[::-1])


def open_decord(path: Path, width: int = -1, height: int = -1) -> Any:
    """Open a file with decord, silently; -1: at its own size."""
    import decord

    decord.logging.set_level(decord.logging.FATAL)
    try:
        return decord.VideoReader(str(path), width=width, height=height, num_threads=1)
    except (decord.DECORDError, RuntimeError):
        raise UnreadableVideo(path, "decord cannot open it") from None


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the decord reader."""
    register("decord", DecordReader)
