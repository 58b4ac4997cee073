"""Queries in scripts and languages that the text encoder, or the reader of moods, cannot read."""

import re
import unicodedata
from collections import Counter

from moodreel.emotions import EmotionScores
from moodreel.interfaces import EmotionExtractor, TextEncoder
from moodreel.search.query import Query

MORE = "docs/encoders.md, \u201cQueries in other languages\u201d"


def language_notes(
    query: Query,
    wanted: EmotionScores,
    encoder: TextEncoder,
    reader: EmotionExtractor | None,
    name_mood: str,
) -> list[str]:
    """Return a note where the encoder, or the reader of moods, cannot read a query's language.

    Args:
        query: what is asked for.
        wanted: the emotions asked for, [1, 8].
        encoder: the encoder of texts.
        reader: what reads the query's moods; None where nothing does.
        name_mood: how a mood is named instead.
    """
    if not query.text.strip():
        return []
    language = language_of(query.text)
    if not encoder.reads_language(query.text):
        rest = "only its mood counts" if wanted.values.any() else "what is found says little"
        return [
            f"the text encoder cannot read this query ({language}), so {rest}: ask in English, or "
            f"use an encoder of its language ({MORE})"
        ]
    if query.emotions is None and reader is not None and not wanted.observed.any():
        return [
            f"the mood of this query was not read ({language}): {name_mood}, or choose a "
            f"text_emotion of its language ({MORE})"
        ]
    return []


def language_of(text: str) -> str:
    """Say in which script most letters of a text are; those in Latin ones are not in English.

    >>> language_of("화난 사람"), language_of("ein Mann"), language_of("!")
    ('Hangul letters', 'not in English', 'no letters')
    """
    names = (unicodedata.name(letter, "unknown") for letter in text if letter.isalpha())
    scripts = Counter(re.split("[ -]", name)[0] for name in names)
    if not scripts:
        return "no letters"
    script = scripts.most_common(1)[0][0]
    if script == "LATIN":
        return "not in English"
    return "Chinese characters" if script == "CJK" else f"{script.capitalize()} letters"
