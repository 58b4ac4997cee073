"""Where plugins come from, as errors name it."""

from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path

from moodreel.errors import PluginError


@dataclass(frozen=True)
class PluginSource:
    """Where a plugin comes from.

    Args:
        module: the entry point's name, or the file's.
        package: the distribution it comes in, such as "moodreel 0.1.0", or the file.
        around: how to do without it.
    """

    module: str
    package: str
    around: str

    @classmethod
    def installed(cls, entry: EntryPoint) -> "PluginSource":
        """Return the source of an entry point."""
        package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
        return cls(entry.name, package, f"set MOODREEL_DISABLE_PLUGINS={entry.name}")

    @classmethod
    def file(cls, path: Path) -> "PluginSource":
        """Return the source of a file."""
        return cls(path.name, str(path), f"leave out {path.name}")

    def __str__(self) -> str:
        return f"plugin {self.module!r} ({self.package})"

    @property
    def builtin(self) -> bool:
        """Whether it comes with moodreel."""
        return self.package.startswith("moodreel ")

    def error(self, problem: str, todo: str) -> PluginError:
        """Return the error for something wrong with the plugin, on one line."""
        return PluginError(" ".join(f"{self} {problem}; {todo}, or {self.around}".split()))
