"""Plain values that modules exchange: clips, sounds, texts with times, segments, hits, moments."""

import math
from collections.abc import Mapping
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
        reader: the fingerprint of the reader that gave the frames, where a decoder knows it.
    """

    frames: NDArray[np.uint8]
    times: NDArray[np.float64]
    reader: str = ""

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


@dataclass(frozen=True, eq=False)
class Sound:
    """The sound of one stretch of a video.

    Args:
        samples: float32 [N], mono, -1 to 1; N is 0 where the video has no sound.
        rate: samples a second.
        start: when the first sample is heard, in seconds from the start of the video.
    """

    samples: NDArray[np.float32]
    rate: int
    start: float = 0.0

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(
                f"samples must be float32 [N], got {self.samples.dtype} {self.samples.shape}"
            )
        if self.rate <= 0:
            raise ValueError(f"rate must be more than 0 samples a second, got {self.rate}")

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def duration(self) -> float:
        """How long it is, in seconds."""
        return len(self.samples) / self.rate

    @property
    def end(self) -> float:
        """When it ends, in seconds from the start of the video."""
        return self.start + self.duration

    def part(self, start: float, end: float) -> "Sound":
        """Return what is heard from `start` to `end`, in seconds from the start of the video.

        >>> Sound(np.zeros(32_000, np.float32), 16_000, start=5.0).part(6.0, 9.0).duration
        1.0
        """
        first, last = (round((time - self.start) * self.rate) for time in (start, end))
        first = min(max(first, 0), len(self.samples))
        samples = self.samples[first : max(last, first)]
        return Sound(samples, self.rate, self.start + first / self.rate)


@dataclass(frozen=True)
class TimedText:
    """Words with the time at which they are said or shown.

    Args:
        text: the words.
        start: when they begin, in seconds from the start of the video.
        end: when they end.
        confidence: how sure whoever read them is, 0 to 1.
    """

    text: str
    start: float
    end: float
    confidence: float = 1.0


@dataclass(frozen=True)
class Colour:
    """How a video's numbers are to be read as colours.

    Args:
        matrix: of the change from Y'CbCr to R'G'B': "bt601", "bt709", "bt2020" or "rgb".
        full_range: whether black is 0 and white is the largest number, not 16 and 235.
        transfer: "sdr", or "pq" or "hlg" for high dynamic range, which is tone-mapped.
    """

    matrix: str = "bt601"
    full_range: bool = False
    transfer: str = "sdr"


@dataclass(frozen=True)
class ClockJump:
    """A place where a file's clock starts anew, as where two recordings were joined.

    Args:
        position: the byte from which the new clock counts.
        offset: what is added to the new clock's times, in seconds.
    """

    position: int
    offset: float


@dataclass(frozen=True)
class VideoFacts:
    """What the container of a video says, decided once and handed to every reader.

    Times are in seconds from the zero point, which is where players begin: the start of the
    container, not of the picture.

    Args:
        duration: until when the picture is shown.
        fps: frames a second, on average.
        width: of the picture as shown: upright, in square pixels.
        height: of the picture as shown.
        stream: the index of the video stream in the container.
        zero: the zero point on the container's own clock.
        turn: how a stored picture is turned and mirrored to be shown: the display matrix
            (a, b, c, d) of -1, 0 and 1, in which (x, y) is shown at (ax + cy, bx + dy).
        pixel_aspect: the width of a stored pixel over its height, 1/8 to 8.
        colour: how the numbers of a picture are colours.
        last: when the last frame begins. It is shown until the end.
        variable_rate: whether frames are shown for different times.
        counted: whether the frames carry no times, and are told apart by counting from the first.
        unordered: whether the times of showing that the packets carry are not in the order of the
            frames, so that those of decoding are believed.
        truncated: whether a part of the file is missing.
        gaps: stretches in which no frame begins, where all packets of the file were looked at.
        jumps: where the clock starts anew.
        keys: of MPEG-TS and MPEG-PS, where all packets were looked at: when each key frame begins,
            and the time, also from the zero point, by which it is sought.
        sources: by the name of a fact, what it was taken from, such as "header" or "packets".
    """

    duration: float
    fps: float
    width: int
    height: int
    stream: int = 0
    zero: float = 0.0
    turn: tuple[int, int, int, int] = (1, 0, 0, 1)
    pixel_aspect: float = 1.0
    colour: Colour = Colour()
    last: float = 0.0
    variable_rate: bool = False
    counted: bool = False
    unordered: bool = False
    truncated: bool = False
    gaps: tuple["Segment", ...] = ()
    jumps: tuple[ClockJump, ...] = ()
    keys: tuple[tuple[float, float], ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def sequential(self) -> bool:
        """Whether frames can only be told by reading from the start."""
        return self.counted or bool(self.jumps)


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
class TextMatch:
    """Words that speak for a hit.

    Args:
        track: where they were found: "captions", "subtitles", "speech", "screen" or "names".
        text: the words; the path for "names".
        start: when they are said or shown, in seconds from the start of the video.
        end: when they end.
    """

    track: str
    text: str
    start: float
    end: float

    @property
    def place(self) -> str:
        """What the words are, and when.

        >>> TextMatch("speech", "Ask not.", 12.3, 14.0).place
        'said at 0:12'
        """
        seconds = int(self.start)
        time = f"{seconds // 60}:{seconds % 60:02}"
        named = {"speech": f"said at {time}", "screen": f"on screen at {time}", "names": "name"}
        return named.get(self.track, f"{self.track.removesuffix('s')} at {time}")


@dataclass(frozen=True)
class Hit:
    """One moment found. `content_score` and `emotion_score` sum to `score`.

    `emotions` and `caption` are those of the moment's best part; "" where it has no caption.
    `video` is the path as given when indexed, which several videos may share; `location`, the
    absolute path, is one video's alone. `weak` says that it is no confident match: an unrelated
    query could have scored as high. `evidence` says what the emotions were read from, such as the
    number of faces; 0 where it is not counted. `text_score` is the part of `content_score` that
    `matches` add, the words found in captions, speech, on screen or in names; 0 without any.
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
    text_score: float = 0.0
    matches: tuple[TextMatch, ...] = ()

    @property
    def place(self) -> str:
        """What identifies the video: where it lies, or its path where that is not known."""
        return self.location or self.video

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, as `search --json` prints them."""
        return {**asdict(self), "matches": [asdict(match) for match in self.matches]}


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
