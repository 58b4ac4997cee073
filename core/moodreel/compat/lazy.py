"""Public names of a package that are imported when they are first used."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's `__getattr__`, so that importing the package stays light.

    Args:
        package: the package's own name.
        homes: public name -> module inside the package that defines it, such as
            {"Registry": "registry"}.

    >>> find = lazy_names("moodreel", {"Emotion": "emotions"})
    >>> find("Emotion").__name__
    'Emotion'
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{homes[name]}"), name)

    return find
