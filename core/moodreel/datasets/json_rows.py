"""Rows in JSON, in the forms in which data sets come."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from json import JSONDecodeError, loads
from pathlib import Path
from typing import Any

from moodreel.datasets.rows import CAPTION_KEYS, VIDEO_KEYS, Row, first_key, plain_key
from moodreel.errors import InvalidInput

ENVELOPES = (
    "annotations", "sentences", "captions", "data", "rows", "items", "samples", "examples",
    "records", "database", "videos", "results", "clips", "images",
)  # fmt: skip
"""Keys under which a file holds its rows, the surest first."""
SPLITS = frozenset(
    {"train", "training", "train_data", "trainval", "train_val", "val", "valid", "validate"}
    | {"validation", "dev", "val_data", "val_1", "val_2", "test", "testing", "test_data"}
    | {"test_1", "test_2", "public_test", "private_test"}
)
WANTED = (
    "a list of objects is wanted, one a caption, or captions by the name of their video "
    "(docs/evaluation.md lists the forms)"
)


def parse_json(text: str, where: str, lines: bool = True) -> Any:
    """Return what a JSON text holds.

    Args:
        text: the text.
        where: the file, for messages.
        lines: whether an error names the line.

    Raises:
        InvalidInput: it is no JSON, or an object names a key twice.
    """
    try:
        return loads(text, object_pairs_hook=lambda pairs: unique_keys(pairs, where))
    except JSONDecodeError as error:
        place = f"{where}:{error.lineno}" if lines else where
        raise InvalidInput(f"{place}: not JSON: {error.msg}") from None
    except RecursionError:
        raise InvalidInput(f"{where}: not a data set: nested too deeply") from None
    except ValueError as error:
        raise InvalidInput(f"{where}: cannot be read: {error}") from None


def unique_keys(pairs: Sequence[tuple[str, Any]], where: str) -> dict[str, Any]:
    """Return an object, or say that a key stands twice in it: one would be lost."""
    held = dict(pairs)
    if len(held) < len(pairs):
        names = [key for key, _ in pairs]
        twice = next(key for key in held if names.count(key) > 1)
        raise InvalidInput(f"{where}: an object has the key {twice[:80]!r} twice")
    return held


def json_rows(held: Any, path: Path) -> list[Row]:
    """Return the rows of a JSON value.

    It may be a list of rows; captions, or rows, by the name of their video; columns that are
    lists; any of these under a usual key such as "annotations", or by split; or videos and their
    captions apart, as MSR-VTT has them.

    Raises:
        InvalidInput: it is none of these.
    """
    return list(rows_of(held, str(path)))


def rows_of(held: Any, where: str) -> Iterator[Row]:
    """Yield the rows of a JSON value."""
    if isinstance(held, list):
        yield from listed_rows(held, where)
    elif not isinstance(held, Mapping) or not held:
        raise InvalidInput(f"{where}: holds {describe(held)}; {WANTED}")
    elif all(plain_key(key) in SPLITS for key in held):
        yield from split_rows(held, where)
    elif (enveloped := find_envelope(held)) is not None:
        yield from enveloped_rows(held, enveloped, where)
    elif first_key(held, VIDEO_KEYS) and first_key(held, CAPTION_KEYS):
        yield from column_rows(held, where)
    else:
        for name, value in held.items():
            yield from keyed_rows(name, value, f"{where}, {name!r}")


def listed_rows(held: Sequence[Any], where: str) -> Iterator[Row]:
    """Yield the rows of a list of objects."""
    for number, row in enumerate(held, 1):
        if not isinstance(row, Mapping):
            raise InvalidInput(f"{where}, row {number}: holds {describe(row)}; {WANTED}")
        yield Row(row, f"{where}, row {number}")


def split_rows(held: Mapping[str, Any], where: str) -> Iterator[Row]:
    """Yield the rows of each split."""
    for split, part in held.items():
        name = plain_key(split).removesuffix("_data")
        for row in rows_of(part, f"{where}, {split!r}") if part else ():
            yield row if "split" in row else row.with_values(split=name)


def find_envelope(held: Mapping[str, Any]) -> str | None:
    """Return the key under which an object holds its rows; None where it is no envelope."""
    spelled = {plain_key(key): key for key in held}
    found = [spelled[key] for key in ENVELOPES if key in spelled]
    return next((key for key in found if holds_rows(held[key])), None)


def holds_rows(value: Any) -> bool:
    """Whether a value is a list or an object of objects, and not of captions, or is by split."""
    inner: Iterable[Any] = value.values() if isinstance(value, Mapping) else value
    if not isinstance(value, list | Mapping) or not value:
        return False
    by_split = isinstance(value, Mapping) and all(plain_key(key) in SPLITS for key in value)
    return by_split or all(isinstance(row, Mapping) for row in inner)


def enveloped_rows(held: Mapping[str, Any], key: str, where: str) -> Iterator[Row]:
    """Yield the rows under a key, each with the facts of its video where these stand apart."""
    rows = rows_of(held[key], f"{where}, {key!r}")
    videos = held.get("videos")
    if key == "videos" or not isinstance(videos, list):
        yield from rows
        return
    known = {video_id(row): row for row in videos if isinstance(row, Mapping)}
    for row in rows:
        facts = known.get(video_id(row), {})
        yield Row({**facts, **row, **file_of(facts)}, row.place)


def video_id(row: Mapping[str, Any]) -> str:
    """Return what identifies the video that a row is about, or that it is."""
    return str(next((row[key] for key in ("video_id", "id", "image_id") if key in row), ""))


def file_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file of a video whose id is only a number, as COCO has it."""
    name = next((facts[key] for key in ("file_name", "video", "filename") if key in facts), None)
    return {} if name is None else {"video": name}


def column_rows(held: Mapping[str, Any], where: str) -> Iterator[Row]:
    """Yield the rows of an object of columns, or the one row that an object is."""
    columns = {key: as_column(value) for key, value in held.items()}
    video = columns[first_key(held, VIDEO_KEYS) or ""]
    if video is None:
        yield Row(held, where)
        return
    lengths = {key: len(values) for key, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{key!r} {length}" for key, length in lengths.items())
        raise InvalidInput(f"{where}: its columns differ in length: {told}")
    for place in range(len(video)):
        values = {key: column[place] for key, column in columns.items() if column is not None}
        yield Row(values, f"{where}, row {place + 1}")


def as_column(value: Any) -> list[Any] | None:
    """Return the values of a column, a list or an object by row; None for a single value."""
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else None


def keyed_rows(name: str, value: Any, where: str) -> Iterator[Row]:
    """Yield the rows of a video that is keyed by its name.

    Raises:
        InvalidInput: the value is no caption, no list of captions, and no row.
    """
    if isinstance(value, Mapping):
        if (inner := find_envelope(value)) is not None:
            shared = {key: held for key, held in value.items() if key != inner}
            for row in rows_of(value[inner], f"{where}, {inner!r}"):
                yield Row({"video": name, **shared, **row}, row.place)
            return
        if first_key(value, CAPTION_KEYS) is None:
            raise InvalidInput(f"{where}: holds an object without a column for a caption; {WANTED}")
        yield Row({"video": name, **value}, where)
    elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        yield from (Row({"video": name, **row}, where) for row in value)
    elif isinstance(value, list | str):
        yield Row({"video": name, "caption": value}, where)
    else:
        raise InvalidInput(f"{where}: holds {describe(value)}; {WANTED}")


def describe(value: Any) -> str:
    """Say what a JSON value is, in a few words.

    >>> describe(5), describe([]), describe({"info": 1})
    ('the number 5', 'an empty list', "an object of 'info'")
    """
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return f"the number {value!r:.40}"
    if isinstance(value, str):
        return f"the text {value[:40]!r}"
    if isinstance(value, Mapping):
        return "an object of " + ", ".join(repr(key) for key in list(value)[:5]) if value else "{}"
    return f"a list of {len(value)}" if value else "an empty list"
