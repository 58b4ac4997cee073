"""What a user should know of an answer: what was not read, not understood, or not looked at."""

import re
from collections.abc import Iterator, Sequence

from moodreel.emotions import Emotion, EmotionScores
from moodreel.interfaces import EmotionExtractor, TextEncoder
from moodreel.search.query import Query

SIGNS = (
    (re.compile(r"(?:^|(?<=\s))[-\u2212\u2013](?=[^\W\d_])\w*"), "exclude"),
    (re.compile(r"(?:^|(?<=\s))NOT(?=\s)"), "exclude"),
    (re.compile(r"(?:^|(?<=\s))(?:OR|AND)(?=\s)|\|\||&&"), "combine"),
    (re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb][^\s]"), "quote"),
    (re.compile(r"(?:^|(?<=\s))\+(?=[^\W\d_])\w*"), "require"),
    (re.compile(r"\w\*|\*\w"), "wildcard"),
    (re.compile(r"(?:^|(?<=\s))(?!https?:)[a-z_]{3,}:(?=[^\s/\d])\S*"), "field"),
)
"""What stands for an operator elsewhere, and what is meant by it."""
INSTEAD = {
    "exclude": "to keep things out, name an example: --unlike VIDEO@SECONDS; to keep a mood out: "
    "--emotion anger=-1",
    "combine": "to look for either of two things, search twice",
    "quote": "words are compared by meaning, never letter by letter; to look for words that are "
    "written or said: --in captions",
    "require": "every word of the query counts",
    "wildcard": "words are compared by meaning, in any form",
    "field": "to choose videos by their path or length: --path TEXT, --longer S, --shorter S",
}
"""What works here for each of them."""


def query_notes(query: Query, encoder: TextEncoder) -> Iterator[str]:
    """Yield what is to be known of a query's text: signs that do nothing, and words not read."""
    yield from sign_notes(query.text)
    read = encoder.words_read(query.text) if query.text.strip() else None
    if read is not None:
        yield (
            f"the query is longer than the text encoder reads: its first {read} of "
            f"{len(query.text.split())} words count"
        )


def sign_notes(text: str) -> Iterator[str]:
    """Yield a note for each kind of sign that works elsewhere and is read as plain words here.

    >>> len(list(sign_notes('cat -dog, a "red car" OR slow-motion')))
    3
    >>> len(list(sign_notes("a t-shirt, rock and roll: part 2")))
    0
    """
    for pattern, meant in SIGNS:
        found = pattern.search(text)
        if found is None:
            continue
        if meant == "quote":
            yield f"quotation marks do nothing here: {INSTEAD[meant]}"
        else:
            yield f"{found.group().strip()!r} is read as plain words here: {INSTEAD[meant]}"


def answer_notes(
    query: Query,
    wanted: EmotionScores,
    encoder: TextEncoder,
    extractor: EmotionExtractor | None,
) -> list[str]:
    """Return what is to be known of the answer to a query.

    Args:
        query: what is asked for.
        wanted: the emotions asked for, [1, 8].
        encoder: the encoder of texts.
        extractor: what looked for moods in the videos.
    """
    notes = list(query_notes(query, encoder))
    if unseen := unseen_moods(wanted, extractor):
        notes.append(mood_note(unseen, extractor))
    if query.within is not None and not len(query.within):
        notes.append("no video of the index passes the filters (path, longer, shorter); widen them")
    return notes


def nothing_seen(query: Query, wanted: EmotionScores, extractor: EmotionExtractor | None) -> bool:
    """Whether a query asks for moods alone, of which nothing looked for any."""
    asked = [emotion for emotion in Emotion if wanted.values[0, emotion.column]]
    return not query.shows and unseen_moods(wanted, extractor) == asked


def unseen_moods(wanted: EmotionScores, extractor: EmotionExtractor | None) -> list[Emotion]:
    """Return the emotions of a query [1, 8] that nothing looked for in the videos."""
    seen = frozenset() if extractor is None else extractor.observes
    asked = (emotion for emotion in Emotion if wanted.values[0, emotion.column])
    return [emotion for emotion in asked if emotion not in seen]


def mood_note(unseen: Sequence[Emotion], extractor: EmotionExtractor | None) -> str:
    """Say that no component observes some emotions in videos, and what to do."""
    names = ", ".join(unseen)
    if extractor is None:
        return (
            f"no video was looked at for moods, so {names} counts for nothing: choose a "
            "video_emotion and run moodreel index"
        )
    looked = ", ".join(emotion for emotion in Emotion if emotion in extractor.observes)
    return (
        f"no video was looked at for {names}, which counts for nothing: this index knows {looked}. "
        "Another video_emotion may observe more: moodreel components --kind emotion_extractor"
    )
