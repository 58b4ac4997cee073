"""`moodreel demo`: sample videos, an index of them, and a first look at searching."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.hits import hits_table, write_thumbnails
from moodreel.cli.index_report import print_report
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_engine
from moodreel.cli.options import ConfigurationOptions, configuration_options
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.progress import progress_bar
from moodreel.cli.tables import print_table

if TYPE_CHECKING:
    from moodreel.engine.engine import Engine

CONTENT_QUERIES = (
    "people riding bicycles in the street",
    "a cup of coffee",
    "rocket launch",
    "an ancient temple",
)
MOOD_QUERIES = ("a joyful person", "a woman, delighted")
SHOWN = 3


@click.command()
@overrides_argument
@click.option(
    "--to",
    "folder",
    default="moodreel-demo",
    show_default=True,
    metavar="DIR",
    help="The folder to write; the videos go to DIR/videos, their index to DIR/index.",
)
@click.option(
    "--search", "searching", is_flag=True, help="Also search the index, and write thumbnails."
)
@configuration_options
def command(folder: str, searching: bool, configuration: ConfigurationOptions) -> int:
    """Make sample videos and an index of them. Nothing is downloaded."""
    root = Path(folder)
    chosen = replace(configuration, index=str(root / "index"))
    check_names(chosen)
    from moodreel.datasets.builders.samples import make_samples

    with progress_bar() as on_progress:
        make_samples(root / "videos", on_progress)
    with open_engine(chosen) as engine:
        with progress_bar() as on_progress:
            done = engine.index([root / "videos"], on_progress=on_progress)
        print_report(done, as_json=False)
        for query in (*CONTENT_QUERIES, *MOOD_QUERIES) if searching else ():
            show_query(engine, query, root / "thumbnails")
    click.echo(f'Try: moodreel search "a cat" --index {root / "index"}', err=True)
    return 1 if done.failed else 0


def show_query(engine: "Engine", query: str, pictures: Path) -> None:
    """Print the best hits of a query and write a picture of each."""
    hits = engine.search(query, top=SHOWN)
    print_table(hits_table(hits, title=f'"{query}"'))
    write_thumbnails(engine, hits, pictures / query.replace(" ", "-"))
