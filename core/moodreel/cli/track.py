"""`moodreel track`: the ranks of emotional videos for unseen queries, strategy by strategy."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.datasets import (
    CollectionOptions,
    DatasetOptions,
    collection_options,
    dataset_options,
    open_collection,
)
from moodreel.cli.options import ConfigurationOptions, index_options
from moodreel.cli.overrides import split_overrides
from moodreel.cli.tables import print_section
from moodreel.errors import InvalidInput
from moodreel.reports.forms import check_form

if TYPE_CHECKING:
    from moodreel.evaluation.tracking import Tracking

NOTHING_TRACKED = 1  # or some videos could not be read


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="QUERY... [KEY=VALUE]...")
@click.option(
    "--fusion",
    "fusions",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A fusion strategy, by name or as the folder of a trained one; may repeat. Changes of "
    "rank are counted from the first.",
)
@click.option(
    "--least",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.5,
    show_default=True,
    metavar="X",
    help="The grade from which a video counts as holding the emotion that a query wants.",
)
@click.option(
    "--report",
    multiple=True,
    metavar="FILE",
    help="Also write a report: FILE.html, FILE.md or FILE.json; may repeat.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@collection_options
@dataset_options
@index_options
def command(
    arguments: tuple[str, ...],
    fusions: tuple[str, ...],
    least: float,
    report: tuple[str, ...],
    as_json: bool,
    collection: CollectionOptions,
    place: DatasetOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Track the ranks of emotional videos for unseen queries, from strategy to strategy.

    QUERY is a text ("video of an angry person") or a file: a query a line, or JSON, JSON lines
    or CSV with a column `query` and perhaps emotions. The labels given with --labels say which
    videos hold an emotion; without them, the video emotion extractor does.
    """
    for path in map(Path, report):
        check_form(path)
    texts, overrides = split_overrides(arguments)
    if not texts:
        raise InvalidInput("no query: give a text, or a file with a query a line")
    chosen = configuration.with_overrides(overrides)
    with open_collection(texts, collection, place, chosen, fusions) as material:
        from moodreel.evaluation.tracking import track

        tracking, failed = track(material, fusions, least), material.videos.failed
    for path in map(Path, report):
        write_tracking(tracking, path)
    print_tracking(tracking, as_json)
    found = tracking.overall or len(fusions) == 1
    return 0 if found and not failed else NOTHING_TRACKED


def print_tracking(tracking: "Tracking", as_json: bool) -> None:
    """Print one JSON object, or a table for each query and the summary."""
    from moodreel.reports.tracking import track_json, track_sections

    if as_json:
        click.echo(track_json(tracking), nl=False)
        return
    for section in track_sections(tracking):
        if section.rows:
            print_section(section)
        else:
            click.echo(f"{section.title}: {section.note}\n")


def write_tracking(tracking: "Tracking", path: Path) -> None:
    """Write the report in the form that the file's suffix names."""
    from moodreel.reports.comparison import write_form
    from moodreel.reports.tracking import track_html, track_json, track_markdown

    write_form(path, {".html": track_html, ".json": track_json, ".md": track_markdown}, tracking)
