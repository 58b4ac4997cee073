"""What flows through the engine: frames going in, moments coming out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    import torch
    from torch import Tensor


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


@dataclass(frozen=True, eq=False)
class Features:
    """Features of B videos or texts, whose rows are taken, moved and joined together.

    Args:
        pooled: one vector a row, float32 [B, D], L2-normalised.
    """

    pooled: "Tensor"

    def __len__(self) -> int:
        """Return B."""
        return len(self.pooled)

    def __getitem__(self, rows: "slice | Sequence[int] | NDArray | Tensor") -> Self:
        """Return some rows, in the order given; one may come twice.

        Args:
            rows: a slice, or integers [n] as a list, an array or a tensor.

        Raises:
            TypeError: a single integer, which would drop the dimension B.
        """
        if isinstance(rows, int | np.integer):
            raise TypeError(f"features are taken by rows, one of them by [{rows}:{rows + 1}]")
        return self._each(lambda part: part[rows])

    def to(self, device: "torch.device | str") -> Self:
        """Return the features on a device."""
        return self._each(lambda part: part.to(device))

    @classmethod
    def cat(cls, parts: Sequence[Self]) -> Self:
        """Join batches, at least one, in order.

        Sequences are padded to the longest among the batches: tokens and masks with zeros, frames
        with their last one. What any batch lacks, the whole lacks.
        """
        held = {name: [getattr(part, name) for part in parts] for name in names_of(cls)}
        whole = {name: found for name, found in held.items() if all(p is not None for p in found)}
        return cls(**{name: cls._join(name, found) for name, found in whole.items()})

    def _each(self, change: "Callable[[Tensor], Tensor]") -> Self:
        held = {name: getattr(self, name) for name in names_of(type(self))}
        return replace(self, **{n: change(part) for n, part in held.items() if part is not None})

    @classmethod
    def _join(cls, name: str, parts: "Sequence[Tensor]") -> "Tensor":
        import torch

        longest = max(part.shape[1] for part in parts)
        if name == "pooled" or all(part.shape[1] == longest for part in parts):
            return torch.cat(list(parts))
        return torch.cat([torch.cat([p, cls._filling(p, longest - p.shape[1])], 1) for p in parts])

    @staticmethod
    def _filling(part: "Tensor", missing: int) -> "Tensor":
        """Return what is put after sequences [B, L, ...]: [B, missing, ...]."""
        return part.new_zeros(part.shape[0], missing, *part.shape[2:])


@dataclass(frozen=True, eq=False)
class VideoFeatures(Features):
    """What a video encoder makes of B clips.

    Args:
        pooled: one vector a clip, float32 [B, D], L2-normalised.
        frames: one vector a frame, float32 [B, T, D], or None; a shorter clip repeats its last.
    """

    frames: "Tensor | None" = None

    @staticmethod
    def _filling(part: "Tensor", missing: int) -> "Tensor":
        return part[:, -1:].expand(-1, missing, *part.shape[2:])


@dataclass(frozen=True, eq=False)
class TextFeatures(Features):
    """What a text encoder makes of B texts.

    Args:
        pooled: one vector a text, float32 [B, D], L2-normalised.
        tokens: one vector a token, float32 [B, L, W], or None.
        mask: which tokens are the text's own and not padding, bool [B, L]; None without tokens.
    """

    tokens: "Tensor | None" = None
    mask: "Tensor | None" = None


def names_of(kind: type[Features]) -> list[str]:
    """Return the names of the tensors that features of a kind may hold."""
    return [part.name for part in fields(kind)]


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
    """Where a run stands.

    Args:
        label: what is being worked on, such as a file or a strategy.
        done: how much is done, of `total`.
    """

    label: str
    done: float
    total: int


@dataclass(frozen=True)
class Hit:
    """One moment found. `content_score` and `emotion_score` sum to `score`.

    `emotions` and `caption` are those of the moment's best part; "" where it has no caption.
    `weak` says that it is no confident match: an unrelated query could have scored as high.
    `evidence` says what the emotions were read from, such as the number of faces; 0 where it is
    not counted.
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

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, as `search --json` prints them."""
        return asdict(self)


@dataclass(frozen=True)
class MomentRef:
    """A video, by its path as given when it was indexed, and a second in it; None: all of it."""

    video: str
    time: float | None = None

    def __post_init__(self) -> None:
        if self.time is not None and not 0 <= self.time < math.inf:
            raise InvalidInput(f"{self.video}: a moment is a number of seconds, got {self.time}")

    @property
    def title(self) -> str:
        """The file's name and the time.

        >>> MomentRef("videos/cat.mp4", 65.2).title
        'cat.mp4 at 1:05'
        """
        name = Path(self.video).name
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
