"""The map of an index: segments in the plane."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel.errors import is_installed
from moodreel.evaluation.embedding import even_choice
from moodreel.evaluation.embedding import project as neighbour_plane
from moodreel.search.index import SearchIndex

MOST_POINTS = 2000  # more could not be told apart: a judgement, not measured
FEWEST_NEIGHBOURS = 5  # segments, below which there are no neighbourhoods to keep: a judgement
SEED = 0  # so that the same index has the same map


@dataclass(frozen=True)
class Place:
    """A segment's place on the map, -1 to 1 in both directions, and its emotions.

    `location` is where its video lies.
    """

    location: str
    start: float
    x: float
    y: float
    emotions: dict[str, float]


@dataclass(frozen=True)
class Projection:
    """The places of an index's segments, and how they were found."""

    revision: int
    method: str
    places: Sequence[Place]


def project_index(index: SearchIndex) -> Projection:
    """Return the map of an index, of evenly chosen segments if there are many."""
    revision = index.catalog.revision
    ids, pooled = index.source.load_content()
    rows = even_choice(len(ids), MOST_POINTS)
    ids, pooled = ids[rows], pooled[rows]
    method, plane = choose_plane(pooled)
    spots = dict(zip(ids.tolist(), plane.tolist(), strict=True))
    seen = dict(zip(ids.tolist(), index.source.load_emotions(ids), strict=True))
    places = [
        Place(m.location, m.segment.start, spots[m.id][0], spots[m.id][1], seen[m.id])
        for m in index.catalog.moments(ids.tolist())
    ]
    return Projection(revision, method, places)


def choose_plane(rows: NDArray[np.float32]) -> tuple[str, NDArray[np.float64]]:
    """Return the method's name and places [n, 2], -1 to 1: t-SNE where it can run."""
    if len(rows) >= FEWEST_NEIGHBOURS and is_installed("sklearn"):
        return "t-SNE of the content vectors", scaled(
            neighbour_plane(rows.astype(np.float64), None, SEED)
        )
    return "principal components of the content vectors", scaled(principal_plane(rows))


def scaled(plane: NDArray) -> NDArray[np.float64]:
    """Return places [n, 2] scaled to -1 to 1."""
    return plane / max(float(np.abs(plane).max(initial=0)), 1e-9)


def principal_plane(rows: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return rows [n, D] in the plane that shows most of their differences, [n, 2]."""
    plane = np.zeros((len(rows), 2))
    if len(rows) > 1:
        left, sizes, _ = np.linalg.svd(rows - rows.mean(0), full_matrices=False)
        known = min(2, len(sizes))
        plane[:, :known] = left[:, :known] * sizes[:known]
    return plane
