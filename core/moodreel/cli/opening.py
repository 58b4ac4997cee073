"""What is built from a command's options: a registry, components, or an engine with its index."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moodreel.cli.names import check_names
from moodreel.cli.options import ConfigurationOptions

if TYPE_CHECKING:
    from moodreel.components import Components
    from moodreel.engine.engine import Engine
    from moodreel.registry.registry import Registry


def open_registry(
    configuration: ConfigurationOptions, fusions: Sequence[str | None] = (), strict: bool = True
) -> "Registry":
    """Build the registry of a command's options: the one place where all of them meet.

    Args:
        configuration: the command's options.
        fusions: fusion strategies that the command asks for beside the preset's, by name or as
            the folder of a trained one; None stands for the preset's. Options that are given
            for the slot are theirs.
        strict: whether a broken plugin is refused; False passes it by, see `Registry.problems`.

    Raises:
        ConfigurationError: an unknown name or option, found before torch is imported.
    """
    from moodreel.registry.registry import Registry

    return Registry.load(
        configuration.preset,
        configuration.config,
        configuration.overrides,
        fusions=[name for name in fusions if name is not None],
        plugins=configuration.plugins,
        strict=strict,
    )


def open_components(
    configuration: ConfigurationOptions, fusions: Sequence[str | None] = ()
) -> "Components":
    """Build the components of a command that has no index."""
    registry = open_registry(configuration, fusions)
    from moodreel.components import Components

    return Components(registry)


def open_engine(
    configuration: ConfigurationOptions, fusions: Sequence[str | None] = ()
) -> "Engine":
    """Build the engine of a command; there need not be an index yet."""
    registry = open_registry(configuration, fusions)
    from moodreel.engine.engine import Engine

    return Engine(registry, configuration.index)


def open_index(configuration: ConfigurationOptions, fusions: Sequence[str | None] = ()) -> "Engine":
    """Build the engine of a command that searches the index.

    Raises:
        MissingIndex: there is none, found before anything is built.
    """
    check_names(configuration, fusions)
    check_index(configuration.index)
    return open_engine(configuration, fusions)


def check_index(folder: str) -> None:
    """Refuse a folder without an index, or with one that this moodreel cannot read."""
    from moodreel.catalog.catalog import Catalog

    Catalog(folder).close()
