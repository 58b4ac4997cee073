"""The measures of a strategy on a dataset: of each of its runs, and of all of them together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.evaluation.material import Material
from moodreel.evaluation.metrics.normalisation import (
    DUAL_SOFTMAX,
    QUERYBANK,
    dual_softmax,
    querybank_norm,
)
from moodreel.evaluation.metrics.ranking import QueryScores, query_scores
from moodreel.evaluation.scoring import Costs, Scoring

EMOTION_MAP = "emotion mAP"
CURVE = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100)
"""The cutoffs k at which R@k is drawn."""

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]


DUAL, BANK = "dual softmax", "QB-Norm"


@dataclass(frozen=True, eq=False)
class Normalisations:
    """Normalisations by other queries that metrics are added with.

    Args:
        dual: the temperature of the dual softmax; None adds none.
        bank: the queries that QB-Norm normalises by, over the same videos; None adds none.
        scale: the temperature of QB-Norm.
    """

    dual: float | None = DUAL_SOFTMAX
    bank: Material | None = None
    scale: float = QUERYBANK

    def measure(self, scoring: Scoring) -> dict[str, QueryScores]:
        """Return the text-to-video metrics by each normalisation."""
        if self.dual is None and self.bank is None:
            return {}
        scores, found = scoring.matrix(), {}
        if self.dual is not None:
            found[DUAL] = dual_softmax(scores, self.dual)
        if self.bank is not None:
            known = scoring.others(self.bank).matrix()
            found[BANK] = querybank_norm(scores, known, self.scale)
        right = scoring.material.relevance
        return {name: query_scores(matrix, right) for name, matrix in found.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON can hold them."""
        size = None if self.bank is None else len(self.bank.queries.captions)
        scale = None if self.bank is None else self.scale
        return {"dual softmax": self.dual, "QB-Norm": scale, "queries in the bank": size}


@dataclass(frozen=True, eq=False)
class Run:
    """The metrics and costs of one run of a strategy.

    Args:
        name: the component's name, or the folder of a trained strategy.
        seed: the seed of first values; of a trained strategy, that of its training if known.
        fingerprint: identifies the strategy and what it learned.
        recipe: the plugin and the options that the strategy was built from.
        scores: the text-to-video metrics of each query.
        emotion: the graded average precision of the wanted emotions for each query, [Q]; nan for
            a query that wants none.
        to_text: the video-to-text metrics of each video.
        normalised: the text-to-video metrics by each normalisation that was asked for, which no
            search of one query can have.
        curve: R@k over all queries, for each k of CURVE.
        costs: the time and space that the strategy takes.
    """

    name: str
    seed: int
    fingerprint: str
    recipe: Mapping[str, Any]
    scores: QueryScores
    emotion: Floats
    to_text: QueryScores
    normalised: Mapping[str, QueryScores]
    curve: Sequence[float]
    costs: Costs

    def named(self) -> dict[str, Floats]:
        """Return the measures of each query by name."""
        return self.scores.named() | {EMOTION_MAP: self.emotion}

    def summary(self, chosen: Chosen) -> dict[str, float]:
        """Return the measures over some queries."""
        found = self.scores.summary(chosen)
        graded = self.emotion[chosen]
        graded = graded[~np.isnan(graded)]
        return found | ({EMOTION_MAP: float(graded.mean())} if len(graded) else {})


@dataclass(frozen=True, eq=False)
class Result:
    """The runs of one strategy on a dataset.

    Args:
        name: the strategy's name, as reports print it.
        runs: its runs, one or more.
    """

    name: str
    runs: Sequence[Run]

    @cached_property
    def scores(self) -> QueryScores:
        """The text-to-video metrics of each query, the mean over the runs."""
        return mean_scores([run.scores for run in self.runs])

    @cached_property
    def emotion(self) -> Floats:
        """The graded average precision of the wanted emotions, the mean over the runs, [Q]."""
        return np.asarray(np.mean([run.emotion for run in self.runs], axis=0))

    @property
    def curve(self) -> list[float]:
        """R@k over all queries for each k of CURVE, the mean over the runs."""
        return [float(value) for value in np.mean([run.curve for run in self.runs], axis=0)]

    @property
    def costs(self) -> Costs:
        """The time and space that the first run takes; those of the others are alike."""
        return self.runs[0].costs

    @property
    def measures(self) -> list[str]:
        """The names of the measures of each query."""
        return list(self.runs[0].named())

    def values(self, chosen: Chosen) -> Floats:
        """Return the measures of some queries in each run, [S, q, M]."""
        return np.stack(
            [np.stack([v[chosen] for v in run.named().values()], axis=1) for run in self.runs]
        )

    def summary(self, chosen: Chosen) -> dict[str, float]:
        """Return the measures over some queries, the mean over the runs."""
        return mean_summary([run.summary(chosen) for run in self.runs])

    def deviations(self, chosen: Chosen) -> dict[str, float]:
        """Return the standard deviation of each measure over the runs; nothing for a single run."""
        if len(self.runs) < 2:
            return {}
        found = [run.summary(chosen) for run in self.runs]
        return {name: float(np.std([one[name] for one in found], ddof=1)) for name in found[0]}

    def to_text_summary(self, videos: Chosen) -> dict[str, float]:
        """Return the video-to-text measures over some videos, the mean over the runs."""
        return mean_summary([run.to_text.summary(videos) for run in self.runs])

    def normalised_summary(self, name: str) -> dict[str, float] | None:
        """Return the measures by a normalisation, the mean over the runs; None without."""
        found = [run.normalised[name].summary() for run in self.runs if name in run.normalised]
        return mean_summary(found) if found else None


def mean_scores(parts: Sequence[QueryScores]) -> QueryScores:
    """Return the mean of several runs' metrics of each query."""
    if len(parts) == 1:
        return parts[0]

    def mean(name: str) -> Floats:
        return np.asarray(np.mean([getattr(part, name) for part in parts], axis=0))

    found = {k: np.mean([part.found[k] for part in parts], axis=0) for k in parts[0].found}
    graded = mean("graded") if parts[0].graded is not None else None
    return QueryScores(
        mean("rank"), found, mean("reciprocal"), mean("gain"), mean("precision"), graded
    )


def mean_summary(found: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each measure over several runs."""
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def measure(scoring: Scoring, also: "Normalisations | None" = None) -> Run:
    """Return the metrics and costs of one run.

    Args:
        scoring: the strategy's scores of all queries against all videos.
        also: the normalisations to add the metrics with; None adds none.
    """
    right = scoring.material.relevance
    cutoffs = sorted({1, 5, 10, *CURVE})
    scores = query_scores(scoring.blocks(), right, cutoffs)
    return Run(
        scoring.name,
        scoring.seed,
        scoring.strategy.fingerprint,
        scoring.strategy.recipe,
        replace(scores, found={k: scores.found[k] for k in (1, 5, 10)}),
        emotion_precision(scoring),
        query_scores(scoring.video_blocks(), right.transposed()),
        {} if also is None else also.measure(scoring),
        [float(np.nanmean(scores.found[k])) for k in CURVE],
        scoring.costs,
    )


def emotion_precision(scoring: Scoring) -> Floats:
    """Return the graded average precision of the wanted emotions [Q]; nan where none is wanted."""
    parts, row = [], 0
    for block in scoring.blocks():
        grades = scoring.material.emotion_grades(slice(row, row + len(block)))
        scores = query_scores(block, grades)
        parts.append(scores.precision if scores.graded is None else scores.graded)
        row += len(block)
    return np.concatenate(parts)
