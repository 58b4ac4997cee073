"""Pages of HTML that need no other file."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from moodreel.paths import shown_path

STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:70rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;margin:1rem 0}th,td{padding:.25rem .7rem;text-align:right}
th{border-bottom:2px solid #888}td{border-bottom:1px solid #ddd}
th:first-child,td:first-child{text-align:left}.note{color:#555}svg{max-width:100%;height:auto}
"""


def page(title: str, body: Iterable[str], script: str = "") -> str:
    """Return a whole page."""
    scripts = f"<script>{script}</script>" if script else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{''.join(body)}{scripts}</body></html>\n"
    )


def html_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table."""
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    lines = (
        f"<tr>{''.join(f'<td>{escape(shown_path(str(cell)))}</td>' for cell in row)}</tr>"
        for row in rows
    )
    return f"<table><tr>{cells}</tr>{''.join(lines)}</table>"


def note(words: str) -> str:
    """Return a paragraph in a lighter colour."""
    return f'<p class="note">{escape(words)}</p>'


def heading(words: str) -> str:
    """Return a heading of a section."""
    return f"<h2>{escape(words)}</h2>"


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table in Markdown, numbers to the right.

    >>> print(markdown_table(["a", "b"], [["x|y", 1]]))
    | a | b |
    | :-- | --: |
    | x\\|y | 1 |
    """

    def line(cells: Iterable[Any]) -> str:
        return (
            f"| {' | '.join(shown_path(str(cell)).replace('|', chr(92) + '|') for cell in cells)} |"
        )

    marks = [":--", *["--:"] * (len(head) - 1)]
    return "\n".join([line(head), line(marks), *map(line, rows)])


def number(value: float, digits: int = 3) -> str:
    """Return a number for a table, "-" for none.

    >>> number(0.12345), number(float("nan"))
    ('0.123', '-')
    """
    return "-" if value != value else f"{value:.{digits}f}"


def listed(facts: Mapping[str, Any]) -> str:
    """Return facts as a list."""
    items = (f"<li>{escape(str(k))}: {escape(str(v))}</li>" for k, v in facts.items())
    return f"<ul>{''.join(items)}</ul>"
