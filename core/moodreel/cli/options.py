"""Which configuration and which index a command works with."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import click

from moodreel.cli.groups import option_group
from moodreel.cli.overrides import check_overrides


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

    preset: str = "starter"
    config: str | None = None
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
