"""Reading videos with PyAV (FFmpeg's libraries)."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Register, UnreadableVideo, VideoFacts, hookimpl
from moodreel.interfaces import Requirement, VideoReader
from moodreel_plugins.readers.containers import (
    decode_frames,
    end_time,
    frame_time,
    open_video,
    probe_video,
    shrunk_size,
    start_time,
    upright_size,
)

# Seconds ahead from which seeking is taken to be cheaper than decoding on: a judgement, not
# measured.
SEEK_FROM = 10.0
EARLY = 1e-4  # seconds by which rounding may put a frame's time too late


class PyavReader(VideoReader):
    """Decodes with PyAV: upright, in square pixels, by each frame's own time.

    Args:
        shorter_side: the most pixels of a frame's shorter side; larger frames are shrunk.
    """

    requires = (Requirement("av", "pip install av", "BSD-3-Clause"),)

    def __init__(self, shorter_side: int = 480) -> None:
        self.shorter_side = shorter_side

    def probe(self, path: Path) -> VideoFacts:
        """Return the duration in seconds, the frame rate and the upright size."""
        return probe_video(path)

    def read(self, path: Path, times: Sequence[float]) -> Clip:
        """Return the frames shown at `times`; those past the last readable frame are left out."""
        with open_video(path) as (container, stream):
            shown = [
                (time, self.picture(frame, stream))
                for time, frame in frames_at(container, stream, times)
            ]
        if not shown:
            raise UnreadableVideo(path, f"no frame can be read from {times[0]:.1f} s on")
        return Clip(np.stack([p for _, p in shown]), np.array([time for time, _ in shown]))

    def picture(self, frame: Any, stream: Any) -> NDArray[np.uint8]:
        """Return a frame upright, in RGB, shrunk: uint8 [H, W, 3]."""
        size = shrunk_size(*upright_size(frame, stream), self.shorter_side)
        turns = round(frame.rotation / 90) % 4
        stored = size if turns % 2 == 0 else size[::-1]
        pixels = frame.reformat(*stored, format="rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, turns))


def frames_at(container: Any, stream: Any, times: Sequence[float]) -> Iterator[tuple[float, Any]]:
    """Yield each time with the frame shown then: the last one that begins at or before it."""
    base = start_time(stream)
    current: Any = None
    frames = seek_frames(container, stream, times[0] if len(times) else 0.0)
    upcoming = next(frames, None)
    for time in times:
        if upcoming is not None and time - frame_time(upcoming, base) > SEEK_FROM:
            frames = seek_frames(container, stream, time)
            upcoming = next(frames, None)
        while upcoming is not None and frame_time(upcoming, base) <= time + EARLY:
            current, upcoming = upcoming, next(frames, None)
        if current is None:
            current = upcoming
        if current is None or (upcoming is None and time > end_time(current, base, stream)):
            return
        yield time, current


def seek_frames(container: Any, stream: Any, time: float) -> Iterator[Any]:
    """Decode from the key frame before `time`; from the start where that is near."""
    if time > SEEK_FROM:
        offset = int((time + start_time(stream)) / stream.time_base)
        container.seek(offset, stream=stream, backward=True)
    return decode_frames(container, stream)


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the PyAV reader."""
    register("pyav", PyavReader)
