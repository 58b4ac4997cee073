"""Settings of the configuration as arguments of a command: KEY=VALUE."""

from collections.abc import Sequence
from pathlib import Path

import click

from moodreel.errors import ConfigurationError

overrides_argument = click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")


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


def is_setting(item: str) -> bool:
    """Whether an argument sets something that the configuration has."""
    from moodreel.registry.settings import KEYS

    key, equals, _ = item.partition("=")
    return bool(equals) and key.partition(".")[0] in KEYS


def check_overrides(items: Sequence[str]) -> None:
    """Refuse a stray argument where only key=value is wanted."""
    for item in items:
        if not is_override(item):
            raise ConfigurationError(
                f"unexpected argument {item!r}: quote a text of several words; "
                "settings are written key=value"
            )
