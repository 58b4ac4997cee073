"""Containers of video files, through FFmpeg's libraries: the video stream, its facts and frames."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moodreel import UnreadableVideo, VideoFacts

STILL_FORMATS = ("image2", "_pipe")
ATTACHED_PICTURE = 0x400  # FFmpeg's AV_DISPOSITION_ATTACHED_PIC
# Seconds of grace for a last frame whose duration is not stated: a judgement, not measured.
LAST_SHOWN = 0.5


@contextmanager
def open_video(path: Path) -> Iterator[tuple[Any, Any]]:
    """Open a file and find its video stream: (container, stream).

    Raises:
        UnreadableVideo: empty, no video, or a still picture.
    """
    import av

    # Silent. At any other level FFmpeg's threads call Python to log, and wait for the thread
    # that waits for them.
    av.logging.set_level(None)
    check_file(path)
    try:
        with av.open(str(path), metadata_errors="replace") as container:
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
        if not stream.disposition.value & ATTACHED_PICTURE:
            stream.thread_type = "AUTO"
            return stream
    raise UnreadableVideo(path, "holds no video stream")


def probe_video(path: Path) -> VideoFacts:
    """Return the facts of a file: what it states, counted where it states no duration."""
    with open_video(path) as (container, stream):
        first = next(decode_frames(container, stream), None)
        if first is None:
            raise UnreadableVideo(path, "none of its frames can be read")
        width, height = upright_size(first, stream)
        rate = float(stream.average_rate or stream.guessed_rate or 1)
        duration = known_duration(container, stream) or counted_duration(container, stream)
    return VideoFacts(duration or 1 / rate, rate, width, height)


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
    width, height = max(1, round(frame.width * pixel_ratio(stream))), frame.height
    return (height, width) if round(frame.rotation / 90) % 2 else (width, height)


def pixel_ratio(stream: Any) -> float:
    """Return the width of a stored pixel over its height."""
    return float(stream.sample_aspect_ratio or 1) or 1.0


def shrunk_size(width: int, height: int, shorter_side: int) -> tuple[int, int]:
    """Return a size whose shorter side is at most `shorter_side`, of the same shape."""
    scale = min(1.0, shorter_side / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
