"""Components of which a part can be fitted to labelled clips, sounds or texts, and the reports."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moodreel.emotions import EmotionScores
from moodreel.media import Clip, Sound


@dataclass(frozen=True)
class FitReport:
    """The result of fitting a part of an extractor.

    Args:
        counts: how many labelled clips of each class were used.
        skipped: how many labelled clips could not be used.
        before: macro-accuracy without the fitted part, and its 95% interval (low, high).
        after: macro-accuracy with the fitted part, and its interval, measured on halves of the
            clips that the part was not fitted to.
    """

    counts: dict[str, int]
    skipped: int
    before: tuple[float, float, float]
    after: tuple[float, float, float]


class Fittable(ABC):
    """A component of which a part can be fitted to labelled clips."""

    @abstractmethod
    def fit(self, clips: Iterable[Clip], labels: Sequence[str], path: Path) -> FitReport:
        """Fit the part to clips, one label each ("neutral" or an emotion), and write it."""


@dataclass(frozen=True)
class SoundFitReport:
    """The result of fitting a reader of voices.

    Args:
        counts: how many labelled sounds of each class were used.
        skipped: how many labelled sounds could not be used.
        speakers: how many speakers they are of.
        chance: the macro-accuracy of guessing.
        accuracy: macro-accuracy on speakers that the part was not fitted to, and its 95% interval
            (low, high) over speakers; everything that is chosen was chosen without them.
    """

    counts: dict[str, int]
    skipped: int
    speakers: int
    chance: float
    accuracy: tuple[float, float, float]


class SoundFittable(ABC):
    """A component of which a part can be fitted to labelled sounds."""

    @abstractmethod
    def fit_sounds(
        self, sounds: Iterable[Sound], labels: Sequence[str], speakers: Sequence[str], path: Path
    ) -> SoundFitReport:
        """Fit the part to N sounds of one voice each, and write it.

        Args:
            sounds: the sounds, each of which may be dropped when the next is taken.
            labels: "neutral", "calm" or an emotion for each.
            speakers: who speaks in each; cross-validation never parts a speaker's sounds.
            path: the file that the part is written into.
        """


@dataclass(frozen=True)
class SignalFitReport:
    """The result of fitting the weights of signals.

    Args:
        weights: the weight of each signal by name.
        videos: how many labelled videos were used.
        before: how often a video with an emotion is ranked above one without it, with the
            weights before: the area under the ROC curve, the mean over emotions.
        after: the same with fitted weights, on folds of the videos that they were not fitted to.
    """

    weights: dict[str, float]
    videos: int
    before: float
    after: float


class SignalFittable(ABC):
    """A component that joins signals by weights which can be fitted to labels."""

    @abstractmethod
    def fit_signals(
        self, seen: Mapping[str, EmotionScores], labels: EmotionScores, path: Path
    ) -> SignalFitReport:
        """Fit the weights to N videos, and write them.

        Args:
            seen: by the name of a signal, what it saw in each video, [N, 8].
            labels: the videos' emotions, [N, 8]; those that are not observed are not known.
            path: the file that the weights are written into.
        """


@dataclass(frozen=True)
class TextFitReport:
    """The result of fitting a reader of texts, each measure with its 95% interval (low, high).

    What is said of "after" is cross-validated: no text was read by a head that was fitted to it,
    or to another text of its group.

    Args:
        texts: how many texts were used, of how many groups.
        groups: the number of groups.
        counts: the sum of the labelled intensities of each emotion that was fitted: the number of
            its texts, where a label is the name of an emotion.
        neutral: how many texts are labelled with no emotion.
        before: the correlation of what is read with what is labelled, the mean over the fitted
            emotions, without the head.
        after: the same with it.
        error_before: the root of the mean squared error of the intensities, without the head.
        error_after: the same with it.
        neutral_before: the share of the neutral texts that are read as emotional, without the head.
        neutral_after: the same with it.
    """

    texts: int
    groups: int
    counts: dict[str, float]
    neutral: int
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    error_before: float
    error_after: float
    neutral_before: float
    neutral_after: float


class TextFittable(ABC):
    """A reader of texts of which a part can be fitted to labelled texts."""

    @abstractmethod
    def fit_texts(
        self, texts: Sequence[str], labels: EmotionScores, groups: Sequence[str], path: Path
    ) -> TextFitReport:
        """Fit the part to N texts, and write it.

        Args:
            texts: the texts.
            labels: their intensities from 0 to 1, [N, 8].
            groups: what each text is about, [N]; groups are never parted in cross-validation.
            path: the file that the part is written into.
        """
