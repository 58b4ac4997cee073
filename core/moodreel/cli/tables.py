"""Tables and JSON on stdout, and how numbers stand in tables."""

import sys
from json import dumps
from typing import TYPE_CHECKING, Any

import click

from moodreel.paths import json_text, shown_path

if TYPE_CHECKING:
    from rich.table import Table

    from moodreel.reports.sections import Section

WIDEST = 100_000  # columns; a measure is cut to the console's width
EMOTIONS_SHOWN = 2


def print_table(table: "Table") -> None:
    """Print a table to stdout, as wide as its contents where that is not a terminal."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, Console(width=WIDEST).measure(table).maximum))
    console.print(table)


def print_json(held: Any) -> None:
    """Print plain values as one JSON object on a line, in ASCII where stdout takes no more."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    click.echo(json_text(held) if encoding.lower().startswith("utf") else dumps(held))


def print_section(section: "Section") -> None:
    """Print one table of a report with its title and note."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(section.head):
        table.add_column(name, justify="left" if place < 2 else "right", no_wrap=True)
    for row in section.rows:
        table.add_row(*(Text(shown_path(cell)) for cell in row))
    click.echo(shown_path(section.title))
    print_table(table)
    if section.note:
        click.echo(f"{section.note}\n")


def clock(seconds: float) -> str:
    """Return seconds as m:ss.s, with hours where there are any.

    >>> clock(65.25), clock(3600)
    ('1:05.2', '1:00:00.0')
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{rest:04.1f}"


def strongest(emotions: dict[str, float]) -> str:
    """Return the strongest emotions in words, such as "joy 0.82, surprise 0.10"."""
    seen = sorted(emotions.items(), key=lambda item: -item[1])[:EMOTIONS_SHOWN]
    return ", ".join(f"{name} {value:.2f}" for name, value in seen) or "-"
