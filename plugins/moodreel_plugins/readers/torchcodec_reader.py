"""Reading videos with torchcodec, where it is installed and proves that it reads them right."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moodreel import Clip, Register, UnreadableVideo, VideoFacts, hookimpl
from moodreel.containers.frames import EARLY
from moodreel.containers.probing import probe_video
from moodreel.interfaces import Requirement, VideoReader
from moodreel_plugins.readers.pixels import shrunk_size
from moodreel_plugins.readers.proofs import check_pictures, met_times


class TorchcodecReader(VideoReader):
    """Decodes with torchcodec, which needs FFmpeg's libraries on the machine.

    It looks through a file once when it opens it, and then finds every frame by its time. As with
    decord, a file is only read where its pictures are those that PyAV shows.

    Args:
        shorter_side: the most pixels of a frame's shorter side; larger frames are shrunk.
        threads: how many threads decode; 0 leaves it to FFmpeg.
    """

    requires = (Requirement("torchcodec", "pip install torchcodec", "BSD-3-Clause"),)
    unhashed = frozenset({"threads"})

    def __init__(self, shorter_side: int = 480, threads: int = 1) -> None:
        self.shorter_side = shorter_side
        self.threads = threads

    def read(self, path: Path, times: Sequence[float], facts: VideoFacts | None = None) -> Clip:
        """Return the frames shown at `times`; those past the last frame are left out."""
        facts = facts or probe_video(path)
        size = shrunk_size(facts.width, facts.height, self.shorter_side)
        modified = path.stat().st_mtime_ns
        video = open_decoder(path, facts, size, self.threads, modified)
        met = met_times(path, facts, times)
        return Clip(pictures_at(path, facts, video, size, met), met)


@lru_cache(maxsize=1)  # a long video is read in parts, and opening it looks at all of its packets
def open_decoder(
    path: Path, facts: VideoFacts, size: tuple[int, int], threads: int, modified: int
) -> Any:
    """Open a file, and prove what torchcodec gives."""
    if facts.sequential or facts.unordered:
        raise UnreadableVideo(path, "its clock does not run evenly, which torchcodec does not show")
    if facts.colour.transfer != "sdr":
        raise UnreadableVideo(path, "its colours are of a wide range, which torchcodec keeps")
    video = load_decoder(path, facts.stream, threads)
    check_pictures(path, facts, lambda times: pictures_at(path, facts, video, size, times))
    return video


def load_decoder(path: Path, stream: int, threads: int) -> Any:
    """Return torchcodec's decoder of a file."""
    try:
        from torchcodec.decoders import VideoDecoder
    except (ImportError, OSError, RuntimeError):
        told = "torchcodec does not find FFmpeg's libraries; install FFmpeg, or use another reader"
        raise UnreadableVideo(path, told) from None
    try:
        return VideoDecoder(
            str(path), stream_index=stream, dimension_order="NHWC", num_ffmpeg_threads=threads
        )
    except (RuntimeError, ValueError) as error:
        raise UnreadableVideo(path, f"torchcodec cannot open it ({told_by(error)})") from None


def pictures_at(
    path: Path,
    facts: VideoFacts,
    video: Any,
    size: tuple[int, int],
    times: NDArray[np.float64],
) -> NDArray[np.uint8]:
    """Return the pictures shown at times, at a size (width, height): uint8 [T, H, W, 3]."""
    begin, end = video.metadata.begin_stream_seconds, video.metadata.end_stream_seconds
    within = np.clip(times + facts.zero + EARLY, begin, end - EARLY)
    try:
        frames = video.get_frames_played_at(within.tolist()).data.numpy()
    except (RuntimeError, IndexError, ValueError) as error:
        raise UnreadableVideo(path, f"torchcodec cannot read it ({told_by(error)})") from None
    if frames.shape[2:0:-1] == size:
        return frames
    resized = [Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR) for frame in frames]
    return np.stack([np.asarray(picture) for picture in resized])


def told_by(error: Exception) -> str:
    """Return an error of torchcodec in one short line."""
    return " ".join(str(error).split())[:80]


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the torchcodec reader."""
    register("torchcodec", TorchcodecReader)
