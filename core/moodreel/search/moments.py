"""Joining neighbouring segments of one video into moments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moodreel.media import Segment


@dataclass(frozen=True)
class Moment:
    """A segment with its score: `id` of its best part, `video` it lies in, and where that lies.

    Moments are of one video where their locations are the same.
    """

    id: int
    video: str
    segment: Segment
    score: float
    location: str = ""

    @property
    def place(self) -> str:
        """What identifies the video."""
        return self.location or self.video


def merge_moments(ranked: Sequence[Moment], top: int) -> list[Moment]:
    """Join neighbouring segments of one video, and return the `top` best moments.

    Neighbours are joined when both are among the `top` best segments: they are then one long
    moment, and it has its best part's score. A weaker neighbour of a moment is left out, so that
    other moments get its place.

    Args:
        ranked: segments, best first.
        top: how many moments are wanted.
    """
    moments: list[Moment] = []
    for place, found in enumerate(ranked):
        near = [m for m in moments if m.place == found.place and m.segment.adjoins(found.segment)]
        if not near and len(moments) < top:
            moments.append(found)
        elif near and place < top:
            moments = absorb(moments, near, found)
    return moments


def absorb(moments: list[Moment], near: list[Moment], found: Moment) -> list[Moment]:
    """Join `found` to the moments it touches; what it connects becomes one."""
    joined = near[0]
    for other in (*near[1:], found):
        joined = replace(joined, segment=joined.segment | other.segment)
    rest = near[1:]
    return [joined if m is near[0] else m for m in moments if not any(m is r for r in rest)]
