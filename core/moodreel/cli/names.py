"""Wrong names are refused before torch is imported, which takes longer than all other work."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from moodreel.errors import ConfigurationError

if TYPE_CHECKING:
    from moodreel.cli.options import ConfigurationOptions
    from moodreel.registry.registry import Registry

FUSION = "fusion_strategy"


def check_names(
    configuration: "ConfigurationOptions",
    fusions: Sequence[str | None] = (),
    components: Sequence[tuple[str, str]] = (),
) -> None:
    """Refuse an unknown preset, setting, component or option of a component.

    Args:
        configuration: the options of a command.
        fusions: fusion strategies that it asks for beside the preset's; None: the preset's.
        components: others that it asks for, by kind and name.

    Raises:
        ConfigurationError: the first name that is not known, with those that are nearest to it.
    """
    registry = declared_registry(configuration)
    if registry is None:
        return
    for slot in registry.settings.slots:
        registry.check_slot(slot)
    for name in (registry.settings.slots.get(FUSION), *fusions):
        check_fusion(registry, name)
    for kind, name in components:
        registry.find(kind, name)


def declared_registry(configuration: "ConfigurationOptions") -> "Registry | None":
    """Return a registry that knows names and options but can build nothing.

    None where the source of a plugin does not say plainly what it registers: then names are
    checked when all plugins are imported, with the same messages.
    """
    from moodreel.cli.declared import declared_components
    from moodreel.registry.registry import Registry
    from moodreel.registry.settings import load_settings

    settings = load_settings(configuration.preset, configuration.config, configuration.overrides)
    declared = declared_components()
    return None if declared is None else Registry(settings, declared)


def check_fusion(registry: "Registry", name: str | None) -> None:
    """Refuse a fusion strategy that is no component's name nor the folder of a trained one."""
    from moodreel.registry.settings import CHECKPOINT, is_checkpoint

    if name is None:
        return
    if not registry.names_trained(name):
        registry.find(FUSION, name)
    elif not is_checkpoint(name):
        raise ConfigurationError(
            f"{name}: holds no trained strategy, which has a file {CHECKPOINT}"
        )
