"""Reading videos with PyAV (FFmpeg's libraries)."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, hookimpl
from moodreel.errors import UnreadableVideo
from moodreel.hookspecs import Register
from moodreel.interfaces import Requirement, VideoReader
from moodreel.media import VideoFacts

SEEK_FROM = 10.0  # seconds ahead from which seeking is cheaper than decoding on
STILL_FORMATS = ("image2", "_pipe")


class PyavReader(VideoReader):
    """Decodes with PyAV: upright, in square pixels, by each frame's own time.

    Args:
        shorter_side: frames are shrunk so that their shorter side has at most this many pixels.
    """

    requires = (Requirement("av", "pip install av", "BSD-3-Clause"),)

    def __init__(self, shorter_side: int = 480) -> None:
        self.shorter_side = shorter_side

    def probe(self, path: Path) -> VideoFacts:
        """Return the duration in seconds, the frame rate and the upright size."""
        with open_video(path) as (container, stream):
            first = next(decode_frames(container, stream), None)
            if first is None:
                raise UnreadableVideo(path, "none of its frames can be read")
            width, height = upright_size(first, stream)
            rate = float(stream.average_rate or stream.guessed_rate or 1)
            duration = known_duration(container, stream) or counted_duration(container, stream)
        return VideoFacts(duration or 1 / rate, rate, width, height)

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
        width, height = upright_size(frame, stream)
        scale = min(1.0, self.shorter_side / min(width, height))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        turns = round(frame.rotation / 90) % 4
        stored = size if turns % 2 == 0 else size[::-1]
        pixels = frame.reformat(*stored, format="rgb24").to_ndarray()
        return np.ascontiguousarray(np.rot90(pixels, turns))


@contextmanager
def open_video(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file and find its video stream.

    Raises:
        UnreadableVideo: empty, no video, or a still picture.
    """
    import av

    av.logging.set_level(av.logging.PANIC)
    check_file(path)
    try:
        with av.open(str(path)) as container:
            yield container, video_stream(path, container)
    except av.error.FFmpegError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableVideo(path, f"is not a video that can be read ({reason})") from None


def check_file(path: Path) -> None:
    """Refuse what is no file, or an empty one."""
    try:
        if not path.is_file():
            raise UnreadableVideo(path, "is not a file" if path.exists() else "is not there")
        if path.stat().st_size == 0:
            raise UnreadableVideo(path, "is empty")
        with path.open("rb"):
            pass
    except OSError as error:
        raise UnreadableVideo(path, f"cannot be opened: {error.strerror}") from None


def video_stream(path: Path, container: Any) -> Any:
    """Return the first stream of moving pictures; a cover picture of a song is none."""
    if any(part in container.format.name for part in STILL_FORMATS):
        raise UnreadableVideo(path, "is a still picture, not a video")
    for stream in container.streams.video:
        if not int(stream.disposition) & ATTACHED_PICTURE:
            stream.thread_type = "AUTO"
            return stream
    raise UnreadableVideo(path, "holds no video stream")


ATTACHED_PICTURE = 0x400


def decode_frames(container: Any, stream: Any) -> Iterator[Any]:
    """Yield the frames that can be decoded, passing over damaged packets."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets)
        except (StopIteration, av.error.FFmpegError):
            return
        try:
            yield from (frame for frame in packet.decode() if frame.pts is not None)
        except av.error.FFmpegError:
            continue


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


EARLY = 1e-4  # seconds by which rounding may put a frame's time too late


def seek_frames(container: Any, stream: Any, time: float) -> Iterator[Any]:
    """Decode from the key frame before `time`; from the start where that is near."""
    if time > SEEK_FROM:
        offset = int((time + start_time(stream)) / stream.time_base)
        container.seek(offset, stream=stream, backward=True)
    return decode_frames(container, stream)


def start_time(stream: Any) -> float:
    """Return when the stream begins on its own clock, in seconds."""
    return float((stream.start_time or 0) * stream.time_base)


def frame_time(frame: Any, base: float) -> float:
    """Return when a frame begins, in seconds from the video's start."""
    return float(frame.pts * frame.time_base) - base


def end_time(frame: Any, base: float, stream: Any) -> float:
    """Return until when the last frame is shown, in seconds from the video's start."""
    usual = 1 / float(stream.average_rate or 1)
    stated = float((frame.duration or 0) * frame.time_base)
    return frame_time(frame, base) + max(stated, usual, LAST_SHOWN)


LAST_SHOWN = 0.5  # seconds of grace for a last frame whose duration is not stated


def known_duration(container: Any, stream: Any) -> float | None:
    """Return the duration that the file states, in seconds."""
    if stream.duration and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return max(container.duration / 1e6 - start_time(stream), 0.0)
    return None


def counted_duration(container: Any, stream: Any) -> float:
    """Return when the last frame ends, found by decoding everything that is left."""
    last = deque(decode_frames(container, stream), maxlen=1)
    return end_time(last[0], start_time(stream), stream) if last else 0.0


def upright_size(frame: Any, stream: Any) -> tuple[int, int]:
    """Return width and height as shown: in square pixels, after rotation."""
    ratio = float(stream.sample_aspect_ratio or 1) or 1.0
    width, height = max(1, round(frame.width * ratio)), frame.height
    return (height, width) if round(frame.rotation / 90) % 2 else (width, height)


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the PyAV reader."""
    register("pyav", PyavReader)
