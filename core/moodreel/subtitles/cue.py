"""A cue: one subtitle or caption."""

import math
from dataclasses import dataclass

from moodreel.media import Segment

ENDLESS = Segment(0.0, math.inf)


@dataclass(frozen=True)
class Cue:
    """A subtitle or caption: its text, and the stretch of video that it belongs to.

    Args:
        text: what is said or shown.
        span: from when to when, in seconds from the start of the file, as players count, also
            where the pictures begin later than the sound; without times, all of the video.
    """

    text: str
    span: Segment = ENDLESS
