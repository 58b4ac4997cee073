"""Captions with their emotions, in the form of the published annotations."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import numpy as np

from moodreel.calibration import NEUTRAL, class_names
from moodreel.datasets.captioned import row_texts, row_video
from moodreel.datasets.rows import Columns, Row, choose_columns, place_of
from moodreel.datasets.tables import read_json, read_rows
from moodreel.emotions import Emotion, EmotionScores, Sentiment
from moodreel.errors import InvalidInput, closest
from moodreel.interfaces import EmotionExtractor

if TYPE_CHECKING:
    pass

ROWS_AT_ONCE = 512  # captions between two calls of on_progress: a judgement, not measured
FLAGS = (0, 1, "0", "1", "0.0", "1.0")
"""Values of "emotion" in the published rows: whether a video is emotional, not how it feels."""


def columns() -> list[str]:
    """Return the columns of the published annotations, in their order."""
    facts = ["video", "video_id", "caption", "duration", "emotion"]
    return [*facts, "positive", "negative", "neutral", *(emotion.value for emotion in Emotion)]


def caption_rows(rows: Iterable[Mapping[str, Any]], where: str) -> Iterator[dict[str, Any]]:
    """Yield one row for each caption, whatever the columns are called; empty captions stay.

    Args:
        rows: the rows of a file, each with one caption or a list of them.
        where: the name of the file, for messages.

    Raises:
        InvalidInput: a row without a video or a caption column.
    """
    for number, row in enumerate(rows, 1):
        place = place_of(row, where, number)
        video = row_video(row, place)
        for caption in row_texts(row, place):
            yield {
                **row,
                "video": video,
                "video_id": str(row.get("video_id") or PurePath(video).stem),
                "caption": caption,
                "duration": number_or_none(row.get("duration")),
            }


def read_captions(path: Path, columns: Columns | None = None) -> list[dict[str, Any]]:
    """Return the rows of a file, one a caption.

    JSON may also be a plain list of captions, which are then named by their places.

    Args:
        path: the file.
        columns: which columns are "video" and "caption", where they have no usual name.
    """
    held = read_json(path) if path.suffix.lower() == ".json" else None
    if isinstance(held, list) and held and all(isinstance(text, str) for text in held):
        rows = [Row({"video": str(at), "caption": text}) for at, text in enumerate(held)]
    else:
        rows = choose_columns(read_rows(path), columns or {}, path)
    return list(caption_rows(rows, str(path)))


def number_or_none(value: Any) -> float | None:
    """Return a number, also one written as text."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def annotate(
    rows: Sequence[Mapping[str, Any]],
    extractor: EmotionExtractor,
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[dict[str, Any]]:
    """Return rows with emotions, in the order of `columns`, then what else they have.

    `emotion` says whether the video was chosen as emotional, as the published rows do; here it is
    as the input has it. `neutral` is 1 where neither positive nor negative counts. What the
    extractor does not know is None.

    Args:
        rows: one row for each caption, as `caption_rows` yields them.
        extractor: the text extractor that reads the captions.
        on_progress: called with the number of rows that are done.
    """
    annotated: list[dict[str, Any]] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        texts = [row["caption"] for row in part]
        annotated += annotate_part(part, extractor.extract(texts), extractor.sentiment(texts))
        on_progress(len(annotated))
    return annotated


def annotate_part(
    rows: Sequence[Mapping[str, Any]], scores: EmotionScores, sentiment: Sentiment | None
) -> Iterator[dict[str, Any]]:
    """Yield rows with what was read of them."""
    for place, (row, seen) in enumerate(zip(rows, scores, strict=True)):
        felt = {**described_sentiment(sentiment, place), **{e.value: seen.get(e) for e in Emotion}}
        known = {name: felt.get(name, row.get(name)) for name in columns()}
        yield known | {name: value for name, value in row.items() if name not in known}


def described_sentiment(sentiment: Sentiment | None, place: int) -> dict[str, float | None]:
    """Return positive, negative and neutral of one text."""
    if sentiment is None or np.isnan(sentiment.positive[place]):
        return {"positive": None, "negative": None, "neutral": None}
    positive, negative = float(sentiment.positive[place]), float(sentiment.negative[place])
    return {
        "positive": positive,
        "negative": negative,
        "neutral": float(not positive and not negative),
    }


def read_labels(rows: Sequence[Mapping[str, Any]], column: str | None = None) -> list[str | None]:
    """Return the class that each row is labelled with; None where it is not.

    Args:
        rows: annotated rows.
        column: the column with the labels. None takes "label", or else names in "emotion".

    Raises:
        InvalidInput: a label that is neither an emotion nor neutral.
    """
    names = ("label", "emotion") if column is None else (column,)
    return [row_label(row, names, number) for number, row in enumerate(rows, 1)]


def row_label(row: Mapping[str, Any], names: Sequence[str], number: int) -> str | None:
    """Return the class that one row is labelled with."""
    said = next((row[name] for name in names if row.get(name) not in (None, "")), None)
    if said is None or said in FLAGS:
        return None
    label = str(said).strip().lower().replace("none", NEUTRAL)
    if label not in class_names():
        known = closest(label, class_names())
        raise InvalidInput(f"row {number}: unknown label {said!r}.{known}")
    return label


def read_scores(rows: Sequence[Mapping[str, Any]]) -> EmotionScores:
    """Return the emotions of annotated rows [B, 8]."""
    return EmotionScores.of(
        [{e: row[e] for e in Emotion if row.get(e) is not None} for row in rows]
    )
