"""`moodreel search`: a text, a picture or examples into ranked moments."""

from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.hits import show_hits
from moodreel.cli.options import (
    check_overrides,
    emotion_option,
    filter_options,
    is_override,
    open_engine,
    query_options,
    read_emotions,
    weight_option,
)

if TYPE_CHECKING:
    from moodreel.engine import Inside


@click.command()
@click.argument("arguments", nargs=-1, metavar="[TEXT] [KEY=VALUE]...")
@click.option(
    "--image", type=click.Path(), metavar="PICTURE", help="What is to be seen, as a picture."
)
@click.option(
    "--like", multiple=True, metavar="VIDEO[@S]", help="More like this moment; may repeat."
)
@click.option(
    "--unlike", multiple=True, metavar="VIDEO[@S]", help="Less like this moment; may repeat."
)
@click.option(
    "--in",
    "inside",
    type=click.Choice(["video", "captions"]),
    default="video",
    show_default=True,
    help="What TEXT is compared with: what the video shows, or its captions.",
)
@emotion_option
@weight_option
@filter_options
@query_options
def command(
    arguments: tuple[str, ...],
    image: str | None,
    like: tuple[str, ...],
    unlike: tuple[str, ...],
    emotions: tuple[str, ...],
    weight: float | None,
    inside: "Inside",
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
    """Find moments by what they show and how they feel.

    TEXT says both: "two friends at a party, joyful". A picture and examples can stand beside it
    or in its place. Hits that an unrelated query could have found as well are marked as weak.
    """
    from moodreel.catalog import Filter

    text, overrides = split_text(arguments)
    asked: dict[str, Any] = {"image": image, "like": like, "unlike": unlike}
    wanted = read_emotions(emotions)
    with open_engine(index_folder, preset, config, overrides) as engine:
        hits = engine.search(
            text,
            wanted,
            weight,
            fusion,
            top=top,
            min_score=min_score,
            merge=merge,
            inside=inside,
            filter=Filter(path, longer, shorter),
            **asked,
        )
        return show_hits(engine, hits, as_json, thumbnails, confident)


def split_text(arguments: tuple[str, ...]) -> tuple[str, list[str]]:
    """Tell the text, the first argument unless that is a setting, from key=value settings."""
    if arguments and not is_setting(arguments[0]):
        return arguments[0], check_overrides(arguments[1:])
    return "", check_overrides(arguments)


def is_setting(item: str) -> bool:
    """Whether an argument reads as key=value with a key that there is."""
    from moodreel.settings import KEYS

    return is_override(item) and item.partition("=")[0].partition(".")[0] in KEYS
