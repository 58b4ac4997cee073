"""Old names: they work for one more release, and say what took their place."""

from collections.abc import Callable
from importlib import import_module
from typing import Any
from warnings import warn


def moved_module(old: str, new: str, removed_in: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module whose contents have moved to another.

    Args:
        old: the module's old name, its `__name__`.
        new: the module that has its names now.
        removed_in: the release that has the old module no more, such as "0.3".
    """

    def find(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {old!r} has no attribute {name!r}")
        found = getattr(import_module(new), name)
        warn(
            f"{old} is {new} now, and the old name goes in {removed_in}: "
            f"write `from {new} import {name}`",
            DeprecationWarning,
            stacklevel=2,
        )
        return found

    return find


def renamed_option(old: str, new: str, removed_in: str) -> None:
    """Warn of an option of a component that was given by its old name."""
    warn(
        f"the option {old!r} is called {new!r} now, and the old name goes in {removed_in}",
        DeprecationWarning,
        stacklevel=2,
    )
