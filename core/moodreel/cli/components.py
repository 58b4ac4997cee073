"""`moodreel components`: what there is to choose from."""

from json import dumps
from typing import Any

import click

from moodreel.cli.opening import open_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.tables import print_table


@click.command()
@overrides_argument
@click.option(
    "--kind", metavar="KIND", help="List components of this kind alone, such as fusion_strategy."
)
@click.option(
    "--licences",
    is_flag=True,
    help="List instead the licence of each package and model that a component needs.",
)
@json_option
@configuration_options
def command(
    kind: str | None,
    licences: bool,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """List every component: its plugin, its options, what it needs, and whether it can run now.

    Components that the preset uses are marked with *.
    """
    check_kind(kind)
    registry = open_registry(configuration, strict=False)
    rows = list(registry.described(kind))
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


def check_kind(kind: str | None) -> None:
    """Refuse a kind of component that there is not."""
    from moodreel.errors import ConfigurationError, closest
    from moodreel.hookspecs import HOOKS

    if kind is not None and kind not in HOOKS:
        raise ConfigurationError(f"unknown kind of component {kind!r}.{closest(kind, HOOKS)}")


def print_licences(rows: list[dict[str, Any]]) -> None:
    """Print each package or model once, with its licence and the components that need it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

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
