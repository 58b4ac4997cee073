"""Comparing fusion strategies on a dataset: metrics by query group, significance and costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.evaluation.material import Material
from moodreel.evaluation.metrics.ranking import QueryScores, dual_softmax, query_scores
from moodreel.evaluation.metrics.statistics import (
    RESAMPLES,
    Difference,
    Tally,
    adjust,
    paired_difference,
    tally,
)
from moodreel.evaluation.scoring import Costs, Scoring, score_strategy
from moodreel.media import Progress

EMOTION_MAP = "emotion mAP"
CURVE = (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 100)
"""The cutoffs k at which R@k is drawn."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Result:
    """The metrics and costs of one strategy on a dataset.

    Args:
        name: the strategy's name, as reports print it.
        scores: the text-to-video metrics of each query.
        emotion: the graded average precision of the wanted emotions for each query, [Q]; nan for
            a query that wants none.
        to_text: the video-to-text metrics, over all videos.
        dual: the text-to-video metrics with dual softmax, which no search of one query can have;
            None where they were not asked for.
        curve: R@k over all queries, for each k of CURVE.
        costs: the time and space that the strategy takes.
        temperature: what scores were multiplied by in the dual softmax.
    """

    name: str
    scores: QueryScores
    emotion: Floats
    to_text: Mapping[str, float]
    dual: Mapping[str, float] | None
    curve: Sequence[float]
    costs: Costs
    temperature: float | None = None

    def named(self) -> dict[str, Floats]:
        """Return the measures of each query by name."""
        return self.scores.named() | {EMOTION_MAP: self.emotion}

    def summary(self, chosen: NDArray[np.bool_]) -> dict[str, float]:
        """Return the measures over some queries."""
        found = self.scores.summary(chosen)
        graded = self.emotion[chosen]
        graded = graded[~np.isnan(graded)]
        return found | ({EMOTION_MAP: float(graded.mean())} if len(graded) else {})


@dataclass(frozen=True, eq=False)
class Comparison:
    """Results of strategies on the same queries, and how they differ from the first.

    Args:
        material: the videos and queries that were compared on.
        results: the result of each strategy; the others are compared with the first.
        differences: the difference from the first for each strategy, query group and measure.
        tallies: queries won, lost and tied for each strategy and query group.
    """

    material: Material
    results: Sequence[Result]
    differences: Mapping[tuple[str, str, str], Difference]
    tallies: Mapping[tuple[str, str], Tally]

    @property
    def groups(self) -> Mapping[str, NDArray[np.bool_]]:
        """The query groups."""
        return self.material.groups

    def table(self) -> dict[str, dict[str, dict[str, float]]]:
        """Return the measures by strategy and query group."""
        return {
            result.name: {name: result.summary(group) for name, group in self.groups.items()}
            for result in self.results
        }

    def facts(self) -> dict[str, Any]:
        """Return facts about the dataset and the configuration, as JSON can hold them."""
        material = self.material
        settings = material.components.registry.settings
        return {
            "dataset": material.dataset.name,
            "videos": len(material.videos.videos),
            "segments": len(material.videos.owner),
            "queries": len(material.queries.captions),
            "captions": len(material.dataset.captions),
            "missing": list(material.dataset.missing),
            "failed": [list(pair) for pair in material.videos.failed],
            "skipped": len(material.dataset.skipped),
            "emotions of videos by": material.judge,
            "groups": {name: int(group.sum()) for name, group in self.groups.items()},
            "preset": settings.preset,
            "components": dict(settings.slots),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        table = self.table()
        strategies = [
            {
                "name": result.name,
                "metrics": table[result.name],
                "video_to_text": dict(result.to_text),
                "dual_softmax_not_for_search": None if result.dual is None else dict(result.dual),
                "dual_softmax_temperature": result.temperature,
                "costs": asdict(result.costs),
                "against_first": self.against_first(result.name),
            }
            for result in self.results
        ]
        return {**self.facts(), "strategies": strategies}

    def against_first(self, name: str) -> dict[str, Any]:
        """Return how one strategy differs from the first, by query group."""
        found: dict[str, Any] = {}
        for (strategy, group, measure), difference in self.differences.items():
            if strategy == name:
                found.setdefault(group, {})[measure] = asdict(difference)
        for (strategy, group), counted in self.tallies.items():
            if strategy == name:
                found[group]["queries won and lost"] = asdict(counted)
        return found


def compare(
    material: Material,
    names: Sequence[str],
    dual: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Comparison:
    """Compare strategies; the first is what the others are measured against.

    Args:
        material: the videos and queries to compare on.
        names: the strategies: names of components, or folders of trained ones.
        dual: the temperature of the dual softmax to add the metrics with; None adds none.
        resamples: how many resamples the bootstrap and the randomisation test draw.
        seed: the seed of these draws.
        on_progress: called with the progress.
    """
    results = []
    for place, name in enumerate(names):
        on_progress(Progress(name, place, len(names)))
        results.append(measure(score_strategy(material, name), dual))
    distinct = [
        replace(r, name=name) for r, name in zip(results, distinct_names(names), strict=True)
    ]
    return judge_results(material, distinct, resamples, seed)


def distinct_names(names: Sequence[str]) -> list[str]:
    """Return names with a number behind those that were there before.

    >>> distinct_names(["late", "late"])
    ['late', 'late (2)']
    """
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def measure(scoring: Scoring, dual: float | None = None) -> Result:
    """Return the metrics and costs of one strategy."""
    material = scoring.material
    right = material.relevance
    cutoffs = sorted({1, 5, 10, *CURVE})
    scores = query_scores(scoring.blocks(), right, cutoffs)
    curve = [float(np.nanmean(scores.found[k])) for k in CURVE]
    weighed = None if dual is None else dual_softmax(scoring.matrix(), dual)
    doubled = None if weighed is None else query_scores(weighed, right).summary()
    return Result(
        scoring.name,
        replace(scores, found={k: scores.found[k] for k in (1, 5, 10)}),
        emotion_precision(scoring),
        query_scores(scoring.video_blocks(), right.transposed()).summary(),
        doubled,
        curve,
        scoring.costs,
        dual,
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


def judge_results(
    material: Material, results: Sequence[Result], resamples: int = RESAMPLES, seed: int = 0
) -> Comparison:
    """Test every result against the first, in every measure and query group."""
    first, others = results[0], results[1:]
    differences: dict[tuple[str, str, str], Difference] = {}
    for name in first.named():
        tested = {
            (other.name, group, name): paired_difference(
                first.named()[name][chosen],
                other.named()[name][chosen],
                material.clusters[chosen],
                resamples,
                seed,
            )
            for other in others
            for group, chosen in material.groups.items()
        }
        known = {key: found for key, found in tested.items() if found.queries}
        differences |= adjust(known)  # type: ignore[arg-type]
    tallies = {
        (other.name, group): tally(first.scores.rank[chosen], other.scores.rank[chosen])
        for other in others
        for group, chosen in material.groups.items()
    }
    return Comparison(material, results, differences, tallies)
