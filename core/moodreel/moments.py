"""Naming a moment: VIDEO, or VIDEO@SECONDS."""

import math
from dataclasses import dataclass
from pathlib import Path

from moodreel.errors import InvalidInput


@dataclass(frozen=True)
class MomentName:
    """A video, by its path as given when it was indexed, and a second in it; None: all of it."""

    video: str
    time: float | None = None

    def __post_init__(self) -> None:
        if self.time is not None and not 0 <= self.time < math.inf:
            raise InvalidInput(f"{self.video}: a moment is a number of seconds, got {self.time}")

    @property
    def title(self) -> str:
        """The file's name and the time.

        >>> MomentName("videos/cat.mp4", 65.2).title
        'cat.mp4 at 1:05'
        """
        name = Path(self.video).name
        if self.time is None:
            return name
        return f"{name} at {int(self.time) // 60}:{int(self.time) % 60:02}"


def parse_moment(notation: str) -> MomentName:
    """Read VIDEO or VIDEO@SECONDS; an @ that no number follows belongs to the path.

    >>> parse_moment("a@home.mp4@12.5")
    MomentName(video='a@home.mp4', time=12.5)
    >>> parse_moment("a@home.mp4").time is None
    True
    """
    video, _, seconds = notation.rpartition("@")
    try:
        return MomentName(video, float(seconds)) if video else MomentName(notation)
    except ValueError:
        return MomentName(notation)
