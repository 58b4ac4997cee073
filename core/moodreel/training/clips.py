"""Frames of whole videos to tune encoders on, at even times or at drawn ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from shutil import rmtree
from typing import Protocol
from zipfile import BadZipFile

import numpy as np

from moodreel.components import Components
from moodreel.datasets.dataset import Video
from moodreel.decoding.segmentation import sample_times
from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.media import Clip, Segment
from moodreel.storage.atomic import atomic_path
from moodreel.training.ragged import Indices

Seed = Sequence[int] | None


class ReadClips(Protocol):
    """Reads the frames of videos."""

    def __call__(self, places: Indices, seed: Seed = None) -> Sequence[Clip | UnreadableVideo]:
        """Return the frames of videos by their places, or why there are none.

        Args:
            places: the places of the videos.
            seed: decides the times of the frames; None: even times.
        """
        ...


def refuse_clips(places: Indices, seed: Seed = None) -> Sequence[Clip | UnreadableVideo]:
    """Say that there is nothing to decode."""
    raise InvalidInput("the videos' features were made elsewhere: there are no frames to tune on")


@dataclass(frozen=True)
class ClipReader:
    """Decodes whole videos as the encoder sees them, several at a time; may be called by threads.

    Args:
        components: the encoder, and the decoder with its worker processes.
        videos: the videos.
    """

    components: Components
    videos: Sequence[Video]

    @cached_property
    def threads(self) -> ThreadPoolExecutor:
        """As many threads as worker processes, which they wait for."""
        return ThreadPoolExecutor(self.components.decoder.workers)

    def __call__(self, places: Indices, seed: Seed = None) -> list[Clip | UnreadableVideo]:
        """Return the frames that the encoder sees of videos, or why there are none."""
        return list(self.threads.map(partial(self.read, seed=seed), places.tolist()))

    def read(self, place: int, seed: Seed) -> Clip | UnreadableVideo:
        """Return the frames of one video, or why there are none."""
        decoder, count = self.components.decoder, self.components.video_encoder.frames_per_clip
        path = self.videos[place].path
        assert path is not None  # where features were made elsewhere, refuse_clips stands here
        try:
            facts = decoder.probe(path)
            if seed is None:
                times = sample_times(Segment(0.0, facts.duration), count)
            else:
                times = drawn_times(facts.duration, count, [*seed, place])
            return decoder.read(path, times, facts)
        except UnreadableVideo as error:
            return error


def drawn_times(duration: float, count: int, seed: Sequence[int]) -> list[float]:
    """Return times spread evenly from a drawn first one to a drawn last one, in seconds.

    Both are drawn from the first and the last of count - 1 equal parts of the video, as CLIP-ViP's
    training does (`sample_jitter`).
    """
    part = duration / max(count - 1, 1)
    draws = np.random.default_rng(seed).random(2)
    return [float(time) for time in np.linspace(draws[0] * part, duration - draws[1] * part, count)]


class KeptClips:
    """Reads videos once and keeps their frames in files, for looks that come again and again.

    Args:
        read: reads the videos.
        folder: the folder of the files.
        limit: how many bytes are kept at most; further videos are read anew each time.
    """

    def __init__(self, read: ReadClips, folder: Path, limit: float) -> None:
        self.read = read
        self.folder = folder
        self.room = limit

    def __call__(self, places: Indices, seed: Seed = None) -> list[Clip | UnreadableVideo]:
        """Return the frames of videos by their places, or why there are none."""
        found = {place: self.kept(place) for place in places.tolist()}
        missing = [place for place, clip in found.items() if clip is None]
        made = self.read(np.array(missing, np.int64)) if missing else ()
        for place, clip in zip(missing, made, strict=True):
            if isinstance(clip, Clip):
                self.keep(place, clip)
        told = dict(zip(missing, made, strict=True))
        return [found[place] or told[place] for place in places.tolist()]

    def kept(self, place: int) -> Clip | None:
        """Return the frames of a video that are kept."""
        try:
            with np.load(self.folder / f"{place}.npz") as held:
                return Clip(held["frames"], held["times"])
        except (OSError, ValueError, KeyError, BadZipFile):  # not there, or another process's
            return None

    def keep(self, place: int, clip: Clip) -> None:
        """Keep the frames of a video, where there is room."""
        if clip.frames.nbytes > self.room:
            return
        self.room -= clip.frames.nbytes
        self.folder.mkdir(parents=True, exist_ok=True)
        with (
            atomic_path(self.folder / f"{place}.npz") as partial_file,
            partial_file.open("wb") as out,
        ):
            np.savez(out, frames=clip.frames, times=clip.times)

    def drop(self) -> None:
        """Remove what is kept."""
        rmtree(self.folder, ignore_errors=True)
