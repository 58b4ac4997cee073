"""`moodreel components`: what there is to choose from."""

from json import dumps
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.options import check_overrides, configuration_options, json_option

if TYPE_CHECKING:
    from moodreel.registry.entries import Entry
    from moodreel.registry.registry import Registry


@click.command()
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--kind", metavar="KIND", help="Only this kind, such as fusion_strategy.")
@click.option("--licences", is_flag=True, help="List what each needs with its licence instead.")
@json_option
@configuration_options
def command(
    overrides: tuple[str, ...],
    kind: str | None,
    licences: bool,
    as_json: bool,
    preset: str,
    config: str | None,
) -> int:
    """List every component: its plugin, its options, what it needs, and whether it can run now.

    Components that the preset uses are marked with *.
    """
    from moodreel.registry.registry import Registry

    registry = Registry.load(preset, config, check_overrides(overrides), strict=False)
    rows = [registry.describe(entry) for entry in chosen_entries(registry, kind)]
    for (orphan, _), problem in registry.orphans.items():
        if kind in (None, orphan):
            click.echo(f"left out: {problem}", err=True)
    for broken in registry.problems:
        click.echo(f"broken: {broken}", err=True)
    if as_json:
        for row in rows:
            click.echo(dumps(row, ensure_ascii=False))
    elif licences:
        print_licences(rows)
    else:
        print_rows(rows)
    return 1 if registry.problems else 0


def chosen_entries(registry: "Registry", kind: str | None) -> list["Entry"]:
    """Return the entries of one kind, or of all, by kind and name."""
    from moodreel.errors import ConfigurationError, closest
    from moodreel.hookspecs import HOOKS

    if kind is not None and kind not in HOOKS:
        raise ConfigurationError(f"unknown kind of component {kind!r}.{closest(kind, HOOKS)}")
    order = list(HOOKS)
    entries = [entry for entry in registry.entries.values() if kind in (None, entry.kind)]
    return sorted(entries, key=lambda entry: (order.index(entry.kind), entry.name))


def print_licences(rows: list[dict[str, Any]]) -> None:
    """Print each package or model once, with its licence and the components that need it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from moodreel.cli.hits import print_table

    users: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for need, licence in row["licences"].items():
            users.setdefault((need, licence), []).append(f"{row['kind']} {row['name']}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("package or model", "licence", "needed by"):
        table.add_column(name, overflow="fold")
    for (need, licence), names in sorted(users.items()):
        table.add_row(*map(Text, (need, licence, ", ".join(names))))
    print_table(table)


def print_rows(rows: list[dict[str, Any]]) -> None:
    """Print one table for all kinds."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from moodreel.cli.hits import print_table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("kind", "name", "plugin", "options", "needs", "can run"):
        table.add_column(name, overflow="fold")
    shown = ""
    for row in rows:
        options = ", ".join(f"{name}={value}" for name, value in row["options"].items())
        name = f"{'*' if row['used'] else ' '} {row['name']}"
        kind = row["kind"] if row["kind"] != shown else ""
        shown = row["kind"]
        plugin = f"{row['plugin']} ({row['package']})" if row["package"] else row["plugin"]
        needs = ", ".join(row["needs"]) or "-"
        cells = (kind, name, plugin, options or "-", needs, row["problem"] or "yes")
        table.add_row(*map(Text, cells))
    print_table(table)
