"""Cutting videos into segments, and the times at which their frames are sampled."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel.errors import ConfigurationError
from moodreel.media import Clip, Segment

# Seconds. A judgement, not measured: the frames of a shorter shot say little.
LEAST_SHOT = 1.0


@dataclass(frozen=True)
class Segmentation:
    """How videos are cut: windows of `length` seconds every `stride` seconds; 0: whole videos.

    The default of 5 seconds is a judgement, not measured.
    """

    length: float = 5.0
    stride: float = 5.0

    def __post_init__(self) -> None:
        for name, value in (("length", self.length), ("stride", self.stride)):
            if not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise ConfigurationError(
                    f"segments.{name} must be a number of seconds, 0 or more, got {value!r}"
                )
        if self.length and not self.stride:
            raise ConfigurationError("segments.stride must be more than 0 seconds")

    def cut(self, duration: float) -> list[Segment]:
        """Return the segments of a video of `duration` seconds, in time.

        A rest of less than half a window joins the window before it.

        >>> Segmentation(5, 5).cut(12)
        [Segment(start=0.0, end=5), Segment(start=5.0, end=12)]
        """
        if not self.length:
            return [Segment(0.0, duration)]
        cut = [Segment(0.0, min(self.length, duration))]
        while cut[-1].end < duration and (start := cut[-1].start + self.stride) < duration:
            cut.append(Segment(start, min(start + self.length, duration)))
        if len(cut) > 1 and cut[-1].end - cut[-1].start < self.length / 2:
            rest = cut.pop()
            cut[-1] = cut[-1] | rest
        return cut

    def cut_shots(self, shots: Sequence[Segment]) -> list[Segment]:
        """Return the segments of a video by its shots: long shots in windows, as a video is cut.

        Shots of less than a second join the next one, so that a flash is no segment; a last one
        joins the one before it.

        >>> Segmentation(5, 5).cut_shots([Segment(0.0, 3.0), Segment(3.0, 15.0)])
        [Segment(start=0.0, end=3.0), Segment(start=3.0, end=8.0), Segment(start=8.0, end=15.0)]
        """
        joined: list[Segment] = []
        for shot in shots:
            if joined and length_of(joined[-1]) < LEAST_SHOT:
                joined[-1] = joined[-1] | shot
            else:
                joined.append(shot)
        if len(joined) > 1 and length_of(joined[-1]) < LEAST_SHOT:
            joined[-2:] = [joined[-2] | joined[-1]]
        return [segment for shot in joined for segment in self.cut_shot(shot)]

    def cut_shot(self, shot: Segment) -> list[Segment]:
        """Return the windows of one shot, which end exactly where it does."""
        *before, last = self.cut(length_of(shot))
        moved = [
            Segment(shot.start + window.start, min(shot.start + window.end, shot.end))
            for window in before
        ]
        return [*moved, Segment(shot.start + last.start, shot.end)]

    def __str__(self) -> str:
        return f"{self.length:g} s every {self.stride:g} s" if self.length else "whole videos"


def length_of(segment: Segment) -> float:
    """Return how long a segment is, in seconds."""
    return segment.end - segment.start


def sample_times(segment: Segment, count: int) -> list[float]:
    """Return `count` moments spread evenly over a segment, in seconds."""
    step = (segment.end - segment.start) / count
    return [segment.start + (i + 0.5) * step for i in range(count)]


def split_clip(clip: Clip, wanted: Sequence[Sequence[float]]) -> list[Clip | None]:
    """Cut a clip that was read at all the `wanted` times into one clip for each list of them.

    A list of which no time could be read gives None.
    """
    parts: list[Clip | None] = []
    for times in wanted:
        met: NDArray[np.bool_] = np.isin(clip.times, np.asarray(times, np.float64))
        parts.append(Clip(clip.frames[met], clip.times[met]) if met.any() else None)
    return parts
