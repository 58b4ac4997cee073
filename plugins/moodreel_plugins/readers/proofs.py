"""Proving that a reader shows what FFmpeg shows when a file is decoded with its times checked."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from moodreel import UnreadableVideo, VideoFacts
from moodreel.containers.frames import EARLY
from moodreel.containers.opening import open_container
from moodreel.containers.packets import seek_to
from moodreel_plugins.readers.pyav_reader import PyavReader

# Judgements, not measured: at how many places all over a file, and around how many of its key
# frames, pictures are compared; how many of them once more, each after a seek; the side to which
# they are shrunk; and by how much of 255 any part of two decoders' pictures may differ.
PLACES, KEYS, SINGLE, SIDE, ALIKE = 12, 8, 8, 24, 40.0
AROUND = (-2.0, -1.0, 0.5, 1.5)  # frames from a key frame, where readers err
Read = Callable[[NDArray[np.float64]], NDArray[np.uint8]]
"""Returns the pictures [T, H, W, 3] shown at times [T], ascending."""


def check_pictures(path: Path, facts: VideoFacts, read: Read) -> None:
    """Compare a reader's pictures with those that PyAV gives.

    Once in order, and then some of them in any order, since readers err after seeks and around
    key frames.

    Raises:
        UnreadableVideo: they are others.
    """
    right = PyavReader().read(path, compared_times(path, facts), facts=facts)
    single = np.random.default_rng(0).permutation(len(right))[:SINGLE]
    given = list(read(right.times)) + [read(right.times[place : place + 1])[0] for place in single]
    for place, picture in zip([*range(len(right)), *single], given, strict=True):
        if np.abs(thumbnail(picture) - thumbnail(right.frames[place])).max() > ALIKE:
            raise UnreadableVideo(path, f"shows another frame at {right.times[place]:.1f} s")


def met_times(path: Path, facts: VideoFacts, times: Sequence[float]) -> NDArray[np.float64]:
    """Return those of some times at which a video shows anything.

    Raises:
        UnreadableVideo: there is none.
    """
    met = np.array([time for time in times if time <= facts.duration + EARLY])
    if not len(met):
        first = min(times, default=0.0)
        raise UnreadableVideo(path, f"no frame can be read from {first:.1f} s on")
    return met


def compared_times(path: Path, facts: VideoFacts) -> list[float]:
    """Return the times at which pictures are compared, ascending."""
    spread = (np.arange(PLACES) + 0.5) / PLACES * facts.duration
    around = [key + step / facts.fps for key in key_times(path, facts) for step in AROUND]
    return sorted({float(time) for time in (*spread, *around) if 0 <= time < facts.last})


def key_times(path: Path, facts: VideoFacts) -> list[float]:
    """Return when some of the key frames begin, in seconds from the zero point.

    None is known where the container has no index.
    """
    import av

    with open_container(path) as container:
        stream = container.streams[facts.stream]
        with suppress(av.error.FFmpegError):  # Matroska's index is read by the first seek
            seek_to(container, stream, facts.zero + facts.duration)
        base = float(stream.time_base)
        keys = [entry.timestamp * base for entry in stream.index_entries if entry.is_keyframe]
    chosen = np.linspace(0, max(len(keys) - 1, 0), min(KEYS, len(keys))).astype(int)
    return [keys[place] - facts.zero for place in chosen]


def thumbnail(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture small enough that the differences of codecs vanish: [24, 24, 3]."""
    small = Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, np.float32)
