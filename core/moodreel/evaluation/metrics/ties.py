"""Expected values of ranking metrics over all orders of tied scores.

A group of n items has one score; N items are above it. Of the group, r are relevant. Arrays hold
one entry a group. A model that gives every item the same score so gets what chance would get.
"""

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


def expected_rank(above: Counts, size: Counts, relevant: Counts) -> Floats:
    """Return the mean place, from 1, of the first relevant item: N + (n + 1) / (r + 1)."""
    return np.asarray(above + (size + 1) / (relevant + 1), np.float64)


def chance_within(k: int, above: Counts, size: Counts, relevant: Counts) -> Floats:
    """Return the chance that a relevant item is among the first `k`.

    Of the k - N places that fall into the group, none is relevant with the chance
    C(n - r, k - N) / C(n, k - N).
    """
    places = np.clip(k - above, 0, size)
    missed: Floats = np.ones(len(size))
    for drawn in range(int(places.max(initial=0))):
        share = np.maximum(size - relevant - drawn, 0) / np.maximum(size - drawn, 1)
        missed *= np.where(drawn < places, share, 1.0)
    return np.asarray(1.0 - missed, np.float64)


def expected_reciprocal(above: Counts, size: Counts, relevant: Counts) -> Floats:
    """Return the mean of 1 / place of the first relevant item."""
    found: Floats = np.reciprocal(above + 1.0, dtype=np.float64)
    tied = np.flatnonzero(size > 1)
    if len(tied):
        cases = np.stack([above[tied], size[tied], relevant[tied]], 1)
        unique, places = np.unique(cases, axis=0, return_inverse=True)
        found[tied] = np.array([reciprocal_case(*case) for case in unique.tolist()])[places.ravel()]
    return found


def reciprocal_case(above: int, size: int, relevant: int) -> float:
    """Return the mean of 1 / place for one group.

    The first relevant item has place j of the group with the chance C(n - j, r - 1) / C(n, r).
    """
    later = np.arange(1, size - relevant + 1)
    factors = (size - later - relevant + 1) / (size - later)
    chances = relevant / size * np.cumprod(np.concatenate([[1.0], factors]))
    return float((chances / (above + np.arange(1, len(chances) + 1))).sum())


def expected_precision(
    above: Counts, size: Counts, grades: Floats, squares: Floats, grades_above: Floats
) -> Floats:
    """Return each group's mean part in the sum of precisions at the relevant items.

    The precision at place p is the grades up to p divided by p (Kekäläinen & Järvelin 2002, the
    usual precision where grades are 1), and counts with the grade of the item at p.

    Args:
        above: N, how many items score higher than the group.
        size: n, how many items the group has.
        grades: the sum of the grades of the group's items.
        squares: the sum of the squares of these grades.
        grades_above: the sum of the grades of all items above the group.
    """
    harmonic = harmonics(int((above + size).max(initial=0)))
    places = harmonic[above + size] - harmonic[above]  # sum of 1 / (N + j) over j = 1..n
    earlier = size - (above + 1) * places  # sum of (j - 1) / (N + j)
    pairs = (grades * grades - squares) / np.maximum(size - 1, 1)
    return ((grades * grades_above + squares) * places + pairs * earlier) / size


def expected_gain(above: Counts, size: Counts, grades: Floats) -> Floats:
    """Return each group's mean part in the discounted cumulated gain."""
    discount = discounts(int((above + size).max(initial=0)))
    return grades / size * (discount[above + size] - discount[above])


def harmonics(most: int) -> Floats:
    """Return the sums of 1 / i over i = 1..m, for m = 0..most."""
    return np.concatenate([[0.0], np.cumsum(1.0 / np.arange(1, most + 1))])


def discounts(most: int) -> Floats:
    """Return the sums of 1 / log2(i + 1) over i = 1..m, for m = 0..most."""
    return np.concatenate([[0.0], np.cumsum(1.0 / np.log2(np.arange(2, most + 2)))])
