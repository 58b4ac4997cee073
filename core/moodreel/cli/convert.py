"""`moodreel convert`: a published checkpoint into a folder that a component loads."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.options import check_overrides, configuration_options

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
    preset: str,
    config: str | None,
) -> int:
    """Turn SOURCE, a checkpoint in another form, into a folder that COMPONENT loads.

    SOURCE is a file, a folder, or whatever the component's plugin can read. Nothing in it is run.
    """
    from moodreel.registry.registry import Registry

    entry = find_converter(Registry.load(preset, config), component)
    given = dict(item.split("=", 1) for item in check_overrides(options))
    click.echo(run_converter(entry, source, Path(folder), given))
    return 0


def find_converter(registry: "Registry", name: str) -> "Entry":
    """Return the entry of a component whose factory converts checkpoints."""
    from moodreel.errors import ConfigurationError, closest
    from moodreel.interfaces import Converter

    able = {
        entry.name: entry
        for entry in registry.entries.values()
        if isinstance(entry.registration.factory, Converter)
    }
    if name not in able:
        known = closest(name, able)
        raise ConfigurationError(f"no component {name!r} that converts checkpoints.{known}")
    return able[name]


def run_converter(entry: "Entry", source: str, folder: Path, given: dict[str, str]) -> str:
    """Check the options as a component's are checked, and convert."""
    from moodreel.registry.entries import (
        check_options,
        check_packages,
        convert_option,
        factory_hints,
    )

    convert = entry.registration.factory.convert  # type: ignore[attr-defined]
    taking = partial(convert, source, folder)
    options_of = replace(entry, registration=entry.registration.with_factory(taking))
    check_packages(entry)
    check_options(options_of, given)
    hints = factory_hints(convert)
    return taking(
        **{
            name: convert_option(options_of, name, hints.get(name, Any), value)
            for name, value in given.items()
        }
    )
