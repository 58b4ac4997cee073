"""The tables of a comparison's report, with what is to be said below each."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from moodreel.evaluation.comparison import Comparison
from moodreel.evaluation.material import NOBODY
from moodreel.evaluation.metrics.families import WORDS
from moodreel.evaluation.metrics.statistics import Difference
from moodreel.evaluation.results import BANK, DUAL, EMOTION_MAP
from moodreel.evaluation.significance import factor_words, small_groups
from moodreel.evaluation.sweep import Sweep
from moodreel.reports.pages import number

MEASURES = ("R@1", "R@5", "R@10", "MdR", "MnR", "MRR", "nDCG", "mAP", EMOTION_MAP)
TESTED = ("R@1", "R@5", "R@10", "MRR", "mAP", EMOTION_MAP)
PRIMARY = "MRR"
BRIEF = ("R@10", PRIMARY, EMOTION_MAP)
"""The measures whose tests are printed; reports have those of all."""

DUAL_NOTE = (
    "Dual softmax looks at all queries of the test at once. A search of one query cannot have it. "
    "Scores, the inner products of a search, are multiplied by {scale:g} in it."
)
BANK_NOTE = (
    "QB-Norm puts each query right by {size} other ones, which a search does not have. Scores, the "
    "inner products of a search, are multiplied by {scale:g} in it."
)


@dataclass(frozen=True)
class Section:
    """A table with its title, and what to say below it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def sections(comparison: Comparison, brief: bool = False) -> Iterator[Section]:
    """Yield the tables of a report; a brief one has the tests of some measures and groups."""
    yield main_section(comparison)
    if len(comparison.results) > 1:
        yield difference_section(comparison, brief)
    if comparison.pairs:
        yield pair_section(comparison, brief)
    if any(len(result.runs) > 1 for result in comparison.results):
        yield run_section(comparison)
    yield reverse_section(comparison)
    yield from normalised_sections(comparison)
    if comparison.sweep is not None:
        yield sweep_section(comparison.sweep)
    yield cost_section(comparison)


def main_section(comparison: Comparison) -> Section:
    """Return strategies by query group by measure."""
    table = comparison.table()
    rows = [
        [f"{group} ({int(chosen.sum())})", name, *row_of(table[name][group], MEASURES)]
        for group, chosen in comparison.groups.items()
        for name in table
    ]
    judge = comparison.material.judge
    words = f"{EMOTION_MAP}: videos that hold the wanted emotions, by {judge}."
    if judge == NOBODY:
        words = f"{EMOTION_MAP} is not known, since nobody says which emotions videos hold."
    return Section("Text to video", ["queries", "strategy", *MEASURES], rows, words)


def row_of(found: Any, names: Iterable[str]) -> list[str]:
    """Return measures as cells."""
    return [number(found.get(n, float("nan")), 1 if n in ("MdR", "MnR") else 3) for n in names]


DIFFERENCE = ("measure", "difference", "95% interval", "p", "p (Holm)", "verdict")


def difference_section(comparison: Comparison, brief: bool = False) -> Section:
    """Return how each strategy differs from the first."""
    rows = []
    for (name, group), counted in comparison.tallies.items():
        for measure in BRIEF if brief else TESTED:
            found = comparison.differences.get((name, group, measure))
            if found is not None and (found.tested or not brief):
                won = f"{counted.wins}/{counted.losses}/{counted.ties}"
                rows.append([group, name, measure, *difference_cells(found), won])
    head = ["queries", "strategy", *DIFFERENCE, "won/lost/tied"]
    words = f"{test_note(comparison, 'strategies against the first')} Won, lost and tied queries "
    words += "go by the rank of the first right video."
    return Section(f"Against {comparison.results[0].name}", head, rows, words)


def pair_section(comparison: Comparison, brief: bool = False) -> Section:
    """Return how the strategies after the first differ from each other."""
    rows = [
        [group, second, first, measure, *difference_cells(found)]
        for (first, second, group, measure), found in comparison.pairs.items()
        if measure in (BRIEF if brief else TESTED) and (found.tested or not brief)
    ]
    words = test_note(comparison, "pairs of the other strategies")
    head = ["queries", "strategy", "against", *DIFFERENCE]
    return Section("Other pairs", head, rows, words)


def difference_cells(found: Difference) -> list[str]:
    """Return difference, interval, p, corrected p and verdict as cells."""
    if not found.tested:
        return [f"{found.mean:+.3f}", "-", "-", "-", "described only"]
    ends = f"{found.low:+.3f} to {found.high:+.3f}"
    chances = [f"{found.p:.4f}", f"{found.adjusted:.4f}"]
    return [f"{found.mean:+.3f}", ends, *chances, verdict_word(found.mean, found.significant)]


def test_note(comparison: Comparison, pairs: str) -> str:
    """Say how differences were tested, and which of them are one family."""
    tests = comparison.tests
    family = WORDS[tests.family].format(pairs=pairs)
    words = [
        f"Paired bootstrap interval and randomisation test; resampled by "
        f"{factor_words(comparison.material, tests.factors)}.",
        f"Holm's correction within a family: {family}.",
    ]
    small = small_groups(comparison.material, tests.fewest)
    if small:
        words.append(f"Fewer than {tests.fewest} queries are not tested ({', '.join(small)}).")
    if any(len(result.runs) > 1 for result in comparison.results):
        words.append("Runs of a strategy count as drawn at random, nested in the strategy.")
    return " ".join(words)


def verdict_word(mean: float, sure: bool) -> str:
    """Return what a difference says."""
    return "no difference shown" if not sure else "better" if mean > 0 else "worse"


def verdicts(comparison: Comparison) -> list[str]:
    """Return one sentence for each strategy and query group that was tested."""
    return [
        verdict(comparison, name, group)
        for name, group in comparison.tallies
        if any(
            found.tested and key[:2] == (name, group)
            for key, found in comparison.differences.items()
        )
    ]


def verdict(comparison: Comparison, name: str, group: str) -> str:
    """Say in which measures a strategy is better or worse than the first on some queries."""
    first = comparison.results[0].name
    sure = {
        measure: found.mean
        for measure in TESTED
        if (found := comparison.differences.get((name, group, measure))) and found.significant
    }
    said = []
    for word, sign in (("better", 1), ("worse", -1)):
        told = ", ".join(f"{m} {mean:+.3f}" for m, mean in sure.items() if mean * sign > 0)
        said += [f"{word} than {first} on {group} queries ({told})"] if told else []
    if not said:
        return f"{name}: no difference to {first} shown on {group} queries"
    return f"{name}: {' and '.join(said)}"


def run_section(comparison: Comparison) -> Section:
    """Return how much the measures over all queries vary between the runs of a strategy."""
    rows = []
    for result in comparison.results:
        spread = result.deviations(comparison.groups["all"])
        if spread:
            rows.append([result.name, str(len(result.runs)), *row_of(spread, MEASURES)])
    words = "Standard deviations over the runs, all queries."
    return Section("Between runs", ["strategy", "runs", *MEASURES], rows, words)


def reverse_section(comparison: Comparison) -> Section:
    """Return the measures of finding the text of a video, by query group."""
    names = MEASURES[:-1]
    found = {result.name: comparison.to_text(result) for result in comparison.results}
    rows = [
        [
            f"{group} ({int(comparison.material.videos_of(chosen).sum())})",
            name,
            *row_of(held, names),
        ]
        for group, chosen in comparison.groups.items()
        for name in found
        if (held := found[name][group])
    ]
    words = (
        "The videos that the queries of a group are about, against the texts of all groups. By "
        "inner product alone: what a strategy reranks, it reranks for a text."
    )
    return Section("Video to text", ["videos", "strategy", *names], rows, words)


def normalised_sections(comparison: Comparison) -> Iterator[Section]:
    """Yield the measures by each normalisation that was asked for."""
    also = comparison.also
    if also.dual is not None:
        yield normalised_section(comparison, DUAL, DUAL_NOTE.format(scale=also.dual))
    if also.bank is not None:
        size = len(also.bank.queries.captions)
        yield normalised_section(comparison, BANK, BANK_NOTE.format(size=size, scale=also.scale))


def normalised_section(comparison: Comparison, name: str, words: str) -> Section:
    """Return the measures by one normalisation."""
    names = MEASURES[:-1]
    rows = [
        [result.name, *row_of(result.normalised_summary(name), names)]
        for result in comparison.results
    ]
    title = f"Text to video with {name} (not available to a search)"
    return Section(title, ["strategy", *names], rows, words)


def sweep_section(sweep: Sweep) -> Section:
    """Return the measures over the values of an option."""
    rows = [
        [name, measure, *(number(value) for value in values)]
        for name, measures in sweep.curves.items()
        for measure, values in measures.items()
    ]
    head = ["strategy", "measure", *(f"{value:g}" for value in sweep.values)]
    words = "All queries. A value that is chosen here is chosen on the test: choose on other data."
    return Section(f"Sweep of {sweep.option}", head, rows, words)


def cost_section(comparison: Comparison) -> Section:
    """Return the costs of the strategies."""
    head = ["strategy", "fuse all, s", "a query, ms", "dimensions", "KB a 1,000", "parameters"]
    rows = [
        [
            result.name,
            number(result.costs.fuse_seconds),
            number(result.costs.query_ms, 2),
            f"{result.costs.dimensions:,}",
            f"{result.costs.kilobytes:,.0f}",
            f"{result.costs.parameters:,}",
        ]
        for result in comparison.results
    ]
    shared = "which all strategies share"
    if comparison.material.tuned:
        shared = "which all share but those strategies that were trained with encoders of their own"
    words = f"Beside the encoders, {shared}. KB of a thousand stored vectors."
    return Section("Costs", head, rows, words)
