"""Rank tracking: how ranks of emotional videos change between strategies, for unseen queries."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.evaluation.candidates import distinct_names
from moodreel.evaluation.material import NOBODY, Material
from moodreel.evaluation.scoring import score_strategy

# The grade from which a video counts as holding what a query wants: a judgement, not measured.
LEAST = 0.5
# Of rank-biased overlap: with 0.9, as in Webber et al. 2010, the first ten ranks have 86% of the
# weight.
PERSISTENCE = 0.9


@dataclass(frozen=True)
class TrackedVideo:
    """A video judged to hold a query's emotion.

    Args:
        name: the video's name.
        grade: how far the video holds the query's emotion, 0 to 1.
        ranks: the video's rank under each strategy, from 1; the mean rank where scores are tied.
        changes: for each strategy but the first, how many ranks the video rose against the
            first; below 0 it fell.
    """

    name: str
    grade: float
    ranks: Mapping[str, float]
    changes: Mapping[str, float]


@dataclass(frozen=True)
class Summary:
    """How the ranks of some videos changed from the first strategy to another.

    Args:
        videos: how many videos were tracked.
        mean_change: how many ranks they rose on average.
        rose: the share of the videos that rose.
        fell: the share of the videos that fell.
        overlap: the rank-biased overlap of the two whole rankings, 0 to 1; 1 where they are the
            same.
    """

    videos: int
    mean_change: float
    rose: float
    fell: float
    overlap: float


@dataclass(frozen=True)
class TrackedQuery:
    """A query with the videos that hold its emotion, the highest under the first strategy first.

    Args:
        text: the words of the query.
        wanted: the intensities that the query wants, by emotion.
        videos: the videos that are tracked.
        note: why nothing is tracked; empty where something is.
        summaries: how the ranks changed, for each strategy but the first.
    """

    text: str
    wanted: Mapping[str, float]
    videos: Sequence[TrackedVideo]
    note: str
    summaries: Mapping[str, Summary]


@dataclass(frozen=True)
class Tracking:
    """All queries under all strategies.

    Args:
        collection: the name of what was searched.
        size: how many videos it has.
        judge: what says which emotions a video holds: labels, or an extractor.
        strategies: the names of the strategies; changes are counted from the first.
        queries: the queries with their tracked videos.
        overall: how the ranks of the tracked videos of all queries changed, for each strategy but
            the first.
    """

    collection: str
    size: int
    judge: str
    strategies: Sequence[str]
    queries: Sequence[TrackedQuery]
    overall: Mapping[str, Summary]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return asdict(self)


def track(material: Material, names: Sequence[str], least: float = LEAST) -> Tracking:
    """Rank all videos for each query with each strategy, and follow those that hold its emotion.

    Args:
        material: the videos and queries.
        names: the strategies; changes are counted from the first.
        least: the grade from which a video holds what a query wants (see `emotion_relevance`).
    """
    shown = distinct_names(names)
    ranks = {
        label: video_ranks(score_strategy(material, name).matrix())
        for label, name in zip(shown, names, strict=True)
    }
    queries = []
    for row, graded in enumerate(material.emotion_grades()):
        of_query = {name: found[row] for name, found in ranks.items()}
        queries.append(track_query(material, row, of_query, graded, least))
    tracked = any(query.videos for query in queries)
    return Tracking(
        material.dataset.name,
        len(material.videos.videos),
        material.judge,
        shown,
        queries,
        {name: overall(queries, name) for name in shown[1:]} if tracked else {},
    )


def video_ranks(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the rank of every video, from 1, for each query, [Q, V]; ties share their mean."""
    ordered = np.sort(scores, axis=1)
    found = np.empty(scores.shape)
    for row, values in enumerate(scores):
        below = np.searchsorted(ordered[row], values, "left")
        upto = np.searchsorted(ordered[row], values, "right")
        found[row] = len(values) - (below + upto - 1) / 2
    return found


def track_query(
    material: Material,
    row: int,
    ranks: Mapping[str, NDArray[np.float64]],
    grades: NDArray[np.float32],
    least: float,
) -> TrackedQuery:
    """Follow the videos of one query."""
    first, *others = ranks
    wanted = {name: value for name, value in material.judged.named(row).items() if value}
    holds = np.flatnonzero(grades >= least)
    holds = holds[np.argsort(ranks[first][holds], kind="stable")]
    videos = [
        TrackedVideo(
            material.videos.names[column],
            float(grades[column]),
            {name: float(found[column]) for name, found in ranks.items()},
            {name: float(ranks[first][column] - ranks[name][column]) for name in others},
        )
        for column in holds
    ]
    overlaps = {name: rank_overlap(ranks[first], ranks[name]) for name in others}
    summaries = {n: summarise(videos, n, overlaps[n]) for n in others} if videos else {}
    note = "" if videos else reason(wanted, material.judge, least)
    return TrackedQuery(material.queries.texts[row], wanted, videos, note, summaries)


def reason(wanted: Mapping[str, float], judge: str, least: float) -> str:
    """Say why a query has nothing to track."""
    named = [name for name, value in wanted.items() if value > 0]
    if not named:
        return "the query names no emotion, so there is nothing to track"
    if judge == NOBODY:
        return f"nobody says which videos show {' and '.join(named)}: give labels of emotion"
    return f"no video shows {' and '.join(named)} (by {judge}, from {least:g} up)"


def summarise(videos: Sequence[TrackedVideo], name: str, overlap: float) -> Summary:
    """Return how the ranks of videos changed under one strategy."""
    changes = np.array([video.changes[name] for video in videos])
    return Summary(
        len(videos),
        float(changes.mean()),
        float((changes > 0).mean()),
        float((changes < 0).mean()),
        overlap,
    )


def overall(queries: Sequence[TrackedQuery], name: str) -> Summary:
    """Return how the ranks of the videos of all queries changed under one strategy."""
    tracked = [query for query in queries if query.videos]
    videos = [video for query in tracked for video in query.videos]
    overlap = float(np.mean([query.summaries[name].overlap for query in tracked]))
    return summarise(videos, name, overlap)


def rank_overlap(
    first: NDArray[np.float64], second: NDArray[np.float64], persistence: float = PERSISTENCE
) -> float:
    """Return the rank-biased overlap of two rankings of the same items (Webber et al. 2010).

    Args:
        first: the rank of each item in one ranking, [N].
        second: the rank of each item in the other ranking, [N].
        persistence: p, the chance that a reader goes on to the next rank.

    >>> round(rank_overlap(np.array([1.0, 2, 3]), np.array([1.0, 2, 3])), 9)
    1.0
    """
    deeper = np.maximum(places(first), places(second))
    depths = np.arange(1, len(first) + 1)
    shared = np.cumsum(np.bincount(deeper, minlength=len(first) + 1)[1:]) / depths
    weights = persistence**depths
    seen = (1 - persistence) / persistence * (shared * weights).sum()
    return float(seen + shared[-1] * weights[-1])


def places(ranks: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the places 1..n of items, tied ones in their order."""
    found = np.empty(len(ranks), np.int64)
    found[np.argsort(ranks, kind="stable")] = np.arange(1, len(ranks) + 1)
    return found
