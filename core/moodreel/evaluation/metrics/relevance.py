"""Relevance of videos (columns) for queries (rows), as a compressed sparse matrix."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Relevance:
    """The relevant columns of Q rows.

    Args:
        starts: where each row begins in `columns` and `grades`, [Q + 1].
        columns: the relevant columns of all rows, ascending within a row, [P].
        grades: the grade of each pair, above 0, [P]; 1 where relevance has no grades.
        width: how many columns there are.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    grades: NDArray[np.float64]
    width: int

    @classmethod
    def of(cls, relevant: Any, shape: tuple[int, int]) -> "Relevance":
        """Read any form in which relevance is given for a matrix of `shape`.

        Args:
            relevant: None for the diagonal; one column for each row; a list of columns for each
                row; or an array [Q, V] of truth values or grades.

        Raises:
            ValueError: it does not fit the shape.
        """
        rows, width = shape
        if relevant is None:
            check_fits(rows <= width, f"no diagonal: {rows} queries, {width} videos")
            return cls.lists(np.arange(rows)[:, None], width)
        if isinstance(relevant, Relevance):
            check_fits(relevant.shape == shape, f"relevance of {relevant.shape} for {shape}")
            return relevant
        if getattr(relevant, "ndim", 1) == 2:
            return cls.matrix(relevant, shape)
        listed = [np.atleast_1d(as_array(columns)) for columns in relevant]
        check_fits(len(listed) == rows, f"relevance of {len(listed)} queries for {rows}")
        return cls.lists(listed, width)

    @classmethod
    def matrix(cls, relevant: Any, shape: tuple[int, int]) -> "Relevance":
        """Read an array [Q, V] of truth values or grades."""
        grades = as_array(relevant)
        check_fits(grades.shape == shape, f"relevance of shape {grades.shape} for {shape}")
        check_fits(bool((grades >= 0).all()), "grades of relevance must be 0 or more")
        rows, columns = np.nonzero(grades)
        starts = np.searchsorted(rows, np.arange(len(grades) + 1))
        return cls(starts, columns, grades[rows, columns].astype(np.float64), shape[1])

    @classmethod
    def lists(cls, listed: Iterable[NDArray], width: int) -> "Relevance":
        """Read columns for each row; one that is named twice counts once."""
        unique = [np.unique(np.asarray(columns, np.int64)) for columns in listed]
        sizes = [len(columns) for columns in unique]
        joined = np.concatenate([np.zeros(0, np.int64), *unique])
        inside = not len(joined) or bool(joined.min() >= 0 and joined.max() < width)
        check_fits(inside, f"relevant columns must be from 0 to {width - 1}")
        return cls(np.cumsum([0, *sizes]), joined, np.ones(len(joined)), width)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """(Q, V)."""
        return len(self), self.width

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many columns are relevant for each row, [Q]."""
        return np.diff(self.starts)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each relevant pair."""
        return np.repeat(np.arange(len(self)), self.counts)

    @property
    def graded(self) -> bool:
        """Whether relevance has degrees."""
        return bool((self.grades != 1).any())

    def part(self, start: int, stop: int) -> "Relevance":
        """Return some rows."""
        pairs = slice(self.starts[start], self.starts[stop])
        starts = self.starts[start : stop + 1] - self.starts[start]
        return Relevance(starts, self.columns[pairs], self.grades[pairs], self.width)

    def transposed(self) -> "Relevance":
        """Return which rows are right for which column."""
        order = np.argsort(self.columns, kind="stable")
        starts = np.searchsorted(self.columns[order], np.arange(self.width + 1))
        return Relevance(starts, self.rows[order], self.grades[order], len(self))

    def as_lists(self) -> list[NDArray[np.int64]]:
        """Return the relevant columns of each row."""
        return np.split(self.columns, self.starts[1:-1])


def as_array(values: Any) -> NDArray:
    """Return an array, or a tensor of any device, as an array."""
    return values.numpy(force=True) if hasattr(values, "numpy") else np.asarray(values)


def check_fits(fits: bool, message: str) -> None:
    """Refuse relevance that does not fit."""
    if not fits:
        raise ValueError(message)
