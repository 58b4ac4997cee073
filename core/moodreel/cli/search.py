"""`moodreel search`: a text, a picture or examples into ranked moments."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from moodreel.cli.groups import option_group
from moodreel.cli.hits import NOTHING_FOUND
from moodreel.cli.opening import open_index
from moodreel.cli.options import ConfigurationOptions, index_options
from moodreel.cli.overrides import is_override, is_setting
from moodreel.cli.tables import print_json

if TYPE_CHECKING:
    from moodreel.engine.engine import Engine
    from moodreel.search.index import Answer


@dataclass(frozen=True)
class ExampleOptions:
    """What hits should be like, besides the text.

    Args:
        image: the file of a picture of what is to be seen.
        like: moments, "VIDEO@SECONDS" or "VIDEO", that hits should be like.
        unlike: moments that they should not be like.
        inside: what the text is looked for in, as `moodreel.search.chosen_tracks` has it.
    """

    image: str | None = None
    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()
    inside: tuple[str, ...] = ("all",)


example_options = option_group(
    "examples",
    ExampleOptions,
    click.option(
        "--image", type=click.Path(), metavar="PICTURE", help="A picture of what is to be seen."
    ),
    click.option(
        "--like",
        multiple=True,
        metavar="VIDEO[@S]",
        help="An example of the index that hits should be like: a video, or its moment at S "
        "seconds; may repeat.",
    ),
    click.option(
        "--unlike",
        multiple=True,
        metavar="VIDEO[@S]",
        help="An example that hits should not be like; may repeat.",
    ),
    click.option(
        "--in",
        "inside",
        type=click.Choice(["video", "captions", "speech", "screen", "names", "all"]),
        multiple=True,
        default=("all",),
        show_default=True,
        help="Where TEXT is looked for: in what a video shows, in captions, in what is said, in "
        "words on screen, in names of files and folders; may repeat.",
    ),
)


@click.command()
@click.argument("arguments", nargs=-1, metavar="[TEXT] [KEY=VALUE]...")
@example_options
@click.option(
    "--explain",
    "explained",
    is_flag=True,
    help="Also print what content and each emotion contributed to the score of each hit.",
)
@mood_options
@filter_options
@query_options
@shown_options
@index_options
def command(
    arguments: tuple[str, ...],
    examples: ExampleOptions,
    explained: bool,
    mood: MoodOptions,
    filters: FilterOptions,
    query: QueryOptions,
    shown: ShownOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Find moments by what they show and how they feel.

    TEXT names both: "two friends at a party, joyful". It is also looked for in what is said, in
    words on screen, in subtitles and in names; words in "quotation marks" have to occur there. A
    picture and examples of the index can stand beside TEXT or in its place. A hit that an
    unrelated query could have found as well is marked as weak.
    """
    text, overrides = split_text(arguments)
    with open_index(configuration.with_overrides(overrides), [query.fusion]) as engine:
        from moodreel.search.query import Query

        index = engine.search_index
        asked = Query(
            text,
            **mood.to_dict(),
            **query.limits(),
            examples=index.examples(**vars(examples)),
            within=index.within(filters.filter),
        )
        answer = index.answer(asked, query.fusion, examples.inside).tell()
        if explained:
            return show_explained(engine, answer, shown)
        return shown.show(engine, answer.hits)


def show_explained(engine: "Engine", answer: "Answer", shown: ShownOptions) -> int:
    """Print hits, each with what contributed to its score, and return the exit code."""
    from moodreel.explanation.explaining import explain_hits
    from moodreel.reports.explanation import part_words

    kept = [hit for hit in answer.hits if not (shown.confident and hit.weak)]
    found = explain_hits(engine.search_index, answer, kept)
    if shown.as_json:
        for hit, explanation in zip(kept, found, strict=True):
            told = explanation.to_dict()
            held = {"parts": told["parts"], "words": told["words"]}
            print_json({**hit.to_dict(), "explanation": held})
        return 0 if kept else NOTHING_FOUND
    code = shown.show(engine, answer.hits)
    for hit, explanation in zip(kept, found, strict=True):
        click.echo(f"{hit.rank}: {part_words(explanation)}")
    return code


def split_text(arguments: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """Tell the text, the first argument unless that is a setting, from key=value settings."""
    if arguments and not (is_override(arguments[0]) and is_setting(arguments[0])):
        return arguments[0], arguments[1:]
    return "", arguments
