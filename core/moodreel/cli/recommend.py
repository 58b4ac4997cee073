"""`moodreel recommend`: videos to watch next, from liked moments and a wished mood."""

from typing import TYPE_CHECKING

import click

from moodreel.cli.asking import (
    FilterOptions,
    MoodOptions,
    filter_options,
    fusion_option,
    mood_options,
)
from moodreel.cli.hits import NOTHING_FOUND, hit_name
from moodreel.cli.opening import open_index
from moodreel.cli.options import ConfigurationOptions, index_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.tables import clock, print_json, print_table, strongest
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rich.table import Table

    from moodreel.search.recommendation import Recommendation


@click.command()
@overrides_argument
@click.option(
    "--like",
    multiple=True,
    metavar="VIDEO[@S]",
    help="A liked video of the index, or its moment at S seconds; may repeat.",
)
@mood_options
@filter_options
@click.option(
    "--top", default=10, show_default=True, metavar="N", help="The number of videos at most."
)
@fusion_option
@json_option
@index_options
def command(
    like: tuple[str, ...],
    mood: MoodOptions,
    filters: FilterOptions,
    top: int,
    fusion: str | None,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Recommend videos that are like the liked moments, feel as wished, and differ.

    Give liked moments, a mood (--emotion joy), or both. Each recommendation comes with its reason.
    """
    if not like and not mood.emotions:
        raise InvalidInput("nothing to go by: give --like VIDEO, --emotion NAME, or both")
    wanted = mood.to_dict()
    with open_index(configuration, [fusion]) as engine:
        found = engine.recommend(like, top=top, fusion=fusion, filter=filters.filter, **wanted)
        shared = engine.catalog.shared_paths()
    if not found:
        click.echo("moodreel: nothing to recommend", err=True)
        return NOTHING_FOUND
    if as_json:
        for chosen in found:
            print_json(chosen.to_dict())
    else:
        print_table(reasons_table(found, shared))
    return 0


def reasons_table(found: "Sequence[Recommendation]", shared: "Collection[str]") -> "Table":
    """Return recommendations as a table; `shared` are the paths of several videos."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("#", "video", "at", "score"):
        table.add_column(name, justify="left" if name == "video" else "right", no_wrap=True)
    table.add_column("why")
    table.add_column("emotions seen")
    for chosen in found:
        hit = chosen.hit
        numbers = (clock(hit.start), f"{hit.score:.3f}")
        why = Text(chosen.reason)
        table.add_row(
            str(hit.rank), Text(hit_name(hit, shared)), *numbers, why, strongest(hit.emotions)
        )
    return table
