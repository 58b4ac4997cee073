"""Rows of (video, caption[, emotions]) from any project, whatever it calls its columns."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from moodreel.datasets.dataset import Caption, SkippedRow
from moodreel.datasets.json_rows import describe
from moodreel.datasets.roles import row_role
from moodreel.datasets.rows import CAPTION_KEYS, VIDEO_KEYS, first_key, first_value, place_of
from moodreel.emotions import Emotion, parse_emotions
from moodreel.errors import InvalidInput

RAW_KEYS = ("raw", "caption", "text", "sentence", "description", "tokens")
"""What a sentence that is an object of its own calls its words."""
LABEL_KEYS = ("emotions", "emotion", "expression")
JOINED = re.compile(r"(?:^|(?<=\S))\s*_(?:\s+|$)|^\s*_\s*")  # DiDeMo's sentences, joined by "_"
FLAGS = {"0": "neutral", "1": "emotional", "0.0": "neutral", "1.0": "emotional"}
UNMOVED = ("", "neutral", "none")
SPACES = re.compile(r"\s+")
HALVES = re.compile("[\ud800-\udfff\x00]")  # of characters that JSON cut in two: they say nothing


@dataclass
class Captioned:
    """The captions of a file, the labelled emotions of its videos, and the rows left out."""

    captions: list[Caption] = field(default_factory=list)
    emotions: dict[str, Mapping[str, float]] = field(default_factory=dict)
    skipped: list[SkippedRow] = field(default_factory=list)


def read_captions(rows: Iterable[Mapping[str, Any]], where: str, split: str = "") -> Captioned:
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
        place = place_of(row, where, number)
        first = len(found.captions) + len(found.skipped)
        captions = list(row_captions(row, place, split, first))
        found.captions.extend(captions)
        if not captions:
            empty = SkippedRow(place, "its caption is empty", row_split(row, split))
            found.skipped.append(empty)
        labelled = labelled_emotions(row, place)
        if labelled is not None and captions:
            found.emotions[captions[0].video] = labelled
    return found


def row_captions(row: Mapping[str, Any], where: str, split: str, first: int) -> Iterator[Caption]:
    """Yield the captions of one row: one, or several where the row holds a list.

    Args:
        row: one row of a file.
        where: the place of the row, for messages.
        split: the split of a row that names none.
        first: the place of the row's first caption among all captions of the file.
    """
    video = row_video(row, where)
    for place, text in enumerate(row_texts(row, where), first):
        words = clean_caption(text)
        if words:
            yield Caption(
                words,
                video,
                row_emotions(row, where),
                row_split(row, split),
                row_kind(row),
                row.get("labels") if isinstance(row.get("labels"), Mapping) else {},  # type: ignore
                place,
                row_role(row, where),
            )


def row_video(row: Mapping[str, Any], where: str) -> str:
    """Return the video that a row is about.

    Raises:
        InvalidInput: it has no column for one, or no name in it.
    """
    given = first_value(row, VIDEO_KEYS, "a video", where)
    named = isinstance(given, str | int) and not isinstance(given, bool)
    if not named or not str(given).strip():
        told = repr(given) if isinstance(given, str) else describe(given)
        raise InvalidInput(f"{where}: the name of a video is wanted, not {told}")
    return str(given).strip()


def row_texts(row: Mapping[str, Any], where: str) -> list[str]:
    """Return the captions of a row, empty ones too.

    A caption is a text; a list of words, where the row holds a list of such; or an object with
    its words under a usual name. null is an empty one.

    Raises:
        InvalidInput: it is something else.
    """
    given = first_value(row, CAPTION_KEYS, "a caption", where)
    if isinstance(given, list) and first_key(row, CAPTION_KEYS) == first_key(row, ("tokens",)):
        given = [given] if all(isinstance(word, str) for word in given) else given
    return [caption_text(text, where) for text in (given if isinstance(given, list) else [given])]


def caption_text(given: Any, where: str) -> str:
    """Return the words of one caption."""
    if given is None or isinstance(given, str):
        return given or ""
    if isinstance(given, list) and all(isinstance(word, str) for word in given):
        return " ".join(given)
    if isinstance(given, Mapping) and (key := first_key(given, RAW_KEYS)):
        return caption_text(given[key], where)
    raise InvalidInput(f"{where}: a caption is a text, not {describe(given)}")


def row_split(row: Mapping[str, Any], split: str) -> str:
    """Return the split of a row, or the one of rows that name none."""
    return split_name(str(row.get("split") or row.get("subset") or split))


def clean_caption(text: str) -> str:
    """Return a caption with sentences joined by full stops and single spaces.

    >>> clean_caption(" _ man talking_ hand behind his  head")
    'man talking. hand behind his head'
    """
    text = HALVES.sub("", text)
    return SPACES.sub(" ", JOINED.sub(". ", text)).strip().lstrip(". ").strip()


def row_emotions(row: Mapping[str, Any], where: str) -> dict[str, float] | None:
    """Return the intensities that a row gives; None where it gives none.

    They may be nested under "emotions", written there as "joy=0.8; anger=0.2", named under
    "emotion", or have a column each.
    """
    given = row.get("emotions", row.get("emotion"))
    if isinstance(given, Mapping | str) and str(given).strip() not in ("", *FLAGS):
        return said_emotions(given, where)
    flat = numbers({e: row[e] for e in Emotion if e.value in row}, where)
    return flat or None


def labelled_emotions(row: Mapping[str, Any], where: str) -> dict[str, float] | None:
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
    """Return the values that are there as numbers; NaN stands for none, as in tables."""
    found = {}
    for emotion, value in values.items():
        try:
            number = math.nan if value in (None, "") else float(value)
        except (TypeError, ValueError, OverflowError):
            raise InvalidInput(f"{where}: {emotion}={value!r} is no number") from None
        if math.isinf(number):
            raise InvalidInput(f"{where}: {emotion}={value!r} is no intensity")
        if not math.isnan(number):
            found[emotion.value] = number
    return found


def split_name(name: str) -> str:
    """Return a split's name; those for validation are "val"."""
    plain = name.strip().lower()
    if plain in ("val", "valid", "validate", "validation", "dev", "val_1"):
        return "val"
    return {"training": "train", "testing": "test"}.get(plain, name.strip())


def row_kind(row: Mapping[str, Any]) -> str:
    """Return a row's kind; a 0 or 1 under "emotion" says neutral or emotional."""
    return str(row.get("kind") or FLAGS.get(str(row.get("emotion", "")).strip(), ""))
