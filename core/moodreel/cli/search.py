"""`moodreel search`: a text, a picture or examples into ranked moments."""

from json import dumps
from typing import TYPE_CHECKING

import click

from moodreel.cli.hits import NOTHING_FOUND, show_hits
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
    from moodreel.engine.engine import Engine
    from moodreel.search.index import Answer, Inside


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
@click.option(
    "--explain", "explained", is_flag=True, help="Say what contributed to the score of each hit."
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
    explained: bool,
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
    from moodreel.catalog.records import Filter
    from moodreel.search.query import Query

    text, overrides = split_text(arguments)
    wanted = read_emotions(emotions)
    with open_engine(index_folder, preset, config, overrides) as engine:
        index = engine.search_index
        examples = index.examples(image, like, unlike, inside)
        within = index.within(Filter(path, longer, shorter))
        query = Query(text, wanted, weight, top, min_score, merge, examples, within)
        answer = index.answer(query, fusion, inside)
        if explained:
            return show_explained(engine, answer, as_json, thumbnails, confident)
        return show_hits(engine, answer.hits, as_json, thumbnails, confident)


def show_explained(
    engine: "Engine", answer: "Answer", as_json: bool, thumbnails: str | None, confident: bool
) -> int:
    """Print hits, each with what contributed to its score, and return the exit code."""
    from moodreel.explanation.explaining import explain_hits
    from moodreel.reports.explanation import part_words

    kept = [hit for hit in answer.hits if not (confident and hit.weak)]
    found = explain_hits(engine.search_index, answer, kept)
    if as_json:
        for hit, explanation in zip(kept, found, strict=True):
            told = explanation.to_dict()
            held = {"parts": told["parts"], "words": told["words"]}
            click.echo(dumps({**hit.to_dict(), "explanation": held}, ensure_ascii=False))
        return 0 if kept else NOTHING_FOUND
    code = show_hits(engine, answer.hits, as_json, thumbnails, confident)
    for hit, explanation in zip(kept, found, strict=True):
        click.echo(f"{hit.rank}: {part_words(explanation)}")
    return code


def split_text(arguments: tuple[str, ...]) -> tuple[str, list[str]]:
    """Tell the text, the first argument unless that is a setting, from key=value settings."""
    if arguments and not is_setting(arguments[0]):
        return arguments[0], check_overrides(arguments[1:])
    return "", check_overrides(arguments)


def is_setting(item: str) -> bool:
    """Whether an argument reads as key=value with a key that there is."""
    from moodreel.registry.settings import KEYS

    return is_override(item) and item.partition("=")[0].partition(".")[0] in KEYS
