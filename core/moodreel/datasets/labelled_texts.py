"""Texts that are labelled with emotions, to fit readers to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodreel.datasets.captioned import clean_caption, row_emotions, row_texts, said_emotions
from moodreel.datasets.rows import VIDEO_KEYS, Columns, choose_columns, first_key, place_of
from moodreel.datasets.tables import read_rows
from moodreel.emotions import Emotion, EmotionScores
from moodreel.errors import InvalidInput

LABELS = ("label", "labels")
"""Usual names of the column with the name of one emotion, or "neutral"."""


@dataclass(frozen=True, eq=False)
class LabelledTexts:
    """N texts with the intensities of the eight emotions.

    Args:
        texts: the texts.
        intensities: 0 to 1, [N, 8]; an emotion that a row does not name is 0.
        groups: what each text is about, such as its video: texts of one group are never parted
            between what is fitted to and what is measured on. A text of none is its own group.
    """

    texts: list[str]
    intensities: EmotionScores
    groups: list[str]


def read_labelled_texts(path: Path, columns: Columns | None = None) -> LabelledTexts:
    """Read a file of rows with a text, and a label or a number for each emotion.

    Rows with an empty text are left out.

    Args:
        path: JSON, JSON lines, CSV or tab-separated rows.
        columns: which columns are "video" and "caption", where they have no usual name.

    Raises:
        InvalidInput: a row without a text or a label, or a number outside 0 to 1.
    """
    rows = choose_columns(read_rows(path), columns or {}, path)
    return gather_texts(rows, str(path))


def gather_texts(rows: Iterable[Mapping[str, Any]], where: str) -> LabelledTexts:
    """Return the texts of rows, several where a row holds a list of them."""
    texts: list[str] = []
    labels: list[Mapping[str, float]] = []
    groups: list[str] = []
    for number, row in enumerate(rows, 1):
        place = place_of(row, where, number)
        found = list(filter(None, map(clean_caption, row_texts(row, place))))
        texts += found
        labels += [row_intensities(row, place)] * len(found)
        groups += [row_group(row, text) for text in found]
    return LabelledTexts(texts, EmotionScores.of(labels, list(Emotion)), groups)


def row_intensities(row: Mapping[str, Any], where: str) -> dict[str, float]:
    """Return the intensities that a row is labelled with.

    >>> row_intensities({"text": "he shouts", "label": "anger"}, "row 1")
    {'anger': 1.0}
    """
    label = next((row[name] for name in LABELS if row.get(name)), None)
    found = said_emotions(str(label), where) if label else row_emotions(row, where)
    if found is None and str(row.get("emotion", "")).strip().lower() not in ("neutral", "none"):
        raise InvalidInput(
            f"{where}: no label: give the column 'label' (an emotion, or neutral), or a number "
            f"from 0 to 1 for each emotion ({', '.join(Emotion)})"
        )
    return check_range(found or {}, where)


def check_range(found: dict[str, float], where: str) -> dict[str, float]:
    """Refuse intensities outside of 0 to 1."""
    for name, value in found.items():
        if not 0 <= value <= 1:
            raise InvalidInput(f"{where}: {name}={value:g} is no number from 0 to 1")
    return found


def row_group(row: Mapping[str, Any], text: str) -> str:
    """Return what a row is about, or the text itself."""
    key = first_key(row, VIDEO_KEYS)
    return text if key is None or row[key] in (None, "") else str(row[key])
