"""What queries share, such as their video, their words, a face or a scene: factors of dependence.

Queries that share a level of a factor are not independent. Where two factors cross, as faces and
scenes do, neither alone says how precise a mean over queries is.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Factor:
    """The levels of one factor that each of Q queries belongs to.

    A query of several levels, such as one with two right videos, belongs to each by an equal share.

    Args:
        name: the name of the factor, as reports print it.
        rows: the query of each membership, ascending, [P].
        columns: the level of each membership, [P].
        size: Q, the number of queries.
    """

    name: str
    rows: Indices
    columns: Indices
    size: int

    @classmethod
    def of(cls, name: str, labels: Iterable[Hashable]) -> "Factor":
        """Return the factor of one label for each query."""
        places: dict[Hashable, int] = {}
        columns = [places.setdefault(label, len(places)) for label in labels]
        return cls(name, np.arange(len(columns)), np.array(columns, np.int64), len(columns))

    @classmethod
    def lists(cls, name: str, levels: Sequence[Sequence[int] | Indices]) -> "Factor":
        """Return the factor of one or more levels, by number, for each query."""
        rows = np.repeat(np.arange(len(levels)), [len(held) for held in levels])
        columns = np.concatenate([np.zeros(0, np.int64), *map(np.asarray, levels)])
        return cls(name, rows, columns.astype(np.int64), len(levels))

    @cached_property
    def counts(self) -> Indices:
        """How many levels each query belongs to, [Q]."""
        return np.bincount(self.rows, minlength=self.size)

    @cached_property
    def levels(self) -> int:
        """G, the number of levels that have a query."""
        return len(np.unique(self.columns))

    def part(self, chosen: NDArray[np.bool_]) -> "Factor":
        """Return the factor of some of the queries."""
        kept = chosen[self.rows]
        rows = (np.cumsum(chosen) - 1)[self.rows[kept]]
        return Factor(self.name, rows, self.columns[kept], int(chosen.sum()))

    def sums(self, values: Floats) -> Floats:
        """Return the sum of each level's share of the values: [G, K] of [Q, K]."""
        order = np.argsort(self.columns, kind="stable")
        starts = np.flatnonzero(np.diff(self.columns[order], prepend=-1))
        rows = self.rows[order]
        return np.add.reduceat(values[rows] / self.counts[rows, None], starts, axis=0)

    def crossed(self, other: "Factor") -> "Factor":
        """Return the factor of pairs of levels, one of this and one of the other."""
        again = other.counts[self.rows]
        mine = np.repeat(np.arange(len(self.rows)), again)
        inside = np.arange(len(mine)) - np.repeat(np.cumsum(again) - again, again)
        starts = np.cumsum(other.counts) - other.counts
        theirs = other.columns[starts[self.rows[mine]] + inside]
        pairs = np.stack([self.columns[mine], theirs])
        _, columns = np.unique(pairs, axis=1, return_inverse=True)
        name = f"{self.name} x {other.name}"
        return Factor(name, self.rows[mine], columns.ravel().astype(np.int64), self.size)

    def is_nested(self, other: "Factor") -> bool:
        """Whether queries of one level all have the same level of the other factor."""
        return self.crossed(other).levels == self.levels


def crossing_factors(factors: Sequence[Factor]) -> Sequence[Factor]:
    """Return the factors that count: of two, one whose levels lie within the other's does not.

    With one caption a video, or several of its own, the captions say nothing that videos do not.
    """
    if len(factors) < 2:
        return factors
    first, second = factors
    if first.is_nested(second):
        return [second]
    return [first] if second.is_nested(first) else [first, second]


def crossed_share(factors: Sequence[Factor], values: Floats) -> Floats:
    """Return the variance of a mean as a share of the sum of its variances by each factor, [K].

    Resampling two factors one by one counts twice what varies between single queries. The variance
    of two crossed factors is that by the one and by the other, less that by their pairs (Cameron,
    Gelbach & Miller 2011); it is never taken below that of one factor alone.

    Args:
        factors: one factor, or two that cross.
        values: the values of the queries, 0 where a query has none, [Q, K].
    """
    each = np.stack([(factor.sums(values) ** 2).sum(0) for factor in factors])
    if len(factors) < 2:
        return np.ones(values.shape[1])
    pairs = (factors[0].crossed(factors[1]).sums(values) ** 2).sum(0)
    both = np.maximum(each.sum(0) - pairs, each.max(0))
    return both / np.maximum(each.sum(0), np.finfo(float).tiny)
