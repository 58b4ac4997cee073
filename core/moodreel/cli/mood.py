"""`moodreel mood`: moments by emotion alone."""

import click

from moodreel.cli.hits import show_hits
from moodreel.cli.options import open_engine, query_options
from moodreel.emotions import parse_emotions


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="EMOTION=X... [KEY=VALUE]...")
@query_options
def command(
    arguments: tuple[str, ...],
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
    """Find moments by emotion alone: joy=0.8 anger=-1.

    Emotions are joy, trust, surprise, anticipation, fear, sadness, disgust and anger; intensities
    go from -1 (to be avoided) to 1, and a name alone means 1.
    """
    wanted = parse_emotions(item for item in arguments if is_emotion(item))
    overrides = [item for item in arguments if not is_emotion(item)]
    with open_engine(index_folder, preset, config, overrides) as engine:
        hits = engine.mood(wanted, fusion, top=top, min_score=min_score, merge=merge)
        return show_hits(engine, hits, as_json, thumbnails, confident)


def is_emotion(item: str) -> bool:
    """Whether an argument is meant as an emotion, since it is no setting."""
    from moodreel.settings import KEYS

    return item.partition("=")[0].partition(".")[0] not in KEYS
