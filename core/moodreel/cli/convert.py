"""`moodreel convert`: a published checkpoint into a folder that a component loads."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.names import named_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options
from moodreel.cli.overrides import check_overrides

if TYPE_CHECKING:
    from moodreel.registry.entries import Entry
    from moodreel.registry.registry import Registry


@click.command()
@click.argument("component")
@click.argument("source")
@click.argument("options", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--to", "folder", required=True, metavar="DIR", help="The folder to write.")
@configuration_options
def command(
    component: str,
    source: str,
    options: tuple[str, ...],
    folder: str,
    configuration: ConfigurationOptions,
) -> int:
    """Convert SOURCE, a checkpoint in another form, into a folder that COMPONENT loads.

    SOURCE is a file or a folder in a form that the component's plugin reads; KEY=VALUE are options
    of the conversion. No code in SOURCE is run.
    """
    check_overrides(options)
    given = dict(item.split("=", 1) for item in options)
    entry = find_converter(named_registry(configuration), component)
    click.echo(run_converter(entry, source, Path(folder), given))
    return 0


def find_converter(registry: "Registry", name: str) -> "Entry":
    """Return the entry of a component whose factory converts checkpoints."""
    from moodreel.errors import ConfigurationError, closest

    entries = list(registry.entries.values())
    named = [entry for entry in entries if entry.name == name]
    if not named:  # said without importing a plugin
        known = closest(name, {entry.name for entry in entries})
        raise ConfigurationError(f"unknown component {name!r}.{known}")
    able = next(filter(converts, named), None)
    if able is None:
        known = closest(name, {entry.name for entry in filter(converts, entries)})
        raise ConfigurationError(f"component {name!r} converts no checkpoints.{known}")
    return able


def converts(entry: "Entry") -> bool:
    """Whether a component's factory converts checkpoints; that of a broken plugin does not."""
    from moodreel.errors import PluginError
    from moodreel.interfaces import Converter

    try:
        factory = entry.registration.factory
        return isinstance(factory, Converter) and callable(factory.convert)
    except PluginError:
        return False


def as_converter(entry: "Entry", source: str, folder: Path) -> "Entry":
    """Return an entry whose factory is the conversion and whose options are those of it."""
    convert = entry.registration.factory.convert  # type: ignore[attr-defined]
    converting = partial(convert, source, folder)
    return replace(entry, registration=entry.registration.with_factory(converting))


def run_converter(entry: "Entry", source: str, folder: Path, given: Mapping[str, str]) -> str:
    """Check the options as a component's are checked, and convert."""
    from moodreel.registry import entries

    converter = as_converter(entry, source, folder)
    entries.check_packages(entry)
    entries.check_options(converter, given)
    hints = entries.factory_hints(entry.registration.factory.convert)  # type: ignore[attr-defined]
    options = {
        name: entries.convert_option(converter, name, hints.get(name, Any), value)
        for name, value in given.items()
    }
    return converter.registration.factory(**options)
