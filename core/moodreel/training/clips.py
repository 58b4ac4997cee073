"""Frames of whole videos to tune encoders on, at even times or at drawn ones."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np

from moodreel.components import Components
from moodreel.datasets.dataset import Video
from moodreel.decoding.segmentation import sample_times
from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.media import Clip, Segment
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
