"""Finding plugins and what they register. Built-in plugins use the same door as strangers'.

A plugin is a module (or object) with hook implementations, named by an entry point in the group
`moodreel`. `MOODREEL_DISABLE_PLUGINS=name,name` leaves some out, so that a broken one can be
passed by without uninstalling it.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy

from moodreel import hookspecs
from moodreel.errors import PluginError, closest

GROUP = "moodreel"


@dataclass(frozen=True)
class Registration:
    """A factory that a plugin registered under a name.

    Args:
        kind: the kind of component, such as "fusion_strategy".
        name: what `plugin:` in registry.yaml refers to.
        factory: called with the options; returns the component.
        module: the entry point's name.
        package: the distribution the plugin comes in, such as "moodreel 0.1.0".
    """

    kind: str
    name: str
    factory: Callable[..., Any]
    module: str
    package: str = ""


Registrations = dict[tuple[str, str], Registration]


def load_plugins(extra: Iterable[ModuleType | object] = ()) -> pluggy.PluginManager:
    """Import every installed plugin and check its hooks.

    Args:
        extra: plugins to add without an entry point, as tests do.

    Raises:
        PluginError: a plugin cannot be imported, or implements a hook that does not exist.
    """
    manager = pluggy.PluginManager("moodreel")
    manager.add_hookspecs(hookspecs)
    disabled = set(os.environ.get("MOODREEL_DISABLE_PLUGINS", "").split(","))
    for entry in sorted(entry_points(group=GROUP)):
        if entry.name not in disabled:
            add_plugin(manager, import_plugin(entry), entry.name)
    for plugin in extra:
        add_plugin(manager, plugin, getattr(plugin, "__name__", repr(plugin)))
    return manager


def import_plugin(entry: EntryPoint) -> object:
    """Import one entry point's module."""
    try:
        return entry.load()
    except Exception as error:
        raise PluginError(
            f"plugin {entry.name!r} ({source_package(entry)}) cannot be imported: "
            f"{type(error).__name__}: {error}. Install what it needs, uninstall it, or set "
            f"MOODREEL_DISABLE_PLUGINS={entry.name}"
        ) from error


def source_package(entry: EntryPoint) -> str:
    """Return "name version" of the distribution that an entry point comes from."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def add_plugin(manager: pluggy.PluginManager, plugin: object, name: str) -> None:
    """Register a plugin with pluggy and refuse hooks that moodreel does not have."""
    try:
        manager.register(plugin, name)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        wrong = unknown_hooks(manager, plugin)
        hint = closest(wrong[0], hookspecs.HOOKS.values()) if wrong else ""
        reason = f"implements the unknown hook {wrong[0]!r}." if wrong else f"{error}"
        raise PluginError(f"plugin {name!r} {reason}{hint}".replace("\n", " ")) from None


def unknown_hooks(manager: pluggy.PluginManager, plugin: object) -> list[str]:
    """Return the names that a plugin marked as hook implementations and that are no hook."""
    marked = [name for name in dir(plugin) if manager.parse_hookimpl_opts(plugin, name)]
    return [name for name in marked if not hasattr(hookspecs, name)]


def gather_components(manager: pluggy.PluginManager) -> Registrations:
    """Ask every plugin for its components.

    Raises:
        PluginError: two plugins register the same name for one kind, or a name or factory
            that cannot be used.
    """
    packages = {entry.name: source_package(entry) for entry in entry_points(group=GROUP)}
    gathered: Registrations = {}
    for kind, hook in hookspecs.HOOKS.items():
        for name, plugin in manager.list_name_plugin():
            others = [other for other in manager.get_plugins() if other is not plugin]
            accept = partial(accept_component, gathered, kind, name, packages.get(name, ""))
            manager.subset_hook_caller(hook, others)(register=accept)
    return gathered


def accept_component(
    gathered: Registrations,
    kind: str,
    plugin: str,
    package: str,
    name: str,
    factory: Callable[..., Any],
) -> None:
    """Take one `register(name, factory)` call of a plugin."""
    if not isinstance(name, str) or not name.strip():
        raise PluginError(f"plugin {plugin!r} registers a {kind} whose name is {name!r}")
    if not callable(factory):
        raise PluginError(f"plugin {plugin!r} registers {kind} {name!r} with no factory to call")
    if (kind, name) in gathered:
        other = gathered[kind, name].module
        raise PluginError(
            f"{kind} {name!r} is registered twice, by plugins {other!r} and {plugin!r}; "
            f"rename one, or set MOODREEL_DISABLE_PLUGINS={plugin}"
        )
    gathered[kind, name] = Registration(kind, name, factory, plugin, package)
