"""`moodreel search`: a text into ranked moments."""

from typing import TYPE_CHECKING

import click

from moodreel.cli.hits import show_hits
from moodreel.cli.options import check_overrides, open_engine, query_options
from moodreel.emotions import parse_emotions
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from moodreel.engine import Inside


@click.command()
@click.argument("text")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--emotion",
    "emotions",
    multiple=True,
    metavar="NAME=X",
    help="An emotion wanted (joy=0.8) or not wanted (anger=-1), -1 to 1; may repeat. "
    "'none' takes no notice of emotion. Without it, the text's own emotions are used.",
)
@click.option(
    "--weight",
    type=float,
    metavar="W",
    help="Weight of mood against content, 0 to 1.  [default: the strategy's]",
)
@click.option(
    "--in",
    "inside",
    type=click.Choice(["video", "captions"]),
    default="video",
    show_default=True,
    help="What TEXT is compared with: what the video shows, or its captions.",
)
@query_options
def command(
    text: str,
    overrides: tuple[str, ...],
    emotions: tuple[str, ...],
    weight: float | None,
    inside: "Inside",
    top: int,
    fusion: str | None,
    min_score: float | None,
    merge: bool,
    thumbnails: str | None,
    as_json: bool,
    index_folder: str,
    preset: str,
    config: str | None,
) -> int:
    """Find moments by what they show and how they feel.

    TEXT says both: "two friends at a party, joyful".
    """
    wanted = read_emotions(emotions)
    with open_engine(index_folder, preset, config, check_overrides(overrides)) as engine:
        hits = engine.search(
            text,
            wanted,
            weight,
            fusion,
            top=top,
            min_score=min_score,
            merge=merge,
            inside=inside,
        )
        return show_hits(engine, hits, as_json, thumbnails)


def read_emotions(notation: tuple[str, ...]) -> dict[str, float] | None:
    """Return the emotions given by --emotion: None if there are none, {} for 'none'."""
    if "none" not in notation:
        return parse_emotions(notation) or None
    if len(notation) > 1:
        raise InvalidInput("--emotion none cannot be combined with other emotions")
    return {}
