"""Reports of a comparison, as tables, Markdown, JSON and HTML."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from moodreel.errors import MoodreelError
from moodreel.evaluation.comparison import CURVE, EMOTION_MAP, Comparison
from moodreel.paths import encodable_text, json_text
from moodreel.reports.forms import check_form
from moodreel.reports.pages import heading, html_table, markdown_table, note, number, page
from moodreel.reports.svg import Interval, curve_chart, interval_chart
from moodreel.storage.atomic import atomic_path

MEASURES = ("R@1", "R@5", "R@10", "MdR", "MnR", "MRR", "nDCG", "mAP", EMOTION_MAP)
TESTED = ("R@1", "R@5", "R@10", "MRR", "mAP", EMOTION_MAP)
PRIMARY = "MRR"
DUAL_NOTE = (
    "Dual softmax looks at all queries of the test at once. A search of one query cannot have it."
)


@dataclass(frozen=True)
class Section:
    """A table with its title, and what to say below it."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""


def sections(comparison: Comparison, brief: bool = False) -> Iterator[Section]:
    """Yield the tables of a report; a brief one has the tests of two measures alone."""
    yield main_section(comparison)
    if len(comparison.results) > 1:
        yield difference_section(comparison, (PRIMARY, EMOTION_MAP) if brief else TESTED)
    yield reverse_section(comparison)
    if any(result.dual for result in comparison.results):
        yield dual_section(comparison)
    yield cost_section(comparison)


def main_section(comparison: Comparison) -> Section:
    """Return strategies by query group by measure."""
    table = comparison.table()
    rows = [
        [f"{group} ({int(chosen.sum())})", name, *row_of(table[name][group], MEASURES)]
        for group, chosen in comparison.groups.items()
        for name in table
    ]
    words = f"{EMOTION_MAP}: videos that hold the wanted emotions, by {comparison.material.judge}."
    return Section("Text to video", ["queries", "strategy", *MEASURES], rows, words)


def row_of(found: Any, names: Iterable[str]) -> list[str]:
    """Return measures as cells."""
    return [number(found.get(n, float("nan")), 1 if n in ("MdR", "MnR") else 3) for n in names]


def difference_section(comparison: Comparison, measures: Sequence[str]) -> Section:
    """Return how each strategy differs from the first."""
    rows = []
    for (name, group), counted in comparison.tallies.items():
        for measure in measures:
            found = comparison.differences.get((name, group, measure))
            if found is not None:
                won = f"{counted.wins}/{counted.losses}/{counted.ties}"
                ends = f"{found.low:+.3f} to {found.high:+.3f}"
                chances = [f"{found.p:.4f}", f"{found.adjusted:.4f}"]
                cells = [group, name, measure, f"{found.mean:+.3f}", ends, *chances]
                rows.append([*cells, verdict_word(found.mean, found.significant), won])
    first = comparison.results[0].name
    head = ["queries", "strategy", "measure", "difference", "95% interval", "p", "p (Holm)"]
    words = (
        "Paired bootstrap interval and randomisation test over queries, those about one video kept "
        "together; Holm's correction over strategies and query groups. Won, lost and tied queries "
        "go by the rank of the first right video."
    )
    return Section(f"Against {first}", [*head, "verdict", "won/lost/tied"], rows, words)


def verdict_word(mean: float, sure: bool) -> str:
    """Return what a difference says."""
    return "no difference shown" if not sure else "better" if mean > 0 else "worse"


def verdicts(comparison: Comparison) -> list[str]:
    """Return one sentence for each strategy and query group, on the primary measure."""
    first = comparison.results[0].name
    said = []
    for (name, group, measure), found in comparison.differences.items():
        if measure == PRIMARY:
            word = verdict_word(found.mean, found.significant)
            end = f"than {first} on {group} queries ({measure} {found.mean:+.3f})"
            said.append(f"{name}: {word} {end}" if found.significant else
                        f"{name}: no difference to {first} shown on {group} queries")  # fmt: skip
    return said


def reverse_section(comparison: Comparison) -> Section:
    """Return the measures of finding the text of a video."""
    names = MEASURES[:-1]
    rows = [[result.name, *row_of(result.to_text, names)] for result in comparison.results]
    words = "By inner product alone: what a strategy reranks, it reranks for a text."
    return Section("Video to text", ["strategy", *names], rows, words)


def dual_section(comparison: Comparison) -> Section:
    """Return the measures with dual softmax."""
    names = MEASURES[:-1]
    rows = [
        [result.name, *row_of(result.dual, names)]
        for result in comparison.results
        if result.dual is not None
    ]
    title = "Text to video with dual softmax (not available to a search)"
    note = f"{DUAL_NOTE} Scores are multiplied by {comparison.results[0].temperature:g} in it."
    return Section(title, ["strategy", *names], rows, note)


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
    words = "Beside the encoders, which all strategies share. KB of a thousand stored vectors."
    return Section("Costs", head, rows, words)


def title_of(comparison: Comparison) -> str:
    """Return the report's title."""
    names = " and ".join(result.name for result in comparison.results)
    return f"{names} on {comparison.material.dataset.name}"


def summary_line(comparison: Comparison) -> str:
    """Return what was compared on, in a sentence."""
    facts = comparison.facts()
    missing = f", {len(facts['missing'])} more missing" if facts["missing"] else ""
    cut = f" in {facts['segments']} segments" if facts["segments"] != facts["videos"] else ""
    same = "; those with the same words count once" if facts["queries"] < facts["captions"] else ""
    asked = f"{facts['queries']} queries of {facts['captions']} captions{same}"
    empty = f", {facts['skipped']} empty captions left out" if facts["skipped"] else ""
    return f"{asked}, {facts['videos']} videos{cut}{missing}{empty}."


def as_markdown(comparison: Comparison) -> str:
    """Return the report in Markdown."""
    parts = [f"# {title_of(comparison)}", summary_line(comparison)]
    said = verdicts(comparison)
    parts += ["\n".join(f"- {line}." for line in said)] if said else []
    for section in sections(comparison):
        parts.append(f"## {section.title}")
        parts.append(markdown_table(section.head, section.rows))
        parts += [section.note] if section.note else []
    return "\n\n".join(parts) + "\n"


def as_json(comparison: Comparison) -> str:
    """Return the report in JSON; what is not known is null."""
    return json_text(without_nan(comparison.to_dict()), indent=1) + "\n"


def without_nan(held: Any) -> Any:
    """Return plain values with None in place of nan, which JSON does not have."""
    if isinstance(held, dict):
        return {key: without_nan(value) for key, value in held.items()}
    if isinstance(held, list | tuple):
        return [without_nan(value) for value in held]
    return None if isinstance(held, float) and held != held else held


def as_html(comparison: Comparison) -> str:
    """Return the report as a page with plots."""
    body = [f"<p>{summary_line(comparison)}</p>"]
    body += [f"<p>{line}.</p>" for line in map(escape, verdicts(comparison))]
    curves = {result.name: result.curve for result in comparison.results}
    body += [heading("Found among the first k"), curve_chart("R@k over k", CURVE, curves)]
    body += list(difference_charts(comparison))
    for section in sections(comparison):
        body += [heading(section.title), html_table(section.head, section.rows)]
        body += [note(section.note)] if section.note else []
    return page(title_of(comparison), body)


def difference_charts(comparison: Comparison) -> Iterator[str]:
    """Yield a chart of the differences for each strategy but the first."""
    first = comparison.results[0].name
    for result in comparison.results[1:]:
        rows = [
            Interval(f"{group}, {measure}", found.mean, found.low, found.high, found.significant)
            for (name, group, measure), found in comparison.differences.items()
            if name == result.name and measure in (PRIMARY, EMOTION_MAP)
        ]
        title = f"{result.name} against {first}"
        yield heading(title)
        yield interval_chart(title, rows)
        yield note("Points with 95% intervals; grey where no difference is shown.")


FORMS: Mapping[str, Callable[[Comparison], str]] = {
    ".json": as_json,
    ".md": as_markdown,
    ".html": as_html,
}
Report = TypeVar("Report")


def write_report(comparison: Comparison, path: Path) -> None:
    """Write the report in the form that the file's suffix names."""
    write_form(path, FORMS, comparison)


def write_form(path: Path, forms: Mapping[str, Callable[[Report], str]], report: Report) -> None:
    """Write any report in the form that the file's suffix names.

    Raises:
        InvalidInput: another suffix.
    """
    check_form(path, forms)
    write_page(path, forms[path.suffix](report))


def write_page(path: Path, text: str) -> None:
    """Write a text, and the folder that it goes into."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as partial:
            partial.write_text(encodable_text(text), encoding="utf-8")
    except OSError as error:
        raise MoodreelError(f"{path}: cannot write: {error.strerror}") from error
