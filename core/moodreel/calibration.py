"""Temperature scaling: scores of any extractor as calibrated probabilities (Guo et al. 2017).

The classes are the eight emotions and neutral, which has what the eight leave over. Scores that
sum to more than 1, as counts do, are taken as shares. The temperature divides the logarithms: it
changes how sure an extractor is, never what it takes for the likeliest.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import Emotion, EmotionScores

NEUTRAL = "neutral"
FLOOR = 1e-3  # the least share of a class, so that its logarithm is finite
# The temperatures searched: a judgement, not measured; 1 lies in the middle of their logarithms.
COLDEST, HOTTEST = 0.02, 50.0
STEPS = 60  # each shrinks the interval by 0.618: after 60 it is 3e-13 of the first


def class_names() -> list[str]:
    """Return the nine classes: the eight in their order, then neutral."""
    return [*(emotion.value for emotion in Emotion), NEUTRAL]


def class_shares(scores: EmotionScores) -> NDArray[np.float64]:
    """Return the share of each class [B, 9]; rows of which nothing was observed are 0."""
    values = scores.values.astype(np.float64).clip(min=0)
    values /= np.maximum(values.sum(1, keepdims=True), 1)
    rest = (1 - values.sum(1, keepdims=True)).clip(min=0) * scores.observed.any(1, keepdims=True)
    return np.concatenate([values, rest], 1)


def known_classes(scores: EmotionScores) -> NDArray[np.bool_]:
    """Return which classes each row can be taken for [B, 9]."""
    return np.concatenate([scores.observed, scores.observed.any(1, keepdims=True)], 1)


def probabilities(scores: EmotionScores, temperature: float | None) -> NDArray[np.float64]:
    """Return the probability of each class [B, 9], 0 where it cannot be observed.

    Args:
        scores: the extractor's intensities [B, 8].
        temperature: above 1 makes the probabilities flatter, below 1 sharper; None returns the
            shares as they are.
    """
    shares, known = class_shares(scores), known_classes(scores)
    if temperature is None:
        return shares
    powers = np.where(known, np.maximum(shares, FLOOR) ** (1 / temperature), 0)
    return powers / np.maximum(powers.sum(1, keepdims=True), np.finfo(float).tiny)


def calibrate(scores: EmotionScores, temperature: float | None) -> EmotionScores:
    """Return scores as probabilities [B, 8]; unchanged without a temperature.

    >>> counts = EmotionScores.of([{"joy": 2, "fear": 1}], observes=["joy", "fear"])
    >>> {name: round(share, 2) for name, share in calibrate(counts, 1.0).named(0).items()}
    {'joy': 0.67, 'fear': 0.33}
    """
    if temperature is None:
        return scores
    shares = probabilities(scores, temperature)[:, :-1]
    found = EmotionScores(shares.astype(np.float32), scores.observed)
    if scores.frames is None:
        return found
    return found.framed([calibrate(clip, temperature) for clip in scores.frames.clips()])


def fit_temperature(scores: EmotionScores, labels: Sequence[str]) -> float:
    """Return the temperature of maximum likelihood; 1 where no row can be judged.

    The likelihood is concave in 1 / temperature, so a golden-section search finds its maximum.

    Args:
        scores: the extractor's intensities [B, 8].
        labels: the class of each row, B names. Rows whose class the extractor cannot observe do
            not count.
    """
    columns = np.array([class_names().index(label) for label in labels], int)
    judged = known_classes(scores)[np.arange(len(columns)), columns]
    if not judged.any():
        return 1.0
    scores, columns = scores[judged], columns[judged]
    inverse = golden_search(lambda i: loss(scores, columns, 1 / i), 1 / HOTTEST, 1 / COLDEST)
    return 1 / inverse


def loss(scores: EmotionScores, columns: NDArray[np.int64], temperature: float) -> float:
    """Return the mean negative log likelihood of classes, given as columns [B]."""
    likely = probabilities(scores, temperature)[np.arange(len(columns)), columns]
    return float(-np.log(np.maximum(likely, np.finfo(float).tiny)).mean())


def golden_search(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the minimum of a unimodal function between `low` and `high`."""
    ratio = (5**0.5 - 1) / 2
    for _ in range(STEPS):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if function(left) <= function(right):
            high = right
        else:
            low = left
    return (low + high) / 2
