"""`moodreel weights`: what each preset needs, whether it is here, and fetching it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.groups import option_group
from moodreel.cli.options import ConfigurationOptions, config_option, json_option, plugin_option
from moodreel.cli.tables import print_json, print_table
from moodreel.paths import shown_path

if TYPE_CHECKING:
    from moodreel.registry.needs import Need
    from moodreel.registry.registry import Registry
    from moodreel.weights.fetching import OnBytes

GET = "get"
BEST, AUTO = "best", "auto"


@click.command()
@click.argument("asked", nargs=-1, metavar="[get NAME]...")
@json_option
@option_group("configuration", ConfigurationOptions, config_option, plugin_option)
def command(asked: tuple[str, ...], as_json: bool, configuration: ConfigurationOptions) -> int:
    """List what each preset needs: from where, how large, under which licence, whether it is here.

    `moodreel weights get NAME` fetches what a preset, or a component of this name, needs from the
    model hub; NAME may repeat, and `best` is the first preset that `auto` would take. A fetch that
    was broken off is gone on with, and what came is taken only where its digest is the hub's.
    """
    check_asked(asked)
    if asked:
        return fetch_all(asked[1:], configuration)
    rows = list(preset_rows(configuration))
    if as_json:
        for preset, need in rows:
            print_json({"preset": preset, **told(need)})
    else:
        print_rows(rows)
        tell_automatic(configuration)
    return 0


def check_asked(asked: Sequence[str]) -> None:
    """Refuse anything but `get NAME...`."""
    from moodreel.errors import ConfigurationError

    if asked and (asked[0] != GET or len(asked) == 1):
        raise ConfigurationError(
            f"{' '.join(asked)!r}: write moodreel weights, or moodreel weights get NAME, such as "
            "moodreel weights get best"
        )


def preset_registry(configuration: ConfigurationOptions, preset: str) -> "Registry":
    """Return the registry of a preset, with nothing built or checked."""
    from moodreel.registry.registry import Registry
    from moodreel.registry.settings import load_settings

    settings = load_settings(preset, configuration.config, plugins=configuration.plugins)
    return Registry(settings, strict=False)


def preset_rows(configuration: ConfigurationOptions) -> "Iterator[tuple[str, Need]]":
    """Yield each preset with what it needs: weights, and packages that are not installed."""
    from moodreel.registry.needs import preset_needs
    from moodreel.registry.settings import preset_alternatives

    for preset, others in preset_alternatives(configuration.config).items():
        if not others:
            for need in preset_needs(preset_registry(configuration, preset)):
                if need.holds_weights or not need.is_there:
                    yield preset, need


def told(need: "Need") -> dict[str, Any]:
    """Return a need as JSON has it."""
    return {
        "needs": need.name,
        "from": need.source,
        "megabytes": need.megabytes,
        "licence": need.licence,
        "here": need.is_there,
    }


def print_rows(rows: "Sequence[tuple[str, Need]]") -> None:
    """Print one table for all presets."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("preset", "needs", "from", "size", "licence", "here"):
        table.add_column(name, overflow="fold")
    shown = ""
    for preset, need in rows:
        size = "-" if need.megabytes is None else f"{need.megabytes:.3g} MB"
        cells = (
            need.name,
            need.source,
            size,
            need.licence or "-",
            "yes" if need.is_there else "no",
        )
        table.add_row(*map(Text, ("" if preset == shown else preset, *cells)))
        shown = preset
    print_table(table)


def tell_automatic(configuration: ConfigurationOptions) -> None:
    """Say in which order the preset `auto` looks, and what it would take now."""
    from moodreel.registry.registry import first_ready
    from moodreel.registry.settings import preset_alternatives

    for preset, others in preset_alternatives(configuration.config).items():
        if others:
            taken = first_ready(others, configuration.config, configuration.plugins)
            click.echo(f"{preset} takes the first that is here of {', '.join(others)}: now {taken}")
    click.echo("moodreel weights get NAME fetches what a preset lacks from the hub")


def fetch_all(names: Sequence[str], configuration: ConfigurationOptions) -> int:
    """Fetch the models of several presets or components; say of each where it is."""
    wanted = {
        need.name: (need.model, need.licence)
        for name in names
        for need in wanted_models(name, configuration)
        if need.model is not None
    }
    for model, licence in wanted.values():
        from moodreel.weights.fetching import fetch_model

        with bytes_bar(model.name) as on_bytes:
            folder = fetch_model(model, on_bytes)
        click.echo(shown_path(f"{model.name}: here, in {folder} ({licence})"))
    return 0


def wanted_models(name: str, configuration: ConfigurationOptions) -> "list[Need]":
    """Return the models of a hub that a preset, or else a component of a name, needs.

    Raises:
        ConfigurationError: no such name, or it needs something else that is not here.
    """
    from moodreel.errors import ConfigurationError

    needs = named_needs(name, configuration)
    models = [need for need in needs if need.model is not None]
    lacks = [need for need in needs if need.model is None and not need.is_there]
    if lacks and not models:
        raise ConfigurationError(f"{name}: needs {lacks[0].name}: {lacks[0].source}")
    for need in lacks:
        click.echo(f"{name} also needs {need.name}: {need.source}", err=True)
    if not models:
        click.echo(f"{name}: needs nothing of the hub; all of it is here", err=True)
    return models


def named_needs(name: str, configuration: ConfigurationOptions) -> "list[Need]":
    """Return what a preset, or else the components of a name, need."""
    from moodreel.errors import ConfigurationError, closest
    from moodreel.registry.needs import entry_needs, preset_needs
    from moodreel.registry.settings import preset_alternatives

    presets = preset_alternatives(configuration.config)
    if name in (BEST, AUTO) and presets.get(AUTO):
        name = presets[AUTO][0]
    if name in presets:
        return preset_needs(preset_registry(configuration, name))
    registry = preset_registry(configuration, next(iter(presets)))
    entries = [entry for entry in registry.entries.values() if entry.name == name]
    if not entries:
        known = {BEST, *presets, *(entry.name for entry in registry.entries.values())}
        raise ConfigurationError(f"unknown preset or component {name!r}.{closest(name, known)}")
    found = {need.name: need for entry in entries for need in entry_needs(registry, entry)}
    return list(found.values())


@contextmanager
def bytes_bar(name: str) -> "Iterator[OnBytes]":
    """Show how much of a model is here, on stderr where that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(name, markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    shown = console.is_terminal
    if not shown:
        click.echo(f"{name}: fetching", err=True)
    with Progress(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
