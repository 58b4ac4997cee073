"""Wrong names are refused before torch is imported, which takes longer than all other work."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moodreel.cli.options import ConfigurationOptions
from moodreel.errors import ConfigurationError

if TYPE_CHECKING:
    from moodreel.registry.registry import Registry

FUSION = "fusion_strategy"


def check_names(
    configuration: ConfigurationOptions,
    fusions: Sequence[str | None] = (),
    components: Sequence[tuple[str, str]] = (),
) -> None:
    """Refuse an unknown preset, setting or component.

    Components are known by their entry points, so no plugin of theirs is imported.

    Args:
        configuration: the options of a command.
        fusions: fusion strategies that it asks for beside the preset's; None: the preset's.
        components: others that it asks for, by kind and name.

    Raises:
        ConfigurationError: the first name that is not known, with those that are nearest to it.
    """
    registry = named_registry(configuration, fusions)
    registry.check_names()
    for name in {registry.settings.slots.get(FUSION), *fusions} - {None}:
        check_trained(registry, str(name))
    for kind, name in components:
        registry.find(kind, name)


def named_registry(
    configuration: ConfigurationOptions, fusions: Sequence[str | None] = ()
) -> "Registry":
    """Return the registry of a command's options, with nothing built or checked."""
    from moodreel.registry.registry import Registry, choose_settings

    settings = choose_settings(
        configuration.preset,
        configuration.config,
        configuration.overrides,
        fusions=[name for name in fusions if name is not None],
        plugins=configuration.plugins,
    )
    return Registry(settings)


def check_trained(registry: "Registry", name: str) -> None:
    """Refuse a folder that holds no trained strategy."""
    from moodreel.registry.settings import CHECKPOINT, is_checkpoint

    if registry.names_trained(name) and not is_checkpoint(name):
        raise ConfigurationError(
            f"{name}: holds no trained strategy, which has a file {CHECKPOINT}"
        )
