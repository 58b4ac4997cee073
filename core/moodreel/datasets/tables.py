"""Files of rows: JSON, JSON lines, and tables with commas, tabs, semicolons or bars."""

import csv
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

from moodreel.datasets.json_rows import json_rows, parse_json
from moodreel.datasets.rows import Row
from moodreel.errors import InvalidInput

SUFFIXES = (".json", ".jsonl", ".csv", ".tsv")
DELIMITERS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a file, each with its place.

    The forms of JSON that are known are those of `json_rows`.

    Raises:
        InvalidInput: the file cannot be read, or is of another form.
    """
    suffix = path.suffix.lower()
    if suffix == ".json":
        return json_rows(read_json(path), path)
    if suffix in (".jsonl", ".ndjson"):
        return list(line_rows(path))
    if suffix in (".csv", ".tsv"):
        return csv_rows(path)
    raise InvalidInput(f"{path}: rows are read from {', '.join(SUFFIXES)}, not from this")


def read_text(path: Path) -> str:
    """Return a file's text: UTF-8, or UTF-16 that begins with its mark."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidInput(f"{path}: cannot be read: not UTF-8 text; save it as UTF-8") from None
    if "\0" in text:
        raise InvalidInput(f"{path}: cannot be read: holds zero bytes, so it is no text")
    return text


def read_json(path: Path) -> Any:
    """Return what a JSON file holds."""
    return parse_json(read_text(path), str(path))


def line_rows(path: Path) -> Iterator[Row]:
    """Yield the row of each line that is not empty."""
    # not splitlines(), which also cuts at characters that a JSON string may hold
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            yield line_row(path, number, line)


def line_row(path: Path, number: int, line: str) -> Row:
    """Return the row of one line."""
    row = parse_json(line, f"{path}:{number}", lines=False)
    if not isinstance(row, dict):
        raise InvalidInput(f"{path}:{number}: a row must be an object, got {line[:40]!r}")
    return Row(row, f"{path}:{number}")


def csv_rows(
    path: Path, delimiter: str | None = None, names: Sequence[str] | None = None
) -> list[Row]:
    """Return the rows of a table with a head, or with the columns `names`.

    Args:
        path: the file.
        delimiter: what stands between columns; None finds out by the head.
        names: the names of the columns of a table without a head.

    Raises:
        InvalidInput: a line that has not as many columns as the head, or a quotation mark that is
            not closed, with the number of the line.
    """
    text = read_text(path)
    mark = delimiter or find_delimiter(text, path)
    lines = split_lines(text, mark, path)
    if names is None:
        number, names = next(lines, (1, ()))
        check_head(names, f"{path}:{number}")
    return [placed_row(names, values, f"{path}:{number}", mark) for number, values in lines]


def find_delimiter(text: str, path: Path) -> str:
    """Return what stands between the columns of a head: what is in it, or what the suffix says."""
    head = next((line for line in text.split("\n") if line.strip()), "")
    if not head:
        raise InvalidInput(f"{path}: is empty")
    likely = "\t" if path.suffix.lower() == ".tsv" else ","
    return next((mark for mark in (likely, *DELIMITERS) if mark in head), likely)


def split_lines(text: str, mark: str, path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the values of each row that is not empty, with the number of its first line."""
    with long_fields(len(text)):
        dialect = Unquoted if mark == "\t" else csv.excel
        reader = csv.reader(StringIO(text, newline=""), dialect, delimiter=mark, strict=True)
        first = 1
        try:
            for values in reader:
                if any(value.strip() for value in values):
                    yield first, values
                first = reader.line_num + 1
        except csv.Error as error:
            told = "a quotation mark is not closed" if "end of data" in str(error) else error
            raise InvalidInput(f"{path}:{first}: {told}") from None


class Unquoted(csv.excel_tab):
    """Tab-separated, where a sentence may hold a lone quotation mark that quotes nothing."""

    quoting = csv.QUOTE_NONE


@contextmanager
def long_fields(length: int) -> Iterator[None]:
    """Let a field of a table be as long as its text: a lone quotation mark is told as one."""
    before = csv.field_size_limit(max(length, csv.field_size_limit()))
    try:
        yield
    finally:
        csv.field_size_limit(before)


def check_head(names: Sequence[str], place: str) -> None:
    """Refuse a head that names a column twice."""
    named = [name.strip() for name in names if name.strip()]
    twice = next((name for name in named if named.count(name) > 1), None)
    if twice is not None:
        raise InvalidInput(f"{place}: names the column {twice!r} twice")


def placed_row(names: Sequence[str], values: list[str], place: str, mark: str) -> Row:
    """Return one row of a table; empty columns at its end count for nothing."""
    while len(values) > len(names) and not values[-1].strip():
        values = values[:-1]
    if len(values) != len(names):
        hint = f"; a value that holds {mark!r} stands in quotation marks" if mark != "\t" else ""
        raise InvalidInput(
            f"{place}: has {len(values)} columns where the head has {len(names)} "
            f"({DELIMITERS.get(mark, repr(mark))} between them){hint}"
        )
    return Row({n: v for n, v in zip(names, values, strict=True) if n.strip()}, place)
