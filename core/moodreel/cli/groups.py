"""Options that several commands share, handed to a command as one value."""

from collections.abc import Callable
from dataclasses import fields
from functools import wraps
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def together(*options: Decorator) -> Decorator:
    """Return a decorator that adds options to a command, in the order in which help lists them."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def option_group(parameter: str, kind: type, *options: Decorator) -> Decorator:
    """Return a decorator that adds options to a command and hands it their values as one.

    Args:
        parameter: the name under which the command's function takes the value.
        kind: a dataclass. Values of options are taken by the names of its fields; a field of
            which a command has no option keeps its default.
        options: in the order in which help lists them.
    """
    names = [field.name for field in fields(kind)]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def call(**given: Any) -> Any:
            taken = {name: given.pop(name) for name in names if name in given}
            return function(**{parameter: kind(**taken)}, **given)

        return together(*options)(call)

    return decorate
