"""Errors that reach a user: one line saying what, where and what to do."""

from collections.abc import Iterable
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from moodreel.paths import shown_path


class MoodreelError(Exception):
    """The base of every error that moodreel raises on purpose.

    Its message is one line, fit to be shown to a user as it is. `exit_code` is what the
    command line returns: 1 for inputs that failed, 2 for a wrong call or configuration.
    """

    exit_code = 1


class ConfigurationError(MoodreelError):
    """A name, an option or a combination in the configuration is wrong."""

    exit_code = 2


class PluginError(ConfigurationError):
    """A plugin cannot be loaded or registered something that cannot be accepted."""


class Note(UserWarning):
    """Something that a user should know, and that stops nothing.

    Its message is one line, fit to be shown to a user as it is. The command line prints it, the
    API returns it as one of `notes`, and Python shows it as a warning.
    """


class ChangedCode(Note):
    """A component's code has changed, but not the `version` that its outputs are stored under."""


class DamagedIndex(Note):
    """An index holds something damaged, which an earlier version let in."""


class MissingPackage(ConfigurationError):
    """A component needs a package that is not installed; the message holds the command."""


class InvalidInput(MoodreelError):
    """A value given by the user (a query, an emotion, a path) cannot be used."""

    exit_code = 2


class CatalogError(MoodreelError):
    """The index on disk cannot be opened, read or written."""


class MissingIndex(CatalogError):
    """The folder holds no index."""

    exit_code = 2


class NotIndexed(CatalogError):
    """The index does not hold the video that is asked for."""


class DamagedVideo(CatalogError):
    """What the index holds of a video is damaged."""

    def __init__(self, path: str) -> None:
        name = shown_path(path)
        super().__init__(f"{name}: what is stored of it is damaged; make it again: moodreel index")


class UnreadableVideo(MoodreelError):
    """A file cannot be read as a video. `reason` is the part after the path."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{shown_path(str(path))}: {reason}")
        self.path = str(path)
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.path, self.reason)


def closest(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean ...? Known: ..." for an unknown `name`, closest names first.

    >>> closest("bseline", ["late", "baseline"])
    " Did you mean 'baseline'? Known: baseline, late."
    """
    names = sorted(map(str, known))
    near = get_close_matches(name, names, n=2, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return f"{hint} Known: {', '.join(names) or 'none'}."


def is_installed(module: str) -> bool:
    """Whether a module could be imported, found without importing it."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
