"""Which configuration and which index a command works with, and what is built from that."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import click

from moodreel.cli.groups import option_group
from moodreel.cli.overrides import check_overrides

if TYPE_CHECKING:
    from moodreel.components import Components
    from moodreel.engine.engine import Engine
    from moodreel.registry.registry import Registry


@dataclass(frozen=True)
class ConfigurationOptions:
    """The configuration that a command works with, and the index.

    Args:
        preset: a name under `presets` in registry.yaml.
        config: a YAML file merged over registry.yaml.
        index: the folder of the index; commands without one leave it alone.
        overrides: settings as "key=value", merged over both files.
        plugins: Python files with plugins that are not installed.

    Raises:
        ConfigurationError: an override is no key=value.
    """

    preset: str
    config: str | None
    index: str = ".moodreel"
    overrides: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_overrides(self.overrides)

    def with_overrides(self, items: Sequence[str]) -> Self:
        """Return the options with further settings."""
        return replace(self, overrides=(*self.overrides, *items))


preset_option = click.option(
    "--preset",
    default="starter",
    show_default=True,
    metavar="NAME",
    help="The preset of the registry that chooses the components.",
)
config_option = click.option(
    "--config",
    envvar="MOODREEL_CONFIG",
    show_envvar=True,
    metavar="FILE",
    help="A YAML file of your own, merged over registry.yaml.",
)
index_option = click.option(
    "--index",
    default=".moodreel",
    envvar="MOODREEL_INDEX",
    show_default=True,
    show_envvar=True,
    metavar="DIR",
    help="The folder of the index.",
)
plugin_option = click.option(
    "--plugin",
    "plugins",
    multiple=True,
    metavar="FILE.py",
    help="A Python file with a plugin that is not installed; may repeat. Also `plugins` in FILE of "
    "--config, or MOODREEL_PLUGINS.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
configuration_options = option_group(
    "configuration", ConfigurationOptions, preset_option, config_option, plugin_option
)
index_options = option_group(
    "configuration",
    ConfigurationOptions,
    index_option,
    preset_option,
    config_option,
    plugin_option,
)


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
    from moodreel.cli.names import check_names

    check_names(configuration, fusions)
    check_index(configuration.index)
    return open_engine(configuration, fusions)


def check_index(folder: str) -> None:
    """Refuse a folder without an index, or with one that this moodreel cannot read."""
    from moodreel.catalog.catalog import Catalog

    Catalog(folder).close()
