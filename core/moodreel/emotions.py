"""The eight emotions, in the one order that everything shares, and scores over them."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moodreel.errors import InvalidInput, closest


class Emotion(StrEnum):
    """Plutchik's eight basic emotions (1980). The only place that orders them."""

    JOY = "joy"
    TRUST = "trust"
    SURPRISE = "surprise"
    ANTICIPATION = "anticipation"
    FEAR = "fear"
    SADNESS = "sadness"
    DISGUST = "disgust"
    ANGER = "anger"

    @property
    def column(self) -> int:
        """The emotion's column in an `EmotionScores` array."""
        return COLUMNS[self]

    @classmethod
    def named(cls, name: str) -> "Emotion":
        """Return the emotion called `name`; an unknown one raises with the closest names."""
        try:
            return cls(name.strip().lower())
        except ValueError:
            raise InvalidInput(f"unknown emotion {name!r}.{closest(name, cls)}") from None


COLUMNS = {emotion: column for column, emotion in enumerate(Emotion)}


@dataclass(frozen=True, eq=False)
class FrameEmotions:
    """Intensities of the eight emotions for each frame of B clips, and which were observed.

    Args:
        values: float32 [B, T, 8], 0 where not observed.
        observed: bool [B, T, 8]; a shorter clip has frames in which nothing was.
    """

    values: NDArray[np.float32]
    observed: NDArray[np.bool_]

    @classmethod
    def of(cls, clips: Sequence["EmotionScores | None"]) -> Self:
        """Join the scores [T, 8] of each clip's frames; None where they are not known."""
        longest = max((len(frames) for frames in clips if frames is not None), default=0)
        values = np.zeros((len(clips), longest, len(Emotion)), np.float32)
        observed = np.zeros(values.shape, bool)
        for row, frames in enumerate(clips):
            if frames is not None:
                values[row, : len(frames)] = frames.values
                observed[row, : len(frames)] = frames.observed
        return cls(values, observed)

    def clips(self) -> list["EmotionScores"]:
        """Return the scores [T, 8] of each clip's frames."""
        return [EmotionScores(*pair) for pair in zip(self.values, self.observed, strict=True)]

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | NDArray) -> "FrameEmotions":
        return FrameEmotions(self.values[rows], self.observed[rows])


@dataclass(frozen=True, eq=False)
class EmotionScores:
    """Intensities of the eight emotions for a batch, and which of them were observed.

    Args:
        values: float32 [B, 8], columns in the order of `Emotion`. Observations start at 0;
            a query's may be negative, to push an emotion away.
        observed: bool [B, 8]. Where it is False nothing is known, and the value is set to 0:
            unknown is not zero.
        evidence: int32 [B], how many things each row was read from, such as faces; 0 where
            the extractor does not count.
        emphasis: float32 [B], how much the mood of each row, where it is a wish, counts against
            the content of its text; 1 is as much as a mood that a person states beside a text.
        frames: the emotions of single frames, where the extractor tells them; None where it does
            not, and where nobody asked.

    >>> scores = EmotionScores.of([{"joy": 0.8}], observes=["joy", "anger"])
    >>> scores.named(0)
    {'joy': 0.800000011920929, 'anger': 0.0}
    """

    values: NDArray[np.float32]
    observed: NDArray[np.bool_]
    evidence: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    emphasis: NDArray[np.float32] = field(default_factory=lambda: np.ones(1, np.float32))
    frames: FrameEmotions | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.values, dtype=np.float32)
        observed = np.asarray(self.observed, dtype=bool)
        if values.ndim != 2 or values.shape != observed.shape or values.shape[1] != len(Emotion):
            raise ValueError(
                f"values and observed must both be [B, {len(Emotion)}], "
                f"got {values.shape} and {observed.shape}"
            )
        values = np.where(observed, values, np.float32(0))
        if not np.isfinite(values).all():
            raise ValueError("emotion intensities must be finite")
        evidence = np.asarray(self.evidence, np.int32)
        if len(evidence) not in (0, len(values)):
            raise ValueError(f"{len(evidence)} counts of evidence for {len(values)} rows")
        emphasis = np.asarray(self.emphasis, np.float32)
        if len(emphasis) not in (1, len(values)):
            raise ValueError(f"{len(emphasis)} emphases for {len(values)} rows")
        if self.frames is not None and len(self.frames) != len(values):
            raise ValueError(f"frames of {len(self.frames)} clips for {len(values)} rows")
        object.__setattr__(self, "evidence", np.resize(evidence, len(values)))
        object.__setattr__(self, "emphasis", np.resize(emphasis, len(values)))
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "observed", observed)

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, float]], observes: Iterable[str] | None = None) -> Self:
        """Build scores from named intensities.

        Args:
            rows: one mapping from emotion to intensity for each item.
            observes: the emotions observed in every row (0 where a row does not name one).
                None: each row observes exactly what it names.
        """
        by_emotion = [{Emotion.named(k): float(v) for k, v in row.items()} for row in rows]
        always = {Emotion.named(name) for name in observes or ()}
        values = np.zeros((len(by_emotion), len(Emotion)), dtype=np.float32)
        observed = np.zeros(values.shape, dtype=bool)
        for row, named in enumerate(by_emotion):
            for emotion in always | named.keys():
                values[row, emotion.column] = named.get(emotion, 0.0)
                observed[row, emotion.column] = True
        return cls(values, observed)

    @classmethod
    def from_columns(cls, names: Sequence[str], values: ArrayLike, observed: ArrayLike) -> Self:
        """Build scores from arrays [B, len(names)] whose columns are in the order of `names`."""
        columns = [Emotion.named(name).column for name in names]
        values, observed = np.asarray(values, np.float32), np.asarray(observed, bool)
        full = np.zeros((len(values), len(Emotion)), dtype=np.float32)
        known = np.zeros(full.shape, dtype=bool)
        full[:, columns], known[:, columns] = values, observed
        return cls(full, known)

    @classmethod
    def unobserved(cls, batch: int) -> Self:
        """Return scores for `batch` items of which nothing is known."""
        shape = (batch, len(Emotion))
        return cls(np.zeros(shape, np.float32), np.zeros(shape, bool))

    @classmethod
    def concatenate(cls, parts: Sequence["EmotionScores"]) -> Self:
        """Join batches, in order."""
        if not parts:
            return cls.unobserved(0)
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.observed for part in parts]),
            np.concatenate([part.evidence for part in parts]),
            np.concatenate([part.emphasis for part in parts]),
            join_frames(parts),
        )

    def counted(self, evidence: ArrayLike) -> "EmotionScores":
        """Return the scores with the evidence of each row: counts [B], such as of faces."""
        return replace(self, evidence=np.asarray(evidence, np.int32))

    def emphasised(self, emphasis: ArrayLike) -> "EmotionScores":
        """Return the scores with the emphasis of each row [B]."""
        return replace(self, emphasis=np.asarray(emphasis, np.float32))

    def framed(self, clips: Sequence["EmotionScores | None"]) -> "EmotionScores":
        """Return the scores with those of each row's frames, [T, 8] each; None: not known."""
        return replace(self, frames=FrameEmotions.of(clips))

    def at(self, places: NDArray[np.floating]) -> "EmotionScores":
        """Return the scores with one frame of each row alone: that at a share [B] of its frames."""
        if self.frames is None:
            return self
        rows, told = np.arange(len(self)), self.frames
        chosen = (np.asarray(places) * told.values.shape[1]).astype(int)
        one = FrameEmotions(told.values[rows, chosen, None], told.observed[rows, chosen, None])
        return replace(self, frames=one)

    def named(self, row: int) -> dict[str, float]:
        """Return the observed intensities of one row by name."""
        return {
            emotion.value: float(self.values[row, column])
            for emotion, column in COLUMNS.items()
            if self.observed[row, column]
        }

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: slice | NDArray) -> "EmotionScores":
        return EmotionScores(
            self.values[rows],
            self.observed[rows],
            self.evidence[rows],
            self.emphasis[rows],
            None if self.frames is None else self.frames[rows],
        )

    def __iter__(self) -> Iterator[dict[str, float]]:
        return (self.named(row) for row in range(len(self)))


def join_frames(parts: Sequence[EmotionScores]) -> FrameEmotions | None:
    """Return the frames of batches together; None where no batch has any."""
    if all(part.frames is None for part in parts):
        return None
    clips: list[EmotionScores | None] = []
    for part in parts:
        clips += [None] * len(part) if part.frames is None else part.frames.clips()
    return FrameEmotions.of(clips)


@dataclass(frozen=True, eq=False)
class Sentiment:
    """How positive and how negative texts are, in the extractor's own units: float32 [B] each.

    Args:
        positive: how positive each text is, from 0; NaN where the text could not be read.
        negative: how negative each text is, from 0; NaN likewise.
        compound: both in one number from -1 to 1; None where the extractor has none.
    """

    positive: NDArray[np.float32]
    negative: NDArray[np.float32]
    compound: NDArray[np.float32] | None = None


def parse_emotions(notation: Iterable[str]) -> dict[str, float]:
    """Read the query notation: "joy" (intensity 1), "joy=0.8", "anger=-1".

    Raises:
        InvalidInput: an unknown emotion, one given twice, or an intensity outside [-1, 1].

    >>> {str(k): v for k, v in parse_emotions(["joy=0.8", "anger=-1"]).items()}
    {'joy': 0.8, 'anger': -1.0}
    """
    wanted: dict[str, float] = {}
    for item in notation:
        name, _, number = item.partition("=")
        emotion = Emotion.named(name)
        if emotion in wanted:
            raise InvalidInput(f"emotion {emotion} is given twice; give it once")
        wanted[emotion] = intensity(number or "1", emotion)
    return wanted


def intensity(number: str | float, emotion: Emotion) -> float:
    """Return `number` as an intensity in [-1, 1]."""
    try:
        value = float(number)
    except (TypeError, ValueError, OverflowError):
        value = math.nan
    if not -1 <= value <= 1:
        raise InvalidInput(
            f"the intensity of {emotion} must be a number from -1 to 1, got {number!r}"
        )
    return value
