"""Significance of differences: paired bootstrap and randomisation test, crossed and nested.

Queries that share a video, words, a face or a scene are not independent, so what they share is
resampled (see `crossing`); a strategy that was trained several times is one of many that could
have been, so its runs count as drawn at random too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moodreel.evaluation.metrics.crossing import Factor, crossed_share, crossing_factors

RESAMPLES = 5000  # so p can be as low as 0.0002, low enough to be corrected: a judgement
LEVEL = 0.05  # the usual level of significance
FEWEST = 10  # queries below which a difference is described and not tested: a judgement
DRAWS_AT_ONCE = 1 << 22  # 34 MB in double precision: a judgement, not measured
SAME = 1e-9  # differences below it are rounding
NORMAL = NormalDist().inv_cdf(1 - LEVEL / 2)  # 1.96

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """How far the second of two strategies is above the first in one measure.

    Args:
        mean: the mean of second minus first over the queries, and over the runs of each.
        low: the lower end of the bootstrap interval at level 1 - LEVEL.
        high: the upper end of that interval.
        p: how often a difference as large comes about when it is left to chance which of the two
            a query's value belongs to (Fisher 1935).
        adjusted: p after Holm's correction within a family of comparisons; equal to p where
            there was but one.
        queries: how many queries were compared.
        family: how many comparisons the family has that p was corrected for.
    """

    mean: float
    low: float
    high: float
    p: float
    adjusted: float
    queries: int
    family: int = 1

    @property
    def significant(self) -> bool:
        """Whether chance is ruled out at LEVEL, all comparisons of the family considered."""
        return self.adjusted < LEVEL

    @property
    def tested(self) -> bool:
        """Whether there are enough queries to be tested; else the mean alone is described."""
        return self.p == self.p

    def described(self) -> "Difference":
        """Return the difference without interval and test, for too few queries."""
        nothing = float("nan")
        return replace(self, low=nothing, high=nothing, p=nothing, adjusted=nothing)


def paired_difference(
    first: ArrayLike,
    second: ArrayLike,
    clusters: Sequence[Factor] | ArrayLike | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Difference:
    """Compare two strategies' values of the same queries; nan values are left out.

    Args:
        first: the first strategy's value of each query, [Q], or of each of its runs, [S, Q].
        second: the second strategy's value of each query, [Q], or of each of its runs, [S', Q].
        clusters: a label for each query, [Q], such as its video; queries of the same label are
            drawn and swapped together. Or two factors that cross. None: every query is by itself.
        resamples: how many resamples are drawn.
        seed: the seed of the draws.

    >>> paired_difference([0.1, 0.4, 0.3], [0.1, 0.4, 0.3]).p
    1.0
    """
    runs = [np.atleast_2d(np.asarray(values, np.float64))[:, :, None] for values in (first, second)]
    factors = as_factors(clusters, runs[0].shape[1])
    return paired_differences([(runs[0], runs[1])], factors, resamples, seed)[0]


def as_factors(clusters: Sequence[Factor] | ArrayLike | None, size: int) -> Sequence[Factor]:
    """Return factors, or the one that labels of queries make."""
    if clusters is None:
        return [Factor.of("queries", range(size))]
    if isinstance(clusters, Sequence) and clusters and isinstance(clusters[0], Factor):
        return clusters  # type: ignore[return-value]
    return [Factor.of("clusters", np.asarray(clusters).tolist())]


def paired_differences(
    pairs: Sequence[tuple[Floats, Floats]],
    factors: Sequence[Factor],
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> list[Difference]:
    """Compare pairs of strategies in M measures each; all share one set of draws.

    The bootstrap draws the levels of each factor with replacement (Efron 1979). Of two factors that
    cross, the deviations of both are added and scaled to the variance of crossed factors
    (`crossed_share`). Owen's pigeonhole bootstrap (2007), which multiplies the weights of both,
    counts what varies between single queries three times where few of them share a level.
    Intervals are widened as Student's t is against the normal distribution (`widening`).

    Runs are nested in their strategy: each resample adds a draw of what the mean over so few runs
    may be off by, as Behrens (1929) and Fisher (1935) do for two means of unknown variance.

    Args:
        pairs: for each pair, the values of the first and of the second, [S, Q, M] for S runs.
        factors: one factor that queries share, or two that cross.
        resamples: how many resamples are drawn.
        seed: the seed of the draws.

    Returns:
        A difference for each pair and measure: the measures of the first pair, then others.
    """
    values = np.concatenate([second.mean(0) - first.mean(0) for first, second in pairs], axis=1)
    known = ~np.isnan(values)
    counts = known.sum(0)
    kept = np.where(known & (np.abs(values) >= SAME), values, 0.0)
    means = kept.sum(0) / np.maximum(counts, 1)
    draw = np.random.default_rng(seed)
    used = crossing_factors(factors)
    off = run_deviations(pairs, known, resamples, draw)
    low, high = bootstrap_interval(kept, known, means, used, off, draw)
    p = randomisation_test(kept, counts, means, used, off, draw)
    found = zip(means, low, high, p, counts, strict=True)
    return [
        Difference(float(m), float(a), float(b), float(c), float(c), int(n)) if n else NOTHING
        for m, a, b, c, n in found
    ]


NOTHING = Difference(np.nan, np.nan, np.nan, 1.0, 1.0, 0)
"""What is known of a difference of which no query has both values."""


def run_deviations(
    pairs: Sequence[tuple[Floats, Floats]],
    known: NDArray[np.bool_],
    resamples: int,
    draw: np.random.Generator,
) -> Floats:
    """Return draws of how far means over few runs are off, [R, K]; 0 where there is one run each.

    A mean over S runs with deviation s is off by t * s / sqrt(S), t of Student with S - 1 degrees.
    """
    total = np.zeros((resamples, known.shape[1]))
    measures = pairs[0][0].shape[2]
    for place, pair in enumerate(pairs):
        columns = slice(place * measures, (place + 1) * measures)
        for runs in pair:
            if len(runs) > 1:
                kept = np.where(known[:, columns], runs, 0.0)
                means = kept.sum(1) / np.maximum(known[:, columns].sum(0), 1)
                error = means.std(0, ddof=1) / len(runs) ** 0.5
                total[:, columns] += draw.standard_t(len(runs) - 1, (resamples, 1)) * error
    return total


def bootstrap_interval(
    kept: Floats,
    known: NDArray[np.bool_],
    means: Floats,
    factors: Sequence[Factor],
    off: Floats,
    draw: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Return both ends of the interval of means over levels drawn with replacement, [K] each."""
    total = np.zeros_like(off)
    for factor in factors:
        sums, counts = factor.sums(kept), factor.sums(known.astype(np.float64))
        levels = np.count_nonzero(counts, axis=0)
        total += level_deviations(sums, counts, means, len(off), draw) * widening(levels)
    share = crossed_share(factors, np.where(known, kept - means, 0.0)) ** 0.5
    ends = means + np.quantile(total * share + off, [LEVEL / 2, 1 - LEVEL / 2], axis=0)
    return ends[0], ends[1]


def level_deviations(
    sums: Floats, counts: Floats, means: Floats, resamples: int, draw: np.random.Generator
) -> Floats:
    """Return how far means over levels drawn with replacement are from the mean, [R, K]."""
    size = len(sums)
    parts = []
    for step in steps(resamples, size):
        times = draw.multinomial(size, np.full(size, 1 / size), step)
        drawn = times @ counts
        parts.append(np.where(drawn > 0, times @ sums / np.maximum(drawn, SAME) - means, 0.0))
    return np.concatenate(parts)


def widening(levels: NDArray[np.int64]) -> Floats:
    """Return the factor by which deviations of a bootstrap over few levels are too small.

    The bootstrap has the variance of a population, and percentiles of the normal distribution where
    Student's t would be right (Hesterberg 2015). Student's quantile is by the series of
    Cornish and Fisher, which is right within 1% from four degrees of freedom up.

    >>> widening(np.array([10, 1000])).round(3).tolist()
    [1.216, 1.002]
    """
    degrees = np.maximum(levels - 1, 4).astype(np.float64)
    z = NORMAL
    student = z + (z**3 + z) / (4 * degrees)
    student = student + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    student = student + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * degrees**3)
    return np.sqrt(levels / np.maximum(levels - 1, 1)) * student / z


def randomisation_test(
    kept: Floats,
    counts: NDArray[np.int64],
    means: Floats,
    factors: Sequence[Factor],
    off: Floats,
    draw: np.random.Generator,
) -> Floats:
    """Return the chance of means as far from zero when each level's sign is left to chance, [K]."""
    total = np.zeros_like(off)
    for factor in factors:
        total += signed_sums(factor.sums(kept), len(off), draw)
    share = crossed_share(factors, kept) ** 0.5
    null = total * share / np.maximum(counts, 1) + off
    extreme = np.count_nonzero(np.abs(null) >= np.abs(means) * (1 - SAME) - SAME**2, axis=0)
    return (extreme + 1) / (len(off) + 1)


def signed_sums(sums: Floats, resamples: int, draw: np.random.Generator) -> Floats:
    """Return sums over levels of which each has its sign by chance, [R, K]."""
    parts = [
        (draw.integers(0, 2, (step, len(sums)), np.int8) * 2.0 - 1.0) @ sums
        for step in steps(resamples, len(sums))
    ]
    return np.concatenate(parts)


def steps(resamples: int, size: int) -> list[int]:
    """Return how many resamples to draw at a time, so that memory stays bounded."""
    most = max(1, DRAWS_AT_ONCE // size)
    return [min(most, resamples - start) for start in range(0, resamples, most)]


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
