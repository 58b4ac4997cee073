"""Reports of a comparison, as Markdown, JSON and HTML."""

from collections.abc import Callable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, TypeVar

from moodreel.errors import MoodreelError
from moodreel.evaluation.comparison import Comparison
from moodreel.evaluation.results import CURVE, EMOTION_MAP
from moodreel.paths import encodable_text, json_text, shown_path
from moodreel.reports.forms import check_form
from moodreel.reports.latex import latex_tables
from moodreel.reports.pages import heading, html_table, listed, markdown_table, note, page
from moodreel.reports.records import figures_csv
from moodreel.reports.sections import PRIMARY, sections, verdicts
from moodreel.reports.svg import Interval, curve_chart, interval_chart
from moodreel.storage.atomic import atomic_path


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
    parts += ["## Provenance", "\n".join(f"- {k}: {v}" for k, v in origin(comparison).items())]
    return "\n\n".join(parts) + "\n"


def origin(comparison: Comparison) -> dict[str, str]:
    """Return where the figures come from as lines of one level, by the names of what holds them."""
    return {shown_path(key): shown_path(text) for key, text in flat(comparison.provenance())}


def flat(held: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the values of nested objects with their names joined."""
    if isinstance(held, Mapping) and held:
        for key, value in held.items():
            yield from flat(value, f"{name} / {key}" if name else str(key))
    elif isinstance(held, list | tuple) and any(isinstance(item, Mapping) for item in held):
        for place, value in enumerate(held, 1):
            yield from flat(value, f"{name} ({place})" if len(held) > 1 else name)
    else:
        yield name, str(held)


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
    body += sweep_chart(comparison)
    body += list(difference_charts(comparison))
    for section in sections(comparison):
        body += [heading(section.title), html_table(section.head, section.rows)]
        body += [note(section.note)] if section.note else []
    body += [heading("Provenance"), listed(origin(comparison))]
    return page(title_of(comparison), body)


def as_latex(comparison: Comparison) -> str:
    """Return the tables of the report in LaTeX."""
    return latex_tables(sections(comparison))


def sweep_chart(comparison: Comparison) -> list[str]:
    """Return one chart of all measures over the values of an option, where it was swept."""
    if comparison.sweep is None:
        return []
    sweep = comparison.sweep
    title = f"Measures over {sweep.option}"
    curves = {
        f"{name}, {measure}": values
        for name, measures in sweep.curves.items()
        for measure, values in measures.items()
    }
    return [heading(title), curve_chart(title, sweep.values, curves, float)]


def difference_charts(comparison: Comparison) -> Iterator[str]:
    """Yield a chart of the differences for each strategy but the first."""
    first = comparison.results[0].name
    for result in comparison.results[1:]:
        rows = [
            Interval(f"{group}, {measure}", found.mean, found.low, found.high, found.significant)
            for (name, group, measure), found in comparison.differences.items()
            if name == result.name and measure in ("R@10", PRIMARY, EMOTION_MAP) and found.tested
        ]
        title = f"{result.name} against {first}"
        yield heading(title)
        yield interval_chart(title, rows)
        yield note("Points with 95% intervals; grey where no difference is shown.")


FORMS: Mapping[str, Callable[[Comparison], str]] = {
    ".json": as_json,
    ".md": as_markdown,
    ".html": as_html,
    ".csv": figures_csv,
    ".tex": as_latex,
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
