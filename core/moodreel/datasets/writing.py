"""Writing rows as JSON, JSON lines or CSV, whole or not at all."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from moodreel.errors import InvalidInput, MoodreelError
from moodreel.paths import json_text
from moodreel.storage.atomic import atomic_path

SUFFIXES = (".json", ".jsonl", ".csv")


def check_target(path: Path) -> None:
    """Refuse a file of a form that rows are not written in."""
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidInput(f"{path}: rows are written to {', '.join(SUFFIXES)}, not to this")


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows to a file, in the form that its name says.

    Half of a character, which no encoding holds, is written as JSON's own escape.

    Raises:
        InvalidInput: the name says no form that is known.
        MoodreelError: the file cannot be written.
    """
    check_target(path)
    try:
        with (
            atomic_path(path) as partial,
            partial.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
        ):
            WRITERS[path.suffix.lower()](rows, file)
    except OSError as error:
        raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None


def write_list(rows: Sequence[Mapping[str, Any]], file: TextIO) -> None:
    """Write one JSON list, a row a line."""
    lines = ",\n".join(json_text(row) for row in rows)
    file.write(f"[\n{lines}\n]\n" if rows else "[]\n")


def write_lines(rows: Sequence[Mapping[str, Any]], file: TextIO) -> None:
    """Write a JSON object a line."""
    file.writelines(f"{json_text(row)}\n" for row in rows)


def write_table(rows: Sequence[Mapping[str, Any]], file: TextIO) -> None:
    """Write CSV with every column that any row has; what is not known is left empty."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(file, names)
    writer.writeheader()
    writer.writerows(rows)


WRITERS = {".json": write_list, ".jsonl": write_lines, ".csv": write_table}
