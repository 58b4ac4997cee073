"""The map of an index: segments in the plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel.engine import Engine

MOST_POINTS = 2000  # more could not be told apart


@dataclass(frozen=True)
class Place:
    """A segment's place on the map, -1 to 1 in both directions, and its emotions."""

    video: str
    start: float
    x: float
    y: float
    emotions: dict[str, float]


def project(engine: Engine) -> list[Place]:
    """Return the places of an index's segments, evenly chosen if there are many."""
    ids, pooled = engine.catalog.load_features(engine.video_encoder)
    step = -(-len(ids) // MOST_POINTS) or 1
    ids, pooled = ids[::step], pooled[::step]
    plane = dict(zip(ids.tolist(), principal_plane(pooled), strict=True))
    seen = dict(zip(ids.tolist(), engine.source.load_emotions(ids), strict=True))
    return [
        Place(m.video, m.segment.start, float(plane[m.id][0]), float(plane[m.id][1]), seen[m.id])
        for m in engine.catalog.moments(ids.tolist())
    ]


def principal_plane(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows [n, D] in the plane that shows most of their differences, [n, 2]."""
    if len(rows) < 2:
        return np.zeros((len(rows), 2), np.float32)
    centred = rows - rows.mean(0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(rows), 2), np.float32)
    known = min(2, len(sizes))
    plane[:, :known] = left[:, :known] * sizes[:known]
    return plane / max(float(np.abs(plane).max()), 1e-9)
