"""Reports of rank tracking: tables, Markdown, JSON and an HTML page with slope charts."""

from collections.abc import Iterator, Sequence

from moodreel.evaluation.tracking import Summary, TrackedQuery, Tracking
from moodreel.paths import json_text
from moodreel.reports.pages import heading, html_table, markdown_table, note, number, page
from moodreel.reports.palette import PLAIN, SERIES
from moodreel.reports.sections import Section
from moodreel.reports.svg import Slope, slope_chart

ROSE, FELL = SERIES[1], SERIES[0]
DRAWN = 40  # lines in a chart, more cannot be told apart; the rest are in the table. A judgement
SUMMARY_HEAD = ("strategy", "videos", "mean change", "rose", "fell", "overlap")


def title_of(tracking: Tracking) -> str:
    """Return the report's title."""
    return f"Ranks of emotional videos in {tracking.collection}"


def track_sections(tracking: Tracking) -> Iterator[Section]:
    """Yield one table a query, and one over all."""
    for query in tracking.queries:
        yield query_section(tracking, query)
    if tracking.overall:
        words = (
            f"Against {tracking.strategies[0]}, among {tracking.size} videos. Change: ranks risen. "
            f"Overlap: rank-biased, of the whole rankings, 1 where they are the same. Videos are "
            f"judged by {tracking.judge}."
        )
        rows = [summary_row(name, found) for name, found in tracking.overall.items()]
        yield Section("All queries", SUMMARY_HEAD, rows, words)


def query_section(tracking: Tracking, query: TrackedQuery) -> Section:
    """Return the table of one query."""
    wanted = ", ".join(f"{name} {value:.2f}" for name, value in query.wanted.items())
    title = f'"{query.text}"' + (f" ({wanted})" if wanted else "")
    first, *others = tracking.strategies
    head = ["video", "grade", first, *(cell for name in others for cell in (name, "change"))]
    rows = [
        [
            video.name,
            number(video.grade, 2),
            number(video.ranks[first], 1),
            *(
                cell
                for name in others
                for cell in (number(video.ranks[name], 1), f"{video.changes[name]:+.1f}")
            ),
        ]
        for video in query.videos
    ]
    said = [summary_words(name, found) for name, found in query.summaries.items()]
    return Section(title, head, rows, query.note or " ".join(said))


def summary_words(name: str, found: Summary) -> str:
    """Return a summary in a sentence."""
    return (
        f"{name}: {found.mean_change:+.1f} ranks on average, {found.rose:.0%} rose, "
        f"{found.fell:.0%} fell; overlap {found.overlap:.2f}."
    )


def summary_row(name: str, found: Summary) -> list[str]:
    """Return a summary as cells."""
    shares = [f"{found.rose:.0%}", f"{found.fell:.0%}", number(found.overlap, 2)]
    return [name, str(found.videos), f"{found.mean_change:+.2f}", *shares]


def track_markdown(tracking: Tracking) -> str:
    """Return the report in Markdown."""
    parts = [f"# {title_of(tracking)}"]
    for section in track_sections(tracking):
        parts.append(f"## {section.title}")
        parts += [markdown_table(section.head, section.rows)] if section.rows else []
        parts += [section.note] if section.note else []
    return "\n\n".join(parts) + "\n"


def track_json(tracking: Tracking) -> str:
    """Return the report in JSON."""
    return json_text(tracking.to_dict(), indent=1) + "\n"


def track_html(tracking: Tracking) -> str:
    """Return the report as a page with a slope chart for each query and strategy."""
    body = []
    for query, section in zip(tracking.queries, track_sections(tracking), strict=False):
        body.append(heading(section.title))
        body += charts(tracking, query) if query.videos else []
        body += [html_table(section.head, section.rows)] if section.rows else []
        body.append(note(section.note))
    for section in list(track_sections(tracking))[len(tracking.queries) :]:
        body += [heading(section.title), html_table(section.head, section.rows), note(section.note)]
    return page(title_of(tracking), body)


def charts(tracking: Tracking, query: TrackedQuery) -> Sequence[str]:
    """Return the slope charts of a query."""
    return [slopes(tracking, query, name) for name in tracking.strategies[1:]]


def slopes(tracking: Tracking, query: TrackedQuery, name: str) -> str:
    """Return how ranks go from the first strategy to another; blue rises, orange falls."""
    first = tracking.strategies[0]
    rows = [
        Slope(
            video.name.rpartition("/")[2],
            video.ranks[first],
            video.ranks[name],
            ROSE if video.changes[name] > 0 else FELL if video.changes[name] < 0 else PLAIN,
        )
        for video in query.videos[:DRAWN]
    ]
    left = len(query.videos) - len(rows)
    title = f"{query.text}: {first} to {name}"
    chart = slope_chart(title, first, name, rows, tracking.size)
    return chart + (note(f"{left} more are in the table.") if left else "")
