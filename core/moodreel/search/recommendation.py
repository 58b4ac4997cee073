"""Recommendation by maximal marginal relevance: videos that fit and differ, each with a reason.

Carbonell and Goldstein (1998): each choice is the one with the best balance of its own score and
its distance from what was chosen before.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import Emotion, EmotionScores
from moodreel.media import Hit, MomentRef
from moodreel.search.collection import EPSILON, Collection
from moodreel.search.feedback import Example

# The weight of relevance, against 0.3 for difference: relevance first, but no two alike. A
# judgement, not measured.
BALANCE = 0.7


@dataclass(frozen=True)
class Recommendation:
    """A hit, and why it is recommended."""

    hit: Hit
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the hit's fields and the reason, as `recommend --json` prints them."""
        return {**self.hit.to_dict(), "reason": self.reason}


def diversify(
    scores: NDArray[np.float32],
    vectors: NDArray[np.float32],
    count: int,
    balance: float = BALANCE,
) -> list[int]:
    """Return the rows of `count` candidates that score well and differ from each other.

    Args:
        scores: the scores of n candidates, [n].
        vectors: the candidates' vectors, of unit length, [n, D].
        count: how many to choose; fewer are chosen if there are fewer candidates.
        balance: the weight of the score against difference, 0 to 1.

    >>> twins_and_two = np.array([[1, 0], [1, 0], [0, 1.0], [-1, 0]])
    >>> diversify(np.array([1.0, 0.9, 0.8, 0.1]), twins_and_two, 2)
    [0, 2]
    """
    reach = float(np.ptp(scores)) if len(scores) else 0.0
    relevance = (scores - scores.min()) / max(reach, EPSILON) if len(scores) else scores
    alike = vectors @ vectors.T
    chosen: list[int] = []
    while len(chosen) < min(count, len(scores)):
        nearest = alike[:, chosen].max(1).clip(0) if chosen else np.zeros(len(scores))
        worth = balance * relevance - (1 - balance) * nearest
        worth[chosen] = -np.inf
        chosen.append(int(worth.argmax()))
    return chosen


def centred(vectors: NDArray[np.float32], collection: Collection) -> NDArray[np.float32]:
    """Return vectors [n, D] as unit directions from the collection's middle."""
    away = vectors - collection.centre
    return away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), EPSILON)


def best_of_each(hits: Sequence[Hit]) -> list[Hit]:
    """Return the best hit of each video, best first."""
    found: dict[str, Hit] = {}
    for hit in hits:
        found.setdefault(hit.place, hit)
    return list(found.values())


def choose(
    hits: Sequence[Hit],
    content: Sequence[NDArray[np.float32]],
    likes: Sequence[tuple[MomentRef, Example]],
    wanted: EmotionScores,
    collection: Collection,
    count: int,
) -> list[Recommendation]:
    """Return `count` recommendations that fit and differ, each with a reason.

    Args:
        hits: the candidates, one for each video.
        content: the content vector [D] of each candidate.
        likes: the liked moments with their features.
        wanted: the mood asked for, [1, 8].
        collection: the sample of the index that candidates are compared with.
        count: how many to choose.
    """
    if not hits:
        return []
    shown = centred(np.stack(content), collection)
    liked = [centred(like.content[None], collection)[0] for _, like in likes]
    chosen = diversify(np.array([hit.score for hit in hits]), shown, count)
    found = []
    for place, row in enumerate(chosen):
        alike = [float(shown[row] @ vector) for vector in liked]
        reasons = [*like_reason(alike, likes), *mood_reason(hits[row], wanted, collection)]
        reason = "; ".join(reasons) or "unlike the others here"
        found.append(Recommendation(replace(hits[row], rank=place + 1), reason))
    return found


def like_reason(
    alike: Sequence[float], likes: Sequence[tuple[MomentRef, Example]]
) -> Iterator[str]:
    """Name the liked moment that is nearest, if any is nearer than the collection's middle."""
    if alike and max(alike) > 0:
        yield f"like {likes[int(np.argmax(alike))][0].title}"


def mood_reason(hit: Hit, wanted: EmotionScores, collection: Collection) -> Iterator[str]:
    """Name the wished emotion that a hit has most of, or most lacks, beside the collection."""
    mean, _ = collection.mood
    seen = EmotionScores.of([hit.emotions])
    met = ((seen.values - mean) * seen.observed * wanted.values)[0]
    best = int(met.argmax())
    if met[best] > 0:
        amount = "more" if wanted.values[0, best] > 0 else "less"
        yield f"{amount} {list(Emotion)[best]} than is usual here"
