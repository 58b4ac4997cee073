"""Options that commands share, and the engine they describe."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from moodreel.emotions import parse_emotions
from moodreel.errors import ConfigurationError, InvalidInput

if TYPE_CHECKING:
    from moodreel.engine.engine import Engine

Function = TypeVar("Function", bound=Callable[..., Any])

index_option = click.option(
    "--index",
    "index_folder",
    default=".moodreel",
    envvar="MOODREEL_INDEX",
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="The folder of the index.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


def configuration_options(function: Function) -> Function:
    """Add --preset and --config."""
    function = click.option(
        "--config",
        envvar="MOODREEL_CONFIG",
        show_envvar=True,
        metavar="FILE",
        help="A YAML file merged over registry.yaml.",
    )(function)
    return click.option(
        "--preset",
        default="starter",
        show_default=True,
        metavar="NAME",
        help="Which preset of the registry to use.",
    )(function)


def query_options(function: Function) -> Function:
    """Add what the searching commands share."""
    options = [
        click.option("--top", default=10, show_default=True, metavar="N", help="How many hits."),
        click.option(
            "--fusion",
            metavar="NAME",
            help="Another fusion strategy for this query: its name, or a trained one's folder.",
        ),
        click.option("--min-score", type=float, metavar="X", help="Leave out lower scores."),
        click.option(
            "--confident", is_flag=True, help="Leave out hits that are no confident match."
        ),
        click.option(
            "--merge/--no-merge",
            default=True,
            show_default=True,
            help="Join neighbouring hits of one video into one moment.",
        ),
        click.option(
            "--thumbnails", metavar="DIR", help="Write a picture of each hit into this folder."
        ),
        json_option,
        index_option,
        configuration_options,
    ]
    for option in reversed(options):
        function = option(function)
    return function


def filter_options(function: Function) -> Function:
    """Add what says which videos count."""
    seconds = click.FloatRange(min=0)
    options = [
        click.option(
            "--path", default="", metavar="TEXT", help="Only videos with TEXT in their path."
        ),
        click.option(
            "--longer", type=seconds, metavar="S", help="Only videos of S seconds or more."
        ),
        click.option(
            "--shorter", type=seconds, metavar="S", help="Only videos of S seconds or less."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


weight_option = click.option(
    "--weight",
    type=float,
    metavar="W",
    help="Weight of mood against content, 0 to 1.  [default: the strategy's]",
)
emotion_option = click.option(
    "--emotion",
    "emotions",
    multiple=True,
    metavar="NAME=X",
    help="An emotion wanted (joy=0.8) or not wanted (anger=-1), -1 to 1; may repeat. "
    "'none' takes no notice of emotion. Without it, the query's own emotions are used.",
)


def read_emotions(notation: Sequence[str]) -> dict[str, float] | None:
    """Return the emotions given by --emotion: None if there are none, {} for 'none'."""
    if "none" not in notation:
        return parse_emotions(notation) or None
    if len(notation) > 1:
        raise InvalidInput("--emotion none cannot be combined with other emotions")
    return {}


def split_overrides(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Tell trailing key=value overrides from other arguments.

    An argument is an override if its key is a plain dotted name and no file of that name exists.
    """
    overrides = [item for item in arguments if is_override(item)]
    return [item for item in arguments if item not in overrides], overrides


def is_override(item: str) -> bool:
    """Whether an argument reads as key=value."""
    key, equals, _ = item.partition("=")
    dotted = all(part.replace("-", "_").isidentifier() for part in key.split("."))
    return bool(equals) and dotted and not Path(item).exists()


def check_overrides(items: Sequence[str]) -> list[str]:
    """Refuse a stray argument where only key=value is wanted."""
    for item in items:
        if not is_override(item):
            raise ConfigurationError(
                f"unexpected argument {item!r}: quote a text of several words; "
                "settings are written key=value"
            )
    return list(items)


def open_engine(
    index_folder: str, preset: str, config: str | None, overrides: Sequence[str] = ()
) -> "Engine":
    """Build the engine for a command's options."""
    from moodreel.engine.engine import Engine

    return Engine.from_preset(preset, index=index_folder, config=config, overrides=overrides)
