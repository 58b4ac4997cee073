"""Rows of a file, and where each of them stands in it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from moodreel.errors import InvalidInput, closest

VIDEO_KEYS = (
    "video", "video_id", "videoid", "video_name", "clip_id", "clip_name", "clip", "vid", "vid_id",
    "video_path", "file_name", "filename", "file", "filepath", "path", "youtube_id", "ytid",
    "name", "key", "id",
)  # fmt: skip
"""Usual names of the column that says which video a row is about, the surest first."""
CAPTION_KEYS = (
    "caption", "captions", "text", "texts", "sentence", "sentences", "description",
    "descriptions", "desc", "query", "queries", "encap", "golden_caption", "raw", "tokens",
)  # fmt: skip
"""Usual names of the column that holds a row's captions, the surest first."""
Columns = Mapping[str, str]
"""Which columns of a file are "video" and "caption", where they have no usual name."""


class Row(dict[str, Any]):
    """The values of a row by column.

    Args:
        values: the values.
        place: where the row stands, such as "captions.csv:3".
    """

    def __init__(self, values: Mapping[str, Any], place: str = "") -> None:
        super().__init__(values)
        self.place = place

    def with_values(self, **values: Any) -> "Row":
        """Return the row with other values, at the same place."""
        return Row({**self, **values}, self.place)


def place_of(row: Mapping[str, Any], where: str, number: int) -> str:
    """Return where a row stands: its own place, or its number in a file."""
    return getattr(row, "place", "") or f"{where}, row {number}"


def plain_key(key: Any) -> str:
    """Return the name of a column in one spelling.

    >>> plain_key(" Video-ID "), plain_key("Video Name")
    ('video_id', 'video_name')
    """
    return "_".join(str(key).strip().lower().replace("-", " ").split())


def first_key(row: Mapping[str, Any], keys: Sequence[str]) -> str | None:
    """Return the row's own name of the first column that it has of some."""
    spelled = {plain_key(key): key for key in reversed(list(row))}
    return next((spelled[key] for key in keys if key in spelled), None)


def first_value(row: Mapping[str, Any], keys: Sequence[str], what: str, where: str) -> Any:
    """Return the value of the first column that a row has of some.

    Raises:
        InvalidInput: it has none of them.
    """
    key = first_key(row, keys)
    if key is None:
        held = ", ".join(repr(str(name)) for name in list(row)[:8]) or "none"
        name = what.removeprefix("a ")
        raise InvalidInput(
            f"{where}: no column for {what}: name it {keys[0]!r}, or say which it is: --columns "
            f"{name}=NAME. Its columns: {held}"
        )
    return row[key]


def choose_columns(rows: Iterable[Row], columns: Columns, path: Path) -> list[Row]:
    """Return rows whose chosen columns have the names "video" and "caption".

    Raises:
        InvalidInput: no row has a column of that name.
    """
    rows = list(rows)
    for column in columns.values():
        held = list(dict.fromkeys(key for row in rows for key in row))
        if rows and column not in held:
            raise InvalidInput(f"{path}: has no column {column!r}.{closest(column, held)}")
    return [row.with_values(**chosen_values(row, columns)) for row in rows]


def chosen_values(row: Row, columns: Columns) -> dict[str, Any]:
    """Return the values of a row's chosen columns by what they are."""
    return {name: row[column] for name, column in columns.items() if column in row}


def parse_columns(written: str | None) -> dict[str, str]:
    """Read which columns are meant, written as "video=NAME,caption=NAME".

    >>> parse_columns("caption=enCap")
    {'caption': 'enCap'}
    """
    chosen: dict[str, str] = {}
    for part in (written or "").split(",") if written else []:
        name, mark, column = (piece.strip() for piece in part.partition("="))
        if not mark or not column or name not in ("video", "caption"):
            raise InvalidInput(f"columns are written video=NAME,caption=NAME, not {written!r}")
        chosen[name] = column
    return chosen
