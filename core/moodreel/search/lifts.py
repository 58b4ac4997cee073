"""Merging what tracks say of a query with the score of the picture.

A segment of whose tracks one says something beyond its background (z > 0, see `surprise`) counts
as one whose picture was just found with confidence, or as more where its picture says more, and z
more standard deviations:

    content' = max(content, threshold) + z * spread

with the threshold and the spread of the picture's own scores for unrelated queries. Of several
tracks the most surprising counts. A segment without such a track keeps its score, and a query that
no track says anything of is ranked by the picture alone.

Where a track's own vectors are ranked, its words and its meaning are of one text: then the larger
of content and threshold + z * spread counts.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

# Segments that words are looked up for, beyond those that the picture finds: more are told apart
# by nobody. A judgement, not measured.
MOST = 2000


@dataclass(frozen=True, eq=False)
class Lifts:
    """What tracks say of a query, for segments.

    Args:
        ids: of segments that a track says something of, ascending, [n].
        z: by how much it surprises, above 0, [n].
        threshold: the content score of a confident match, as the query's vector scores it.
        spread: the standard deviation of the best scores of unrelated queries, likewise.
        alone: whether the picture does not count.
        same: whether the content is that of the track itself.
        by_track: of each track, ids and z.
    """

    ids: NDArray[np.int64]
    z: NDArray[np.float32]
    threshold: float
    spread: float
    alone: bool = False
    same: bool = False
    by_track: dict[str, tuple[NDArray[np.int64], NDArray[np.float32]]] = field(default_factory=dict)

    @property
    def strongest(self) -> NDArray[np.int64]:
        """The ids of the segments that tracks say most of."""
        return self.ids[np.argsort(-self.z, kind="stable")[:MOST]]

    def surprise(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return z of segments, 0 where no track says anything of them."""
        return lookup(self.ids, self.z, ids)

    def gains(self, ids: NDArray[np.int64], content: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what is added to the scores of segments [n], by their content scores [n]."""
        z = self.surprise(ids)
        if self.same:
            found = self.threshold + z * np.float32(self.spread)
            return np.where(z > 0, (found - content).clip(0), 0).astype(np.float32)
        known = np.full_like(content, self.threshold)
        base = known if self.alone else np.maximum(content, known)
        return np.where(z > 0, base + z * np.float32(self.spread) - content, 0).astype(np.float32)

    def tracks(self, id: int) -> list[str]:
        """Return the tracks that say something of a segment, the most surprising first."""
        one = np.array([id], np.int64)
        z = {track: float(lookup(*held, one)[0]) for track, held in self.by_track.items()}
        return sorted((track for track in z if z[track] > 0), key=lambda track: -z[track])


def lookup(
    known: NDArray[np.int64], values: NDArray[np.float32], ids: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the values of ids among known ones, which ascend; 0 where there is none."""
    if not len(known):
        return np.zeros(len(ids), np.float32)
    places = np.searchsorted(known, ids).clip(max=len(known) - 1)
    return np.where(known[places] == ids, values[places], 0).astype(np.float32)
