"""Selecting emotional videos: by sentiment, as the published annotations do, or by words."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from moodreel.errors import ConfigurationError
from moodreel.interfaces import EmotionExtractor

# Both are those of the published selection: captions are joined by full stops, and VADER's compound
# score of them decides. They reproduce 228 of its 240 emotional videos (docs/annotate.md).
JOINT = ". "
THRESHOLD = 0.6
WORD = re.compile(r"[^\W_]+")
NAMED = (
    "afraid amazed amused angry anxious ashamed astonished awful cheerful delighted depressed "
    "disappointed disgust disgusted eager ecstatic embarrassed enjoy enjoying enjoys "
    "enthusiastic enthusiastically excited excitedly fear fearful frightened furious gleeful "
    "gloomy grief happily happy heartbroken horrified hysterical irritated joyful joyous "
    "lonely mad miserable mournful nervous outraged overjoyed panicked proud sad scared "
    "shocked sorrowful surprised terrified thrilled touched unhappy upset worried"
)
FEELINGS = frozenset(NAMED.split())
"""Words that name a feeling. What people do, such as crying or fighting, is not among them."""


def captions_by_video(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the captions of each video, in order."""
    captions: dict[str, list[str]] = {}
    for row in rows:
        captions.setdefault(row["video"], []).append(row["caption"])
    return captions


def select_by_sentiment(
    rows: Sequence[Mapping[str, Any]], extractor: EmotionExtractor, threshold: float = THRESHOLD
) -> set[str]:
    """Return the videos whose joined captions have a compound sentiment beyond `threshold`.

    Args:
        rows: one row for each caption.
        extractor: an extractor with a compound sentiment, such as VADER.
        threshold: the least absolute compound score, 0 to 1.
    """
    captions = captions_by_video(rows)
    sentiment = extractor.sentiment([JOINT.join(texts) for texts in captions.values()])
    if sentiment is None or sentiment.compound is None:
        raise ConfigurationError(
            f"{type(extractor).__name__} has no compound sentiment to select by; use vader"
        )
    return {
        video
        for video, compound in zip(captions, sentiment.compound, strict=True)
        if abs(compound) > threshold
    }


def select_by_words(
    rows: Sequence[Mapping[str, Any]], words: Collection[str] = FEELINGS
) -> set[str]:
    """Return the videos one of whose captions has a word of the list.

    >>> rows = [{"video": "a", "caption": "A SCARED cat"}, {"video": "b", "caption": "a cat"}]
    >>> select_by_words(rows)
    {'a'}
    """
    listed = {word.lower() for word in words}
    return {
        row["video"] for row in rows if not listed.isdisjoint(WORD.findall(row["caption"].lower()))
    }


def keep_selected(rows: Sequence[Mapping[str, Any]], videos: set[str]) -> list[dict[str, Any]]:
    """Return the rows of selected videos, marked as emotional."""
    return [{**row, "emotion": 1} for row in rows if row["video"] in videos]
