"""Rows of (video, caption[, emotions]) from any project, whatever it calls its columns."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moodreel.datasets.dataset import Caption
from moodreel.datasets.tables import Row
from moodreel.emotions import Emotion, parse_emotions
from moodreel.errors import InvalidInput

VIDEO_KEYS = ("video", "video_id", "clip_id", "clip_name", "videoid", "vid", "file", "path")
CAPTION_KEYS = ("caption", "captions", "text", "sentence", "sentences", "description", "query")
LABEL_KEYS = ("emotions", "emotion", "expression")
JOINED = re.compile(r"(?:^|(?<=\S))\s*_(?:\s+|$)|^\s*_\s*")  # DiDeMo's sentences, joined by "_"
FLAGS = {"0": "neutral", "1": "emotional", "0.0": "neutral", "1.0": "emotional"}
UNMOVED = ("", "neutral", "none")
SPACES = re.compile(r"\s+")


@dataclass
class Captioned:
    """The captions of a file, the labelled emotions of its videos, and the rows left out."""

    captions: list[Caption] = field(default_factory=list)
    emotions: dict[str, Mapping[str, float]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def read_captions(rows: Iterable[Row], where: str, split: str = "") -> Captioned:
    """Return the captions of rows.

    Args:
        rows: the rows of a file.
        where: the name of the file, for messages.
        split: the split of rows that name none.

    Raises:
        InvalidInput: a row without a video or a caption column.
    """
    found = Captioned()
    for number, row in enumerate(rows, 1):
        first = len(found.captions) + len(found.skipped)
        captions = list(row_captions(row, f"{where}, row {number}", split, first))
        found.captions.extend(captions)
        if not captions:
            found.skipped.append(f"{where}, row {number}: its caption is empty")
        labelled = labelled_emotions(row, f"{where}, row {number}")
        if labelled is not None and captions:
            found.emotions[captions[0].video] = labelled
    return found


def row_captions(row: Row, where: str, split: str, first: int) -> Iterator[Caption]:
    """Yield the captions of one row: one, or several where the row holds a list.

    Args:
        row: one row of a file.
        where: the place of the row, for messages.
        split: the split of a row that names none.
        first: the place of the row's first caption among all captions of the file.
    """
    video = str(first_value(row, VIDEO_KEYS, "a video", where)).strip()
    given = first_value(row, CAPTION_KEYS, "a caption", where)
    for place, text in enumerate(given if isinstance(given, list) else [given], first):
        words = clean_caption("" if text is None else str(text))
        if words:
            yield Caption(
                words,
                video,
                row_emotions(row, where),
                split_name(str(row.get("split") or split)),
                row_kind(row),
                row.get("labels") if isinstance(row.get("labels"), Mapping) else {},  # type: ignore
                place,
            )


def first_value(row: Row, keys: Sequence[str], what: str, where: str) -> Any:
    """Return the value of the first key that a row has."""
    lower = {str(key).strip().lower(): value for key, value in row.items()}
    for key in keys:
        if key in lower:
            return lower[key]
    raise InvalidInput(f"{where}: no column for {what}: name it {keys[0]!r}")


def clean_caption(text: str) -> str:
    """Return a caption with sentences joined by full stops and single spaces.

    >>> clean_caption(" _ man talking_ hand behind his  head")
    'man talking. hand behind his head'
    """
    return SPACES.sub(" ", JOINED.sub(". ", text)).strip().lstrip(". ").strip()


def row_emotions(row: Row, where: str) -> dict[str, float] | None:
    """Return the intensities that a row gives; None where it gives none.

    They may be nested under "emotions", written there as "joy=0.8; anger=0.2", named under
    "emotion", or have a column each.
    """
    given = row.get("emotions", row.get("emotion"))
    if isinstance(given, Mapping | str) and str(given).strip() not in ("", *FLAGS):
        return said_emotions(given, where)
    flat = numbers({e: row[e] for e in Emotion if e.value in row}, where)
    return flat or None


def labelled_emotions(row: Row, where: str) -> dict[str, float] | None:
    """Return what a row's labels say of its video's emotions: a name, or intensities."""
    labels = row.get("labels")
    if not isinstance(labels, Mapping):
        return None
    said = next((labels[key] for key in LABEL_KEYS if key in labels), None)
    return said_emotions(said, where) if isinstance(said, Mapping | str) else None


def said_emotions(said: Mapping[str, Any] | str, where: str) -> dict[str, float]:
    """Return intensities given by name, or in the notation of queries; "neutral" has none.

    >>> said_emotions("joy=0.8; anger", "row 1")
    {'joy': 0.8, 'anger': 1.0}
    """
    try:
        if isinstance(said, str):
            items = [item.strip() for item in re.split("[;,]", said)]
            said = parse_emotions(item for item in items if item.lower() not in UNMOVED)
        return numbers({Emotion.named(str(name)): value for name, value in said.items()}, where)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {str(error).removeprefix(f'{where}: ')}") from None


def numbers(values: Mapping[Emotion, Any], where: str) -> dict[str, float]:
    """Return the values that are there as numbers."""
    found = {}
    for emotion, value in values.items():
        try:
            number = math.nan if value in (None, "") else float(value)
        except (TypeError, ValueError):
            raise InvalidInput(f"{where}: {emotion}={value!r} is no number") from None
        if math.isfinite(number):
            found[emotion.value] = number
    return found


def split_name(name: str) -> str:
    """Return a split's name; those for validation are "val"."""
    return "val" if name.lower() in ("val", "valid", "validate", "validation", "dev") else name


def row_kind(row: Row) -> str:
    """Return a row's kind; a 0 or 1 under "emotion" says neutral or emotional."""
    return str(row.get("kind") or FLAGS.get(str(row.get("emotion", "")).strip(), ""))
