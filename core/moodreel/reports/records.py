"""A comparison as CSV: a row for each figure, or for each query and run."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Any

from moodreel.evaluation.comparison import Comparison
from moodreel.evaluation.metrics.statistics import Difference
from moodreel.evaluation.results import Run

FIGURES = (
    *("direction", "group", "strategy", "against", "measure", "value"),
    *("difference", "low", "high", "p", "p (Holm)", "comparisons", "queries"),
)
QUERY = ("query", "text", "videos", "kind", "emotions", "strategy", "run", "seed")


def figures_csv(comparison: Comparison) -> str:
    """Return a row for each strategy, query group and measure, and one for each difference."""
    rows = [*figure_rows(comparison), *difference_rows(comparison)]
    return csv_text(FIGURES, rows)


def figure_rows(comparison: Comparison) -> Iterator[list[Any]]:
    """Yield the figures of both directions."""
    for result in comparison.results:
        directions = {
            "text to video": {n: result.summary(g) for n, g in comparison.groups.items()},
            "video to text": comparison.to_text(result),
        }
        for direction, groups in directions.items():
            for group, found in groups.items():
                for measure, value in found.items():
                    yield [direction, group, result.name, "", measure, value, *[""] * 7]


def difference_rows(comparison: Comparison) -> Iterator[list[Any]]:
    """Yield the differences from the first strategy, and those between the others."""
    first = comparison.results[0].name
    against = {(first, *key): found for key, found in comparison.differences.items()}
    for (one, other, group, measure), found in {**against, **comparison.pairs}.items():
        yield ["text to video", group, other, one, measure, "", *difference_values(found)]


def difference_values(found: Difference) -> list[Any]:
    """Return the parts of a difference in the order of the columns."""
    ends = [found.mean, found.low, found.high, found.p, found.adjusted]
    return [*ends, found.family if found.tested else "", found.queries]


def queries_csv(comparison: Comparison) -> str:
    """Return a row for each query and run, with all measures of the query."""
    measures = comparison.results[0].measures
    rows = (
        [*query, result.name, number, run.seed, *values]
        for result in comparison.results
        for number, run in enumerate(result.runs)
        for query, values in zip(query_cells(comparison), run_values(run), strict=True)
    )
    return csv_text((*QUERY, *measures), rows)


def query_cells(comparison: Comparison) -> Iterator[list[Any]]:
    """Yield the number, words, right videos, kind and emotions of each query."""
    material = comparison.material
    names, kinds = material.videos.names, material.kinds()
    for row, text in enumerate(material.queries.texts):
        videos = ";".join(names[column] for column in material.queries.relevant[row])
        wanted = material.judged.named(row).items()
        emotions = ";".join(f"{name}={value:g}" for name, value in wanted if value)
        yield [row, text, videos, kinds[row], emotions]


def run_values(run: Run) -> Iterator[Sequence[float]]:
    """Yield the measures of each query in one run."""
    return zip(*(values.tolist() for values in run.named().values()), strict=True)


def csv_text(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows as CSV; what is not known is empty."""
    held = StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([("" if value != value else value) for value in row] for row in rows)
    return held.getvalue()
