"""Rows of differing length in one array, as compressed sparse rows have them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ragged:
    """R rows of differing length; memory is that of the values.

    Args:
        values: the values of all rows, one row after the other, [N].
        starts: where each row begins in `values`, and where the last one ends, [R + 1].
    """

    values: Indices
    starts: Indices

    @classmethod
    def of(cls, owner: Indices, values: Indices, count: int) -> Self:
        """Return `count` rows of the values [N] that each row owns, in the order given."""
        order = np.argsort(owner, kind="stable")
        starts = np.searchsorted(owner[order], np.arange(count + 1))
        return cls(values[order], starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> Indices:
        return self.values[self.starts[row] : self.starts[row + 1]]

    @cached_property
    def sizes(self) -> Indices:
        """The length of each row, [R]."""
        return np.diff(self.starts)

    def joined(self, rows: Indices) -> tuple[Indices, Indices]:
        """Return the values of some rows, joined, and for each the place of its row in `rows`."""
        sizes = self.sizes[rows]
        place = np.repeat(np.arange(len(rows)), sizes)
        within = np.arange(len(place)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.values[self.starts[rows][place] + within], place

    def draw(self, rows: Indices, generator: np.random.Generator) -> Indices:
        """Return one value of each of some rows, which are not empty, drawn evenly."""
        places = (generator.random(len(rows)) * self.sizes[rows]).astype(np.int64)
        return self.values[self.starts[rows] + places]
