"""Files of rows: JSON, JSON lines, CSV and tab-separated, read as mappings from name to value."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Any

from moodreel.errors import InvalidInput

Row = Mapping[str, Any]
SUFFIXES = (".json", ".jsonl", ".csv", ".tsv")


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file.

    A JSON file may be a list of rows, rows keyed by the video's name, or MSR-VTT's own form.

    Raises:
        InvalidInput: the file cannot be read, or is of another form.
    """
    if path.suffix.lower() == ".json":
        return json_rows(read_json(path), path)
    if path.suffix.lower() == ".jsonl":
        return list(line_rows(path))
    if path.suffix.lower() in (".csv", ".tsv"):
        return csv_rows(path)
    raise InvalidInput(f"{path}: rows are read from {', '.join(SUFFIXES)}, not from this")


def read_text(path: Path) -> str:
    """Return a file's text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise InvalidInput(f"{path}: cannot be read: {reason}") from None


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    try:
        return loads(read_text(path))
    except JSONDecodeError as error:
        raise InvalidInput(f"{path}:{error.lineno}: not JSON: {error.msg}") from None


def line_rows(path: Path) -> Iterator[Row]:
    """Yield the row of each line that is not empty."""
    # not splitlines(), which also cuts at characters that a JSON string may hold
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            yield line_row(path, number, line)


def line_row(path: Path, number: int, line: str) -> Row:
    """Return the row of one line."""
    try:
        row = loads(line)
    except JSONDecodeError as error:
        raise InvalidInput(f"{path}:{number}: not JSON: {error.msg}") from None
    if not isinstance(row, Mapping):
        raise InvalidInput(f"{path}:{number}: a row must be an object, got {line[:40]!r}")
    return row


def csv_rows(
    path: Path, delimiter: str | None = None, names: Sequence[str] | None = None
) -> list[Row]:
    """Return the rows of a table with a head, or with the columns `names`."""
    mark = delimiter or ("\t" if path.suffix.lower() == ".tsv" else ",")
    # A tab-separated sentence may hold a lone quotation mark that quotes nothing.
    dialect = Unquoted if mark == "\t" else csv.excel
    reader = csv.DictReader(StringIO(read_text(path), newline=""), names, dialect=dialect)
    return [{key: value for key, value in row.items() if key is not None} for row in reader]


class Unquoted(csv.excel_tab):
    """Tab-separated, and a quotation mark is a letter as any other."""

    quoting = csv.QUOTE_NONE


def json_rows(held: Any, path: Path) -> list[Row]:
    """Return the rows of a JSON value."""
    if isinstance(held, Mapping) and isinstance(held.get("sentences"), list):
        return sentence_rows(held)
    if isinstance(held, Mapping):
        return [keyed_row(name, value) for name, value in held.items()]
    if isinstance(held, list) and all(isinstance(row, Mapping) for row in held):
        return held
    raise InvalidInput(f"{path}: holds no rows; a list of objects is wanted, one a caption")


def sentence_rows(held: Mapping[str, Any]) -> list[Row]:
    """Return MSR-VTT's sentences, each with the facts of its video."""
    videos = {row.get("video_id"): row for row in held.get("videos") or ()}
    return [{**videos.get(row.get("video_id"), {}), **row} for row in held["sentences"]]


def keyed_row(name: str, value: Any) -> Row:
    """Return the row of a video that is keyed by its name."""
    return {"video": name, **(value if isinstance(value, Mapping) else {"caption": value})}
