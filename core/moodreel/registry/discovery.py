"""Finding plugins and what they register. Built-in plugins use the same door as strangers'.

A plugin is a module (or object) with hook implementations. An entry point in the group `moodreel`
names one that is imported to see what it registers. An entry point in the group `moodreel.KIND`,
such as `moodreel.fusion_strategy`, is called as the component is, and its plugin is imported when
the component is first used, so that many plugins cost no time. A file can be a plugin too.
`MOODREEL_DISABLE_PLUGINS=name,name` leaves installed ones out, so that a broken one can be passed
by without uninstalling it.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pluggy

from moodreel import hookspecs
from moodreel.errors import PluginError, closest
from moodreel.interfaces.contracts import told
from moodreel.interfaces.plugin_files import load_file
from moodreel.registry.registrations import Call, Registrar, Registrations
from moodreel.registry.sources import PluginSource

GROUP = "moodreel"


@dataclass(frozen=True)
class Discovery:
    """What plugins register, and what is wrong with those that were passed by."""

    registrations: Registrations
    problems: Sequence[PluginError] = ()


@cache
def installed_plugins() -> Discovery:
    """Return what the installed plugins register, found once a process."""
    return discover()


def discover(files: Iterable[Path] = (), extra: Iterable[object] = ()) -> Discovery:
    """Import plugins and ask each for its components; a broken one costs nobody else anything.

    Args:
        files: plugins that are not installed.
        extra: plugins without an entry point, as tests have them.
    """
    manager, registrar = plugin_manager(), Registrar()
    problems: list[PluginError] = []
    for kind in hookspecs.HOOKS:
        for source, entry in installed(f"{GROUP}.{kind}"):
            find = partial(load_named, source, entry, kind)
            try:
                registrar.expect(source, kind, entry.name, find)
            except PluginError as error:
                problems.append(error)
    for source, load in plugin_loaders(files, extra):
        try:
            registrar.accept(source, ask_plugin(manager, source, load()))
        except PluginError as error:
            problems.append(error)
    return Discovery(registrar.registrations, problems)


def plugin_manager() -> pluggy.PluginManager:
    """Return a manager that knows moodreel's hooks."""
    manager = pluggy.PluginManager("moodreel")
    manager.add_hookspecs(hookspecs)
    return manager


def installed(group: str) -> list[tuple[PluginSource, EntryPoint]]:
    """Return the entry points of a group that are not disabled: moodreel's own first."""
    disabled = set(os.environ.get("MOODREEL_DISABLE_PLUGINS", "").split(","))
    found = [(PluginSource.installed(entry), entry) for entry in entry_points(group=group)]
    kept = [pair for pair in found if pair[0].module not in disabled]
    return sorted(kept, key=lambda pair: (not pair[0].builtin, pair[0].module))


def load_named(source: PluginSource, entry: EntryPoint, kind: str) -> Callable[..., Any]:
    """Import the plugin of a component that an entry point names; return its factory."""
    registrar = Registrar()
    plugin = import_plugin(source, entry)
    registrar.accept(source, ask_plugin(plugin_manager(), source, plugin))
    found = registrar.registrations.get((kind, entry.name))
    if found is None:
        problem = f"registers no {kind} {entry.name!r}, which its entry point names"
        raise source.error(problem, "make the names the same")
    return found.factory


def plugin_loaders(
    files: Iterable[Path], extra: Iterable[object]
) -> Iterator[tuple[PluginSource, Callable[[], object]]]:
    """Yield every plugin's source and what loads it: installed ones first."""
    for source, entry in installed(GROUP):
        yield source, partial(import_plugin, source, entry)
    for path in files:
        yield PluginSource.file(path), partial(import_file, path)
    for plugin in extra:
        name = getattr(plugin, "__name__", repr(plugin))
        yield PluginSource(name, "given", f"leave out {name}"), partial(itself, plugin)


def itself(plugin: object) -> object:
    """Return a plugin that is loaded already."""
    return plugin


def import_plugin(source: PluginSource, entry: EntryPoint) -> object:
    """Import one entry point's module."""
    try:
        return entry.load()
    except Exception as error:
        problem = f"cannot be imported: {told(error)}"
        raise source.error(problem, "install what it needs, or uninstall it") from error


def import_file(path: Path) -> object:
    """Import a plugin's file."""
    try:
        return load_file(path)
    except Exception as error:
        problem = f"cannot be imported: {told(error)}"
        raise PluginSource.file(path).error(problem, "mend the file") from error


def ask_plugin(manager: pluggy.PluginManager, source: PluginSource, plugin: object) -> list[Call]:
    """Return the calls of `register` that a plugin's hooks make, each with its kind."""
    check_hooks(manager, source, plugin)
    calls: list[Call] = []
    others = [other for other in manager.get_plugins() if other is not plugin]
    for kind, hook in hookspecs.HOOKS.items():
        try:
            manager.subset_hook_caller(hook, others)(register=partial(note_call, calls, kind))
        except Exception as error:
            problem = f"fails in {hook}: {told(error)}"
            raise source.error(problem, "mend the plugin") from error
    return calls


def note_call(calls: list[Call], kind: str, /, *given: Any, **named: Any) -> None:
    """Keep what a plugin calls `register` with, to be looked at when its hooks are done."""
    calls.append((kind, given, named))


def check_hooks(manager: pluggy.PluginManager, source: PluginSource, plugin: object) -> None:
    """Register a plugin with pluggy; refuse one without hooks, or with hooks that are unknown."""
    try:
        manager.register(plugin, source.module)
        manager.check_pending()
    except (pluggy.PluginValidationError, ValueError) as error:
        manager.unregister(plugin) if manager.is_registered(plugin) else None
        wrong = unknown_hooks(manager, plugin)
        if wrong:
            hint = closest(wrong[0], hookspecs.HOOKS.values())
            raise source.error(
                f"implements the unknown hook {wrong[0]!r}.{hint}", "rename it"
            ) from None
        raise source.error(f"is refused: {error}", "mend the plugin") from None
    if not manager.get_hookcallers(plugin):
        raise source.error(f"registers nothing: {without_hooks(plugin)}", "mend the plugin")


def unknown_hooks(manager: pluggy.PluginManager, plugin: object) -> list[str]:
    """Return the names that a plugin marked as hook implementations and that are no hook."""
    marked = [name for name in dir(plugin) if manager.parse_hookimpl_opts(plugin, name)]
    return [name for name in marked if name not in hookspecs.HOOKS.values()]


def without_hooks(plugin: object) -> str:
    """Say why a plugin has no hook implementations."""
    for hook in hookspecs.HOOKS.values():
        function = getattr(plugin, hook, None)
        if function is None:
            continue
        others = [name for name in vars(function) if name.endswith("_impl")]
        if others:
            other = others[0].removesuffix("_impl")
            return f"{hook} carries the marker of {other!r}: use `from moodreel import hookimpl`"
        return f"{hook} lacks the decorator @hookimpl (`from moodreel import hookimpl`)"
    return f"it has none of the hooks {', '.join(hookspecs.HOOKS.values())}"
