"""Correlations of readings with ratings, over clips, with bootstrap intervals."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

RESAMPLES = 500
PAIR = [2.5, 97.5]


@dataclass(frozen=True, eq=False)
class Correlations:
    """The correlations of E columns with those of ratings.

    Args:
        values: the correlation of each column, [E].
        drawn: the same of every resample of the clips, [R, E]; resamples are the same for every
            reader of the same clips, so that differences are paired.
    """

    values: np.ndarray
    drawn: np.ndarray

    @property
    def mean(self):
        """The mean over the columns, and its 95% interval."""
        return self.values.mean(), *np.percentile(self.drawn.mean(1), PAIR)

    def gain(self, other):
        """Return by how much the mean is larger than another's, and the paired 95% interval."""
        drawn = self.drawn.mean(1) - other.drawn.mean(1)
        return self.values.mean() - other.values.mean(), *np.percentile(drawn, PAIR)


def correlate(readings, ratings, ranks: bool) -> Correlations:
    """Correlate readings [C, K, E] with ratings [C, E], as the mean over the K readings of a clip.

    Args:
        readings: K readings of each of C clips; a column without any variance correlates with
            nothing, so it counts as 0.
        ratings: the ratings of the clips.
        ranks: whether ranks are correlated (Spearman), or the numbers (Pearson).
    """
    draw = np.random.default_rng(0)
    count = len(ratings)
    drawn = [
        correlation(readings[places], ratings[places], ranks)
        for places in draw.integers(0, count, (RESAMPLES, count))
    ]
    return Correlations(correlation(readings, ratings, ranks), np.array(drawn))


def correlation(readings, ratings, ranks):
    """Return the correlation of each column [E], the mean over K."""
    left, right = (rankdata(part, axis=0) if ranks else part for part in (readings, ratings))
    left, right = left - left.mean(0), (right - right.mean(0))[:, None]
    scale = np.sqrt((left**2).sum(0) * (right**2).sum(0))
    return np.divide((left * right).sum(0), scale, np.zeros_like(scale), where=scale > 1e-9).mean(0)
