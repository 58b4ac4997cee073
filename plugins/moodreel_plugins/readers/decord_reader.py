"""Reading videos with decord."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, hookimpl
from moodreel.errors import UnreadableVideo
from moodreel.hookspecs import Register
from moodreel.interfaces import Requirement, VideoReader
from moodreel.media import VideoFacts


class DecordReader(VideoReader):
    """Decodes with decord.

    Args:
        shorter_side: frames are shrunk so that their shorter side has at most this many pixels.
    """

    requires = (Requirement("decord", "pip install decord", "Apache-2.0"),)

    def __init__(self, shorter_side: int = 480) -> None:
        self.shorter_side = shorter_side

    def probe(self, path: Path) -> VideoFacts:
        """Return the duration in seconds, the frame rate and the size."""
        video = open_video(path)
        height, width = video[0].shape[:2]
        ends = frame_spans(video)[:, 1]
        return VideoFacts(float(ends.max()), float(video.get_avg_fps()), width, height)

    def read(self, path: Path, times: Sequence[float]) -> Clip:
        """Return the frames shown at `times`; those past the last frame are left out."""
        video = open_video(path)
        spans = frame_spans(video)
        met = np.array([time for time in times if time <= spans[-1, 1] + 0.5])
        if not len(met):
            raise UnreadableVideo(path, f"no frame can be read from {times[0]:.1f} s on")
        indices = np.searchsorted(spans[:, 0], met + 1e-4, side="right") - 1
        frames = video.get_batch(indices.clip(0)).asnumpy()
        return Clip(frames, met)


def open_video(path: Path) -> Any:
    """Open a file, or refuse it."""
    import decord

    decord.logging.set_level(decord.logging.FATAL)
    try:
        return decord.VideoReader(str(path), num_threads=1)
    except (decord.DECORDError, RuntimeError):
        raise UnreadableVideo(path, "decord cannot open it") from None


def frame_spans(video: Any) -> NDArray[np.float32]:
    """Return when each frame begins and ends, [N, 2] seconds."""
    spans = video.get_frame_timestamp(range(len(video)))
    return spans - spans[0, 0]


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the decord reader."""
    register("decord", DecordReader)
