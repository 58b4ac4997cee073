"""`moodreel similar`: moments that look and feel like one of the index."""

import click

from moodreel.cli.asking import (
    FilterOptions,
    MoodOptions,
    QueryOptions,
    ShownOptions,
    filter_options,
    mood_options,
    query_options,
    shown_options,
)
from moodreel.cli.opening import open_index
from moodreel.cli.options import ConfigurationOptions, index_options
from moodreel.cli.overrides import overrides_argument


@click.command()
@click.argument("moment", metavar="VIDEO[@SECONDS]")
@overrides_argument
@mood_options
@filter_options
@query_options
@shown_options
@index_options
def command(
    moment: str,
    mood: MoodOptions,
    filters: FilterOptions,
    query: QueryOptions,
    shown: ShownOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Find moments of other videos that look and feel like a given one.

    VIDEO is a path as `search` prints it, with the second of the moment after an @. Without
    @SECONDS the mean of the whole video is compared.
    """
    wanted = mood.to_dict()
    with open_index(configuration, [query.fusion]) as engine:
        hits = engine.similar(moment, filter=filters.filter, **wanted, **query.to_dict())
        return shown.show(engine, hits)
