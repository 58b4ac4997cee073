"""Opening the container of a video, and choosing its video stream, through FFmpeg's libraries."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moodreel.errors import UnreadableVideo

STILL_FORMATS = ("image2", "_pipe")
# FFmpeg's AV_DISPOSITION_: a cover, a row of thumbnails, a still, a layer of another stream.
ATTACHED, THUMBNAILS, STILL, DEPENDENT = 0x400, 0x800, 0x100000, 0x80000
NO_MOVIE = ATTACHED | THUMBNAILS | STILL | DEPENDENT
INDEXED = ("mov,", "avi", "matroska")  # formats whose index names every key frame
DISCONTINUOUS = 0x200  # FFmpeg's AVFMT_TS_DISCONT: formats whose clock may start anew
TIMELESS = 0x80  # FFmpeg's AVFMT_NOTIMESTAMPS: streams without a container


@contextmanager
def open_container(path: Path) -> Iterator[Any]:
    """Open a file: PyAV's input container.

    Raises:
        UnreadableVideo: it is missing, empty, no video or a still picture.
    """
    import av

    # Silent. At any other level FFmpeg's threads call Python to log, and wait for the thread
    # that waits for them.
    av.logging.set_level(None)
    check_file(path)
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            if any(part in container.format.name for part in STILL_FORMATS):
                raise UnreadableVideo(path, "is a still picture, not a video")
            yield container
    except av.error.FFmpegError as error:
        raise UnreadableVideo(path, f"is not a video that can be read ({told(error)})") from None


def told(error: Any) -> str:
    """Return what FFmpeg says of an error."""
    return error.strerror or type(error).__name__


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


def names_keys(container: Any) -> bool:
    """Whether a container's index names every key frame."""
    return bool(container.format.name.startswith(INDEXED))


def movie_streams(path: Path, container: Any) -> list[Any]:
    """Return the streams of moving pictures that can be decoded here.

    Raises:
        UnreadableVideo: there is none.
    """
    streams = container.streams.video
    moving = [stream for stream in streams if not stream.disposition.value & NO_MOVIE]
    if not moving:
        covers = "; only covers or stills" if streams else ""
        raise UnreadableVideo(path, f"holds no video stream{covers}")
    known = [stream for stream in moving if stream.codec_context is not None]
    if not known:
        raise UnreadableVideo(path, "is coded in a way that FFmpeg here cannot decode")
    films = [stream for stream in known if stream.frames != 1]
    return films or known


def pick_stream(streams: Sequence[Any], ends: dict[int, float]) -> Any:
    """Return the stream that players show: the default one, then the longest, then the largest.

    Args:
        streams: those to choose from.
        ends: when the picture of each ends, in seconds, by the stream's index.
    """

    def rank(stream: Any) -> tuple[bool, int, int]:
        default = bool(stream.disposition.value & 1)
        # Whole seconds: streams that end a few frames apart are of one length.
        return default, round(ends.get(stream.index, 0.0)), stream.width * stream.height

    return max(streams, key=rank)
