"""`moodreel similar`: moments that look and feel like one of the index."""

import click

from moodreel.cli.hits import show_hits
from moodreel.cli.options import (
    check_overrides,
    emotion_option,
    filter_options,
    open_engine,
    query_options,
    read_emotions,
    weight_option,
)


@click.command()
@click.argument("moment", metavar="VIDEO[@SECONDS]")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@emotion_option
@weight_option
@filter_options
@query_options
def command(
    moment: str,
    overrides: tuple[str, ...],
    emotions: tuple[str, ...],
    weight: float | None,
    path: str,
    longer: float | None,
    shorter: float | None,
    top: int,
    fusion: str | None,
    min_score: float | None,
    confident: bool,
    merge: bool,
    thumbnails: str | None,
    as_json: bool,
    index_folder: str,
    preset: str,
    config: str | None,
) -> int:
    """Find moments of other videos that are like one, in what they show and how they feel.

    VIDEO is the path as `search` prints it; without @SECONDS the whole video counts.
    """
    from moodreel.catalog.records import Filter

    with open_engine(index_folder, preset, config, check_overrides(overrides)) as engine:
        hits = engine.similar(
            moment,
            emotions=read_emotions(emotions),
            weight=weight,
            fusion=fusion,
            top=top,
            min_score=min_score,
            merge=merge,
            filter=Filter(path, longer, shorter),
        )
        return show_hits(engine, hits, as_json, thumbnails, confident)
