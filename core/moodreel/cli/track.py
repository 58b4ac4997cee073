"""`moodreel track`: the ranks of emotional videos for unseen queries, strategy by strategy."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.compare import print_section
from moodreel.cli.datasets import collection_options, open_collection

if TYPE_CHECKING:
    from moodreel.evaluation.tracking import Tracking

NOTHING_TRACKED = 1


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="QUERY... [KEY=VALUE]...")
@click.option(
    "--fusion",
    "fusions",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A strategy's name or folder; may repeat. Changes are counted from the first.",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    metavar="X",
    help="From which grade a video counts as holding what a query wants.",
)
@click.option(
    "--report", multiple=True, metavar="FILE", help="Also write FILE.html, FILE.md or FILE.json."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@collection_options
def command(
    arguments: tuple[str, ...],
    fusions: tuple[str, ...],
    least: float,
    report: tuple[str, ...],
    as_json: bool,
    **options: Any,
) -> int:
    """Follow the ranks of emotional videos for unseen queries.

    QUERY is a text ("video of an angry person") or a file: a query a line, or JSON, JSON lines
    or CSV with a column `query` and perhaps emotions. Which videos hold the emotion is said by
    the labels given with --labels, or by the video emotion extractor.
    """
    from moodreel.evaluation.tracking import track
    from moodreel.reports.tracking import track_json

    for path in map(Path, report):
        check_form(path)
    with open_collection(arguments, **options) as material:
        tracking = track(material, fusions, least)
    for path in map(Path, report):
        write_tracking(tracking, path)
    if as_json:
        click.echo(track_json(tracking), nl=False)
    else:
        print_tracking(tracking)
    return 0 if tracking.overall or len(fusions) == 1 else NOTHING_TRACKED


def print_tracking(tracking: "Tracking") -> None:
    """Print a table for each query, and the summary."""
    from moodreel.reports.tracking import track_sections

    for section in track_sections(tracking):
        if section.rows:
            print_section(section)
        else:
            click.echo(f"{section.title}: {section.note}\n")


def check_form(path: Path) -> None:
    """Refuse a file whose suffix names no form."""
    from moodreel.reports.comparison import check_form as check

    check(path)


def write_tracking(tracking: "Tracking", path: Path) -> None:
    """Write the report in the form that the file's suffix names."""
    from moodreel.reports.comparison import write_form
    from moodreel.reports.tracking import track_html, track_json, track_markdown

    write_form(path, {".html": track_html, ".json": track_json, ".md": track_markdown}, tracking)
