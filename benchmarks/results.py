"""Sections of RESULTS.md, each written anew by the benchmark that measured it."""

import os
import re
from datetime import date
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = "# Measured\n\nWritten by `make bench`; each section says when, and on what.\n"


def write_section(title: str, body: str) -> None:
    """Replace the section called `title`, or add it at the end."""
    text = RESULTS.read_text() if RESULTS.exists() else HEAD
    section = f"## {title}\n\n{measured_on()}\n\n{body.strip()}\n"
    older = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.M | re.S)
    if older.search(text):
        text = older.sub(lambda _: section + "\n", text)
    else:
        text = f"{text.rstrip()}\n\n{section}"
    RESULTS.write_text(text.rstrip() + "\n")


def measured_on() -> str:
    """Return the date and the machine in a few words."""
    return f"{date.today():%Y-%m-%d}, {len(os.sched_getaffinity(0))} cores, no GPU."


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
