"""From the times at which shots begin to shots."""

from collections.abc import Iterable
from itertools import pairwise

from moodreel import Segment, VideoFacts


def shots_between(cuts: Iterable[float], facts: VideoFacts) -> list[Segment]:
    """Return shots that cover a video, given the times in seconds at which new ones begin.

    >>> shots_between([2.0, 9.5], VideoFacts(8.0, 25.0, 640, 360))
    [Segment(start=0.0, end=2.0), Segment(start=2.0, end=8.0)]
    """
    inside = sorted({cut for cut in cuts if 0.0 < cut < facts.duration})
    return [Segment(start, end) for start, end in pairwise([0.0, *inside, facts.duration])]
