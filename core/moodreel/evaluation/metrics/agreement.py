"""Agreement of an extractor with labels: confusion matrix, macro-F1 and calibration error."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.calibration import class_names, fit_temperature, probabilities
from moodreel.emotions import EmotionScores
from moodreel.errors import InvalidInput

BINS = 15  # of confidence, as in Guo et al. 2017
UNREAD = -1  # the predicted class of a text of which nothing was observed


@dataclass(frozen=True)
class Agreement:
    """The agreement of an extractor's emotions with labels.

    Args:
        classes: the names of the nine classes, the eight emotions and neutral.
        confusion: the confusion matrix, 9 lists of 9 counts: a row for each label, a column for
            each prediction, in the order of `classes`.
        unread: for each class, how many texts with this label had nothing observed in them.
        macro_f1: the mean F1 over the classes that occur as labels or as predictions.
        calibration_error: the expected calibration error of the scores as they are.
        temperature: the temperature fitted to all labels.
        calibrated_error: the expected calibration error with a temperature fitted to the other
            half of the labels.
    """

    classes: list[str]
    confusion: list[list[int]]
    unread: list[int]
    macro_f1: float
    calibration_error: float
    temperature: float
    calibrated_error: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return asdict(self)


def judge(scores: EmotionScores, labels: Sequence[str]) -> Agreement:
    """Compare scores [B, 8] with a label each: an emotion's name, or "neutral".

    Raises:
        InvalidInput: there are no labels.
    """
    if not labels:
        raise InvalidInput("no labelled rows to evaluate: name the column with --labels COLUMN")
    classes = class_names()
    wanted = np.array([classes.index(label) for label in labels], int)
    plain = probabilities(scores, None)
    read = likeliest(plain)
    matrix = count_pairs(wanted, read, len(classes))
    unread = np.bincount(wanted[read == UNREAD], minlength=len(classes))
    return Agreement(
        classes,
        matrix.tolist(),
        unread.tolist(),
        macro_f1(matrix, unread),
        calibration_error(plain, wanted),
        fit_temperature(scores, labels),
        calibration_error(crossfitted(scores, labels), wanted),
    )


def likeliest(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the column of the likeliest class [B], UNREAD where nothing is known.

    Of equal ones it is the first by name, whatever the order of the emotions.
    """
    names = class_names()
    order = np.array(sorted(range(len(names)), key=names.__getitem__), int)
    return np.where(shares.any(1), order[shares[:, order].argmax(1)], UNREAD)


def count_pairs(
    wanted: NDArray[np.int64], read: NDArray[np.int64], classes: int
) -> NDArray[np.int64]:
    """Return how often each class was read for each label [classes, classes]."""
    matrix = np.zeros((classes, classes), int)
    seen = read != UNREAD
    np.add.at(matrix, (wanted[seen], read[seen]), 1)
    return matrix


def macro_f1(matrix: NDArray[np.int64], unread: NDArray[np.int64]) -> float:
    """Return the mean F1 over the classes that occur; a text not read counts as missed."""
    both = matrix.sum(0) + matrix.sum(1) + unread
    occurs = both > 0
    return float((2 * matrix.diagonal()[occurs] / both[occurs]).mean())


def calibration_error(shares: NDArray[np.float64], wanted: NDArray[np.int64]) -> float:
    """Return the expected calibration error over 15 bins of confidence (Guo et al. 2017).

    Args:
        shares: the probabilities of the classes, [B, 9]; rows of zeros are left out.
        wanted: the labels, as columns of `shares`, [B].
    """
    read = likeliest(shares)
    seen = read != UNREAD
    if not seen.any():
        return 0.0
    sure = shares[seen].max(1)
    right = read[seen] == wanted[seen]
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, weights=right - sure, minlength=BINS)
    return float(np.abs(gaps).sum() / seen.sum())


def crossfitted(scores: EmotionScores, labels: Sequence[str]) -> NDArray[np.float64]:
    """Return probabilities [B, 9], each half's with a temperature fitted to the other half."""
    odd = np.arange(len(labels)) % 2 == 1
    shares = np.zeros((len(labels), len(class_names())))
    for half in (odd, ~odd):
        others = [label for label, here in zip(labels, half, strict=True) if not here]
        shares[half] = probabilities(scores[half], fit_temperature(scores[~half], others))
    return shares
