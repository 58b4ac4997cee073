"""Plain values that modules exchange: clips, features, segments, hits, references to moments."""

import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.errors import InvalidInput
from moodreel.paths import shown_path


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames of one segment of a video.

    Args:
        frames: uint8 [T, H, W, 3], RGB, upright, the shorter side at most 480.
        times: float64 [T], seconds from the start of the video.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.frames.ndim != 4 or self.frames.shape[-1] != 3 or self.frames.dtype != np.uint8:
            raise ValueError(
                f"frames must be uint8 [T, H, W, 3], got {self.frames.dtype} {self.frames.shape}"
            )
        if len(self.frames) != len(self.times) or not len(self.frames):
            raise ValueError(f"{len(self.frames)} frames, {len(self.times)} times: need T of each")

    def __len__(self) -> int:
        return len(self.frames)

    def frame(self, place: int) -> "Clip":
        """Return one frame as a clip of its own."""
        return Clip(self.frames[place : place + 1], self.times[place : place + 1])


@dataclass(frozen=True)
class VideoFacts:
    """What a reader finds out about a file: duration in seconds, frame rate, shown size."""

    duration: float
    fps: float
    width: int
    height: int


@dataclass(frozen=True)
class Segment:
    """A stretch of a video, in seconds."""

    start: float
    end: float

    def adjoins(self, other: "Segment", slack: float = 1e-3) -> bool:
        """Whether the two overlap or touch (within `slack` seconds)."""
        return self.start <= other.end + slack and other.start <= self.end + slack

    def __or__(self, other: "Segment") -> "Segment":
        """The stretch from the earlier start to the later end."""
        return Segment(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True)
class Progress:
    """The progress of a run, as `on_progress` callbacks receive it.

    Args:
        label: what is being worked on, such as a file or a strategy.
        done: how many of the items are done; a fraction while one is being worked on.
        total: how many items there are.
    """

    label: str
    done: float
    total: int


@dataclass(frozen=True)
class Hit:
    """One moment found. `content_score` and `emotion_score` sum to `score`.

    `emotions` and `caption` are those of the moment's best part; "" where it has no caption.
    `video` is the path as given when indexed, which several videos may share; `location`, the
    absolute path, is one video's alone. `weak` says that it is no confident match: an unrelated
    query could have scored as high. `evidence` says what the emotions were read from, such as the
    number of faces; 0 where it is not counted.
    """

    rank: int
    video: str
    start: float
    end: float
    score: float
    content_score: float
    emotion_score: float
    emotions: dict[str, float] = field(default_factory=dict)
    caption: str = ""
    weak: bool = False
    evidence: int = 0
    location: str = ""

    @property
    def place(self) -> str:
        """What identifies the video: where it lies, or its path where that is not known."""
        return self.location or self.video

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, as `search --json` prints them."""
        return asdict(self)


@dataclass(frozen=True)
class MomentRef:
    """A video and a second in it; None: all of it.

    The video is named by where it lies, or by its path as given when it was indexed.
    """

    video: str
    time: float | None = None

    def __post_init__(self) -> None:
        if self.time is not None and not 0 <= self.time < math.inf:
            raise InvalidInput(
                f"{shown_path(self.video)}: a moment is a number of seconds, got {self.time}"
            )

    @property
    def title(self) -> str:
        """The file's name and the time.

        >>> MomentRef("videos/cat.mp4", 65.2).title
        'cat.mp4 at 1:05'
        """
        name = shown_path(Path(self.video).name)
        if self.time is None:
            return name
        return f"{name} at {int(self.time) // 60}:{int(self.time) % 60:02}"


def as_moment(moment: "str | MomentRef") -> MomentRef:
    """Return a moment, read from VIDEO or VIDEO@SECONDS where it is written so."""
    return parse_moment(moment) if isinstance(moment, str) else moment


def parse_moment(notation: str) -> MomentRef:
    """Read VIDEO or VIDEO@SECONDS; an @ that no number follows belongs to the path.

    >>> parse_moment("a@home.mp4@12.5")
    MomentRef(video='a@home.mp4', time=12.5)
    >>> parse_moment("a@home.mp4").time is None
    True
    """
    video, _, seconds = notation.rpartition("@")
    try:
        return MomentRef(video, float(seconds)) if video else MomentRef(notation)
    except ValueError:
        return MomentRef(notation)
