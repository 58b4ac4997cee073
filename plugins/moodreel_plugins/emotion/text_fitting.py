"""How a head on texts is judged: cross-fitted by groups, beside the lexicon alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, InvalidInput
from moodreel.interfaces import TextFitReport
from moodreel_plugins.emotion.text_head import TextHead, fit_head

FOLDS = 5
FEWEST = 5.0  # whole texts of an emotion, so that each fold can have one
NEUTRAL_SHARE = 0.01  # of the neutral texts that may be read as emotional
RESAMPLES = 1000  # of the bootstrap: a judgement, not measured
Rows = NDArray[np.float32]


def fitted_emotions(wanted: Rows) -> tuple[Emotion, ...]:
    """Return the emotions that labels [n, 8] hold enough of.

    Raises:
        InvalidInput: they hold enough of none.
    """
    found = tuple(e for e in Emotion if wanted[:, e.column].sum() >= FEWEST)
    if not found:
        raise InvalidInput(f"fitting needs {FEWEST:.0f} texts or more of an emotion")
    return found


@dataclass(frozen=True, eq=False)
class Labelled:
    """N texts as a head sees them, with their labels.

    Args:
        features: [N, F].
        wanted: labelled intensities, [N, 8].
        moods: what the lexicon reads, [N, 8].
        emotions: the E emotions that are fitted.
    """

    features: Rows
    wanted: Rows
    moods: Rows
    emotions: tuple[Emotion, ...]

    @property
    def columns(self) -> list[int]:
        """The columns of the fitted emotions."""
        return [emotion.column for emotion in self.emotions]

    @property
    def neutral(self) -> NDArray[np.bool_]:
        """Which texts have no emotion, by their labels and by the lexicon, [N]."""
        return np.logical_not(self.wanted.any(1) | self.moods.any(1))

    def fit(self, places: NDArray[np.bool_] | slice = slice(None)) -> TextHead:
        """Return a head that is fitted to the texts at some places."""
        return fit_head(self.features[places], self.wanted[places][:, self.columns], self.emotions)

    def cross_fit(self, groups: Sequence[str], most: int) -> tuple[Rows, TextFitReport]:
        """Return thresholds [E] for a head, and a report on the first texts.

        Args:
            groups: what each text is about, [N].
            most: how many texts are reported on.

        Raises:
            InvalidInput: there are fewer groups than folds.
        """
        names, places = np.unique(np.array(groups), return_inverse=True)
        if len(set(groups[:most])) < FOLDS:
            raise InvalidInput(f"fitting needs texts of {FOLDS} groups or more")
        folds = np.random.default_rng(0).permutation(len(names))[places] % FOLDS
        crossed = self.cross_read(folds)
        read = self.above_thresholds(crossed, folds)
        columns, kept = self.columns, slice(most)
        report = make_report(
            self.wanted[kept], self.moods[kept][:, columns], read[kept], self.emotions, groups[kept]
        )
        return plain_thresholds(crossed[self.neutral]), report

    def cross_read(self, folds: NDArray[np.int64]) -> Rows:
        """Return intensities [N, E]: each fold is read by a head fitted to the others."""
        read = np.zeros((len(folds), len(self.emotions)), np.float32)
        for fold in range(FOLDS):
            here = folds == fold
            read[here] = self.fit(~here)(self.features[here])
        return read

    def above_thresholds(self, crossed: Rows, folds: NDArray[np.int64]) -> Rows:
        """Return cross-fitted intensities [N, E], none below thresholds of the other folds."""
        kept = crossed.copy()
        for fold in range(FOLDS):
            here = folds == fold
            thresholds = plain_thresholds(crossed[self.neutral & ~here])
            kept[here] *= (crossed[here] >= thresholds) | (self.moods[here][:, self.columns] > 0)
        return kept


def plain_thresholds(read: Rows) -> Rows:
    """Return the thresholds [E] that few texts without emotion, read as [m, E], reach.

    Each emotion takes its part of the share that is allowed to all of them together.
    """
    if not len(read):
        return np.zeros(read.shape[1], np.float32)
    highest = np.quantile(read, 1 - NEUTRAL_SHARE / read.shape[1], axis=0)
    return np.nextafter(highest.astype(np.float32), np.float32(2))


def make_report(
    wanted: Rows, before: Rows, after: Rows, emotions: Sequence[Emotion], groups: Sequence[str]
) -> TextFitReport:
    """Return how the lexicon alone and the head agree with labels.

    Args:
        wanted: labelled intensities, [n, 8].
        before: what the lexicon reads of the fitted emotions, [n, E].
        after: what the head reads, [n, E].
        emotions: the E emotions.
        groups: what each text is about, [n].
    """
    labelled = wanted[:, [emotion.column for emotion in emotions]]
    names, places = np.unique(np.array(groups), return_inverse=True)
    neutral = ~wanted.any(1)
    counts = labelled.sum(0, dtype=np.float64).round(1).tolist()
    return TextFitReport(
        texts=len(wanted),
        groups=len(names),
        counts=dict(zip([emotion.value for emotion in emotions], counts, strict=True)),
        neutral=int(neutral.sum()),
        before=mean_correlation(before, labelled, places),
        after=mean_correlation(after, labelled, places),
        error_before=root_error(before, labelled),
        error_after=root_error(after, labelled),
        neutral_before=read_share(before[neutral]),
        neutral_after=read_share(after[neutral]),
    )


def root_error(read: Rows, labelled: Rows) -> float:
    """Return the root of the mean squared error."""
    return float(np.sqrt(np.square(read - labelled).mean()))


def read_share(read: Rows) -> float:
    """Return the share of texts in which anything is read; 0 of none."""
    return float((read > 0).any(1).mean()) if len(read) else 0.0


def mean_correlation(
    read: Rows, labelled: Rows, places: NDArray[np.int64]
) -> tuple[float, float, float]:
    """Return Pearson's correlation, the mean over columns, and its 95% interval.

    The interval is a percentile bootstrap over groups. A column that never varies correlates with
    nothing: it counts as 0.

    Args:
        read: intensities [n, E].
        labelled: intensities [n, E].
        places: the number of each text's group, [n].
    """
    x, y = read.astype(np.float64), labelled.astype(np.float64)
    parts = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y])
    groups = int(places.max()) + 1
    sums = np.zeros((groups, *parts[:, 0].shape))
    np.add.at(sums, places, parts.transpose(1, 0, 2))
    flat = sums.reshape(groups, -1)
    draw, shares = np.random.default_rng(0), [1 / groups] * groups
    resampled = np.array([draw.multinomial(groups, shares) @ flat for _ in range(RESAMPLES)])
    drawn = correlations(resampled.reshape(-1, *sums.shape[1:]))
    value = correlations(sums.sum(0, keepdims=True))[0]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return float(value), float(low), float(high)


def correlations(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean correlation over E columns [R].

    Args:
        sums: of 1, x, y, x^2, y^2 and xy, [R, 6, E].
    """
    count, x, y, xx, yy, xy = sums.transpose(1, 0, 2)
    spread = (xx - x * x / count).clip(0) * (yy - y * y / count).clip(0)
    shared = xy - x * y / count
    return np.divide(shared, np.sqrt(spread), np.zeros_like(shared), where=spread > 1e-12).mean(1)
