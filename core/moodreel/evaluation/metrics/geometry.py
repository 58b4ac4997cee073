"""Measures of an embedding space: linear CKA, modality gap, neighbours, displacement, alignment.

A picture of the space alone misleads, so a map stands beside these.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10  # about as many as the hits that a user looks at: a judgement, not measured
TINY = 1e-12  # keeps divisions by the length of a zero vector finite
Floats = NDArray[np.float64]


def balanced(
    texts: NDArray[np.float32], videos: NDArray[np.float32], content: int
) -> tuple[Floats, Floats]:
    """Return the vectors [Q, D'] and [S, D'] with mood at the same scale on both sides.

    A strategy may store mood large and ask for it small. What one side gains, the other loses, so
    every inner product stays as it is. Where no text has mood, it gets the scale of content.
    """
    left, right = texts.astype(np.float64), videos.astype(np.float64)
    asked, stored = spread_of(left[:, content:]), spread_of(right[:, content:])
    if stored > 0:
        factor = (asked / stored) ** 0.5 if asked > 0 else spread_of(right[:, :content]) / stored
        right[:, content:] *= factor
        left[:, content:] /= factor
    return left, right


def spread_of(rows: Floats) -> float:
    """Return the root mean square length of rows; 0 where there are none."""
    return float(np.sqrt((rows * rows).sum(1).mean())) if rows.size else 0.0


def unit(rows: NDArray) -> Floats:
    """Return rows of length 1; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, TINY), np.float64)


def linear_cka(first: NDArray, second: NDArray) -> float:
    """Return the similarity of two representations of the same items (Kornblith et al. 2019).

    Args:
        first: the vectors of N items in one space, [N, D].
        second: the vectors of the same items in another space, [N, E].

    Returns:
        0 to 1; 1 where one is the other, turned, moved or scaled. nan where one does not vary.
    """
    left, right = (rows - rows.mean(0) for rows in (first.astype(float), second.astype(float)))
    shared = np.linalg.norm(left.T @ right) ** 2
    scale = np.linalg.norm(left.T @ left) * np.linalg.norm(right.T @ right)
    return float(shared / scale) if scale > 0 else float("nan")


def modality_gap(texts: NDArray, videos: NDArray) -> float:
    """Return the distance between the mean text and the mean video (Liang et al. 2022)."""
    if not len(texts) or not len(videos):
        return float("nan")
    return float(np.linalg.norm(unit(texts).mean(0) - unit(videos).mean(0)))


def nearest(rows: NDArray, owners: NDArray, k: int = NEIGHBOURS) -> list[NDArray[np.int64]]:
    """Return the k nearest others of each row by cosine; rows of the same owner do not count."""
    vectors = unit(rows)
    found = []
    for row, vector in enumerate(vectors):
        near = vectors @ vector
        near[owners == owners[row]] = -np.inf
        best = np.argsort(-near, kind="stable")[:k]
        found.append(best[near[best] > -np.inf])
    return found


def emotion_purity(
    neighbours: Sequence[NDArray[np.int64]], labels: Sequence[str], owners: NDArray
) -> tuple[float, float]:
    """Return how many neighbours of emotional items have the same emotion, and by chance.

    Args:
        neighbours: the places of each item's nearest neighbours, as `nearest` returns them.
        labels: the emotion of each of N items; "" for none.
        owners: the owner of each item, [N]; items of the same owner are no neighbours.

    Returns:
        The two shares, 0 to 1; nan where no item has an emotion.
    """
    names = np.array(labels)
    rows = [row for row in np.flatnonzero(names != "").tolist() if len(neighbours[row])]
    if not rows:
        return float("nan"), float("nan")
    same = [float((names[neighbours[row]] == names[row]).mean()) for row in rows]
    chance = [float((names[owners != owners[row]] == names[row]).mean()) for row in rows]
    return float(np.mean(same)), float(np.mean(chance))


def neighbours_kept(
    first: Sequence[NDArray[np.int64]], second: Sequence[NDArray[np.int64]]
) -> float:
    """Return the share of neighbours that two spaces have in common, over all items."""
    shares = [
        len(np.intersect1d(before, after)) / len(before)
        for before, after in zip(first, second, strict=True)
        if len(before)
    ]
    return float(np.mean(shares)) if shares else float("nan")


def displacement(first: NDArray, second: NDArray) -> Floats:
    """Return how far each item moved, [N], 0 to 2, between unit vectors.

    The shorter vectors get zeros for the dimensions that they lack.
    """
    length = max(first.shape[1], second.shape[1])
    left, right = (
        np.pad(unit(rows), ((0, 0), (0, length - rows.shape[1]))) for rows in (first, second)
    )
    return np.asarray(np.linalg.norm(left - right, axis=1), np.float64)


def aligned(places: NDArray, onto: NDArray) -> Floats:
    """Return places [N, 2], moved, turned and sized as a whole onto others (Schoenemann 1966).

    Distances between them keep their proportions. They get the others' spread: the size of a map
    by t-SNE tells how long it was drawn, and nothing of what is on it.
    """
    centred, target = places - places.mean(0), onto - onto.mean(0)
    left, _, right = np.linalg.svd(centred.T @ target)
    size = np.linalg.norm(target) / max(float(np.linalg.norm(centred)), TINY)
    return np.asarray(size * centred @ (left @ right) + onto.mean(0), np.float64)
