"""`moodreel demo`: sample videos, an index of them, and a first look at searching."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.hits import hits_table, print_table, write_thumbnails
from moodreel.cli.index import print_report, progress_bar
from moodreel.cli.options import check_overrides, configuration_options, open_engine

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
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--to",
    "folder",
    default="moodreel-demo",
    show_default=True,
    metavar="FOLDER",
    help="Where FOLDER/videos and FOLDER/index are made.",
)
@click.option("--search", "searching", is_flag=True, help="Also search it, and write thumbnails.")
@configuration_options
def command(
    overrides: tuple[str, ...], folder: str, searching: bool, preset: str, config: str | None
) -> int:
    """Make sample videos and an index of them. Nothing is downloaded."""
    from moodreel.datasets.builders.samples import make_samples

    root = Path(folder)
    with progress_bar() as on_progress:
        make_samples(root / "videos", on_progress)
    settings = check_overrides(overrides)
    with open_engine(str(root / "index"), preset, config, settings) as engine:
        with progress_bar() as on_progress:
            done = engine.index([root / "videos"], on_progress=on_progress)
        print_report(done, as_json=False)
        if searching:
            for query in (*CONTENT_QUERIES, *MOOD_QUERIES):
                show_query(engine, query, root / "thumbnails")
    click.echo(f'Try: moodreel search "a cat" --index {root / "index"}', err=True)
    return 1 if done.failed else 0


def show_query(engine: "Engine", query: str, pictures: Path) -> None:
    """Print the best hits of a query and write a picture of each."""
    hits = engine.search(query, top=SHOWN)
    print_table(hits_table(hits, title=f'"{query}"'))
    write_thumbnails(engine, hits, pictures / query.replace(" ", "-"))
