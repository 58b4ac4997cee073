"""Significance of differences: paired bootstrap, randomisation test, Holm's correction, tallies.

Queries about one video are not independent, so whole clusters of them are drawn and swapped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 5000  # so p can be as low as 0.0002, low enough to be corrected: a judgement
LEVEL = 0.05  # the usual level of significance
DRAWS_AT_ONCE = 1 << 22  # 34 MB in double precision: a judgement, not measured
SAME = 1e-9  # differences below it are rounding

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How far the second of two strategies is above the first in one measure.

    Args:
        mean: the mean of second minus first over the queries.
        low: the lower end of the bootstrap interval at level 1 - LEVEL.
        high: the upper end of that interval.
        p: how often a difference as large comes about when it is left to chance which of the two
            a query's value belongs to (Fisher 1935).
        adjusted: p after Holm's correction for all comparisons of the measure; equal to p where
            there was but one.
        queries: how many queries were compared.
    """

    mean: float
    low: float
    high: float
    p: float
    adjusted: float
    queries: int

    @property
    def significant(self) -> bool:
        """Whether chance is ruled out at LEVEL, all comparisons of the measure considered."""
        return self.adjusted < LEVEL


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Compare two strategies' values of the same queries; nan values are left out.

    Args:
        first: the first strategy's value of each query, [Q].
        second: the second strategy's value of each query, [Q].
        clusters: a label for each query, [Q]; queries of the same label are drawn and swapped
            together. None: every query is by itself.
        resamples: how many resamples are drawn.
        seed: the seed of the draws.

    >>> paired_difference([0.1, 0.4, 0.3], [0.1, 0.4, 0.3]).p
    1.0
    """
    values = np.asarray(second, np.float64) - np.asarray(first, np.float64)
    known = ~np.isnan(values)
    labels = np.arange(len(values)) if clusters is None else np.asarray(clusters)
    if not known.any():
        return Difference(np.nan, np.nan, np.nan, 1.0, 1.0, 0)
    sums, counts = cluster_sums(values[known], labels[known])
    draw = np.random.default_rng(seed)
    low, high = bootstrap_interval(sums, counts, resamples, draw)
    p = randomisation_test(sums, resamples, draw)
    return Difference(float(values[known].mean()), low, high, p, p, int(known.sum()))


def cluster_sums(values: Floats, labels: NDArray) -> tuple[Floats, Floats]:
    """Return the sum of each cluster's values and how many it has."""
    _, places = np.unique(labels, return_inverse=True)
    places = places.ravel()
    sums = np.bincount(places, np.where(np.abs(values) < SAME, 0.0, values))
    return sums.astype(np.float64), np.bincount(places).astype(np.float64)


def bootstrap_interval(
    sums: Floats, counts: Floats, resamples: int, draw: np.random.Generator
) -> tuple[float, float]:
    """Return the interval of the mean over clusters drawn with replacement (Efron 1979)."""
    size = len(sums)
    means = []
    for step in steps(resamples, size):
        times = draw.multinomial(size, np.full(size, 1 / size), step)
        means.append((times @ sums) / (times @ counts))
    low, high = np.quantile(np.concatenate(means), [LEVEL / 2, 1 - LEVEL / 2])
    return float(low), float(high)


def randomisation_test(sums: Floats, resamples: int, draw: np.random.Generator) -> float:
    """Return the chance of a sum as far from zero when each cluster's sign is left to chance."""
    seen = abs(sums.sum()) * (1 - SAME)
    extreme = 0
    for step in steps(resamples, len(sums)):
        signs = draw.integers(0, 2, (step, len(sums)), np.int8) * 2.0 - 1.0
        extreme += int(np.count_nonzero(np.abs(signs @ sums) >= seen))
    return (extreme + 1) / (resamples + 1)


def steps(resamples: int, size: int) -> list[int]:
    """Return how many resamples to draw at a time, so that memory stays bounded."""
    most = max(1, DRAWS_AT_ONCE // size)
    return [min(most, resamples - start) for start in range(0, resamples, most)]


def holm(chances: Sequence[float]) -> list[float]:
    """Return p values corrected for being several (Holm 1979).

    >>> holm([0.01, 0.04, 0.5])
    [0.03, 0.08, 0.5]
    """
    order = np.argsort(chances, kind="stable")
    factors = len(order) - np.arange(len(order))
    corrected = np.maximum.accumulate(np.asarray(chances)[order] * factors)
    found = np.empty(len(order))
    found[order] = np.minimum(corrected, 1.0)
    return [float(value) for value in found]


def adjust(differences: Mapping[object, Difference]) -> dict[object, Difference]:
    """Return differences with p corrected for all of them."""
    corrected = holm([found.p for found in differences.values()])
    pairs = zip(differences.items(), corrected, strict=True)
    return {key: replace(found, adjusted=p) for (key, found), p in pairs}


@dataclass(frozen=True)
class Tally:
    """On how many queries the second strategy ranks better, worse, or as the first does."""

    wins: int
    losses: int
    ties: int


def tally(first: ArrayLike, second: ArrayLike) -> Tally:
    """Count by the rank of the first relevant video, [Q] each; lower is better."""
    change = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    wins, losses = int((change > SAME).sum()), int((change < -SAME).sum())
    return Tally(wins, losses, int((np.abs(change) <= SAME).sum()))
