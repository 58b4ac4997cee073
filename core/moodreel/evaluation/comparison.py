"""Comparing fusion strategies on a dataset: metrics by query group, significance and costs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.components import READERS
from moodreel.errors import InvalidInput
from moodreel.evaluation.candidates import Candidate, distinct_names, read_candidate
from moodreel.evaluation.material import Material
from moodreel.evaluation.metrics.statistics import RESAMPLES, Difference, Tally
from moodreel.evaluation.provenance import ELSEWHERE, MAKERS, describe_comparison, trained_seed
from moodreel.evaluation.results import BANK, DUAL, Normalisations, Result, Run, measure
from moodreel.evaluation.scoring import Scoring, score_strategy
from moodreel.evaluation.significance import Significance, factor_words, judge_pairs, tallies_of
from moodreel.evaluation.sweep import Sweep
from moodreel.media import Progress


@dataclass(frozen=True, eq=False)
class Comparison:
    """Results of strategies on the same queries, and how they differ.

    Args:
        material: the videos and queries that were compared on.
        results: the result of each strategy; the others are compared with the first.
        differences: the difference from the first for each strategy, query group and measure.
        tallies: queries won, lost and tied against the first for each strategy and query group.
        pairs: for each pair of the others, the difference of the second from the first of them,
            by both names, query group and measure; empty where only the first is compared with.
        tests: how the differences were tested.
        also: the normalisations by other queries that figures were added with.
        sweep: the measures over the values of an option, where that was asked for.
    """

    material: Material
    results: Sequence[Result]
    differences: Mapping[tuple[str, str, str], Difference]
    tallies: Mapping[tuple[str, str], Tally]
    pairs: Mapping[tuple[str, str, str, str], Difference]
    tests: Significance
    also: Normalisations
    sweep: Sweep | None = None

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

    def to_text(self, result: Result) -> dict[str, dict[str, float]]:
        """Return the video-to-text measures by query group, of the videos that it is about."""
        return {
            name: result.to_text_summary(self.material.videos_of(group))
            for name, group in self.groups.items()
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
            "components": {
                slot: ELSEWHERE if slot in material.made_elsewhere else name
                for slot, name in settings.slots.items()
                if slot in (*READERS, *MAKERS)
            },
        }

    def provenance(self) -> dict[str, Any]:
        """Return where the figures come from, as JSON can hold it."""
        resampled = factor_words(self.material, self.tests.factors)
        settings = {**asdict(self.tests), "factors": resampled, **self.also.to_dict()}
        return describe_comparison(self.material, self.results, settings)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        strategies = [self.strategy_dict(result) for result in self.results]
        pairs = [
            {"first": first, "second": second, "group": group, "measure": name, **asdict(found)}
            for (first, second, group, name), found in self.pairs.items()
        ]
        whole = {**self.facts(), "tests": asdict(self.tests), "strategies": strategies}
        whole |= {"pairs": pairs} if pairs else {}
        whole |= {} if self.sweep is None else {"sweep": self.sweep.to_dict()}
        return {**whole, "provenance": self.provenance()}

    def strategy_dict(self, result: Result) -> dict[str, Any]:
        """Return what is known of one strategy as JSON can hold it."""
        to_text = self.to_text(result)
        return {
            "name": result.name,
            "metrics": {name: result.summary(group) for name, group in self.groups.items()},
            "deviations over runs": result.deviations(self.groups["all"]),
            "runs": [self.run_dict(run) for run in result.runs],
            "video_to_text": to_text["all"],
            "video_to_text_by_group": to_text,
            "dual_softmax_not_for_search": result.normalised_summary(DUAL),
            "dual_softmax_temperature": self.also.dual,
            "querybank_norm_not_for_search": result.normalised_summary(BANK),
            "costs": asdict(result.costs),
            "against_first": self.against_first(result.name),
        }

    def run_dict(self, run: Run) -> dict[str, Any]:
        """Return what identifies one run, and its measures over all queries."""
        metrics = run.summary(self.groups["all"])
        return {"name": run.name, "seed": run.seed, "fingerprint": run.fingerprint} | {
            "metrics": metrics
        }

    def against_first(self, name: str) -> dict[str, Any]:
        """Return how one strategy differs from the first, by query group."""
        found: dict[str, Any] = {}
        for (strategy, group, measured), difference in self.differences.items():
            if strategy == name:
                found.setdefault(group, {})[measured] = asdict(difference)
        for (strategy, group), counted in self.tallies.items():
            if strategy == name:
                found.setdefault(group, {})["queries won and lost"] = asdict(counted)
        return found


def compare(
    material: Material,
    names: Sequence[str | Candidate],
    dual: float | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    *,
    tests: Significance | None = None,
    bank: Material | None = None,
) -> Comparison:
    """Compare strategies; the first is what the others are measured against.

    Args:
        material: the videos and queries to compare on.
        names: the strategies: names of components, folders of trained ones, or candidates of
            several runs (see `read_candidate`).
        dual: the temperature of the dual softmax to add the metrics with; None adds none.
        resamples: how many resamples the bootstrap and the randomisation test draw.
        seed: the seed of these draws.
        on_progress: called with the progress.
        tests: how differences are tested, in place of `resamples` and `seed`.
        bank: the queries to add the metrics of QB-Norm by, over the same videos; None adds none.
    """
    candidates = [n if isinstance(n, Candidate) else read_candidate(n) for n in names]
    labels = distinct_names([candidate.label for candidate in candidates])
    results, also = [], Normalisations(dual, bank)
    for place, (label, candidate) in enumerate(zip(labels, candidates, strict=True)):
        on_progress(Progress(label, place, len(labels)))
        runs = [measure(scoring, also) for scoring in distinct_runs(material, candidate)]
        known = [replace(run, seed=trained_seed(run.name, run.seed)) for run in runs]
        results.append(Result(label, known))
    return judge_results(material, results, tests or Significance(resamples, seed), also)


def distinct_runs(material: Material, candidate: Candidate) -> list[Scoring]:
    """Score the runs of a strategy; those of a component that no seed changes are one.

    Raises:
        InvalidInput: the runs are of several strategies, or of one with other options.
    """
    found: list[Scoring] = []
    for name, seed in candidate.runs:
        scoring = score_strategy(material, name, seed)
        same = found and found[-1].name == name and scoring.is_same(found[-1])
        if same:
            break
        if found and scoring.strategy.recipe != found[0].strategy.recipe:
            raise InvalidInput(
                f"{found[0].name} and {name} are not runs of one strategy, which differ by their "
                f"seed alone: {recipe_words(found[0])} against {recipe_words(scoring)}"
            )
        found.append(scoring)
    return found


def recipe_words(scoring: Scoring) -> str:
    """Return what a strategy was built from, in a few words."""
    recipe = scoring.strategy.recipe
    return " ".join([recipe["plugin"], *(f"{k}={v}" for k, v in recipe["options"].items())])


def judge_results(
    material: Material,
    results: Sequence[Result],
    tests: Significance | None = None,
    also: Normalisations | None = None,
) -> Comparison:
    """Test every result against the first, and where asked the others against each other.

    These are two families: what is asked of the first does not weigh on what else is looked at.
    """
    chosen = tests or Significance()
    first, *others = results
    against = judge_pairs(material, [(first, other) for other in others], chosen)
    rest = [(one, two) for place, one in enumerate(others) for two in others[place + 1 :]]
    return Comparison(
        material,
        results,
        {(second, group, name): d for (_, second, group, name), d in against.items()},
        tallies_of(material, first, others),
        judge_pairs(material, rest, chosen) if chosen.all_pairs else {},
        chosen,
        also or Normalisations(None),
    )
