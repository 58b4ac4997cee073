"""`moodreel recommend`: videos to watch next, from liked moments and a wished mood."""

from json import dumps
from typing import TYPE_CHECKING

import click

from moodreel.cli.hits import NOTHING_FOUND, clock, print_table, strongest
from moodreel.cli.options import (
    check_overrides,
    configuration_options,
    emotion_option,
    filter_options,
    index_option,
    json_option,
    open_engine,
    read_emotions,
    weight_option,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from moodreel.search.recommendation import Recommendation


@click.command()
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--like", multiple=True, metavar="VIDEO[@S]", help="A liked moment; may repeat.")
@emotion_option
@weight_option
@filter_options
@click.option("--top", default=10, show_default=True, metavar="N", help="How many videos.")
@click.option("--fusion", metavar="NAME", help="Another fusion strategy for this query.")
@json_option
@index_option
@configuration_options
def command(
    overrides: tuple[str, ...],
    like: tuple[str, ...],
    emotions: tuple[str, ...],
    weight: float | None,
    path: str,
    longer: float | None,
    shorter: float | None,
    top: int,
    fusion: str | None,
    as_json: bool,
    index_folder: str,
    preset: str,
    config: str | None,
) -> int:
    """Recommend videos that are like the liked moments, feel as wished, and differ.

    Each comes with the reason. Give liked moments, a mood (--emotion joy), or both.
    """
    from moodreel.catalog.records import Filter

    settings = check_overrides(overrides)
    with open_engine(index_folder, preset, config, settings) as engine:
        found = engine.recommend(
            like,
            emotions=read_emotions(emotions),
            weight=weight,
            fusion=fusion,
            top=top,
            filter=Filter(path, longer, shorter),
        )
    if not found:
        click.echo("moodreel: nothing to recommend", err=True)
        return NOTHING_FOUND
    if as_json:
        for chosen in found:
            click.echo(dumps(chosen.to_dict(), ensure_ascii=False))
    else:
        print_table(reasons_table(found))
    return 0


def reasons_table(found: "Sequence[Recommendation]") -> "Table":
    """Return recommendations as a table."""
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
        table.add_row(str(hit.rank), Text(hit.video), *numbers, why, strongest(hit.emotions))
    return table
