"""What a user should know of an answer: what was not read, not understood, or not looked at."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from moodreel.emotions import Emotion, EmotionScores
from moodreel.interfaces import EmotionExtractor, TextEncoder
from moodreel.search.languages import language_notes
from moodreel.search.query import Query

SIGNS = (
    (re.compile(r"(?:^|(?<=\s))[-\u2212\u2013](?=[^\W\d_])\w*"), "exclude"),
    (re.compile(r"(?:^|(?<=\s))NOT(?=\s)"), "exclude"),
    (re.compile(r"(?:^|(?<=\s))(?:OR|AND)(?=\s)|\|\||&&"), "combine"),
    (re.compile(r"(?:^|(?<=\s))\+(?=[^\W\d_])\w*"), "require"),
    (re.compile(r"\w\*|\*\w"), "wildcard"),
    (re.compile(r"(?:^|(?<=\s))(?!https?:)[a-z_]{3,}:(?=[^\s/\d])\S*"), "field"),
)
"""What stands for an operator elsewhere, and what is meant by it."""
INSTEAD = {
    "exclude": "to keep things out, {unlike}; to keep a mood out, {away}",
    "combine": "to look for either of two things, search twice",
    "require": "every word of the query counts",
    "wildcard": "words are compared by meaning, in any form",
    "field": "to choose videos by their path or length, {filters}",
}
"""What works here for each of them, by a name of `Controls`."""


@dataclass(frozen=True)
class Controls:
    """How a query is asked: what notes tell the user to write or to press.

    Args:
        unlike: to name an example of what is not wanted.
        away: to push a mood away.
        mood: to name a mood that is wanted.
        filters: to choose videos by path and length.
        filter_names: what the filters are called.
        index: to bring the index up to date.
        observers: where the components are listed that observe moods.
    """

    unlike: str
    away: str
    mood: str
    filters: str
    filter_names: str
    index: str
    observers: str


COMMANDS = Controls(
    unlike="name an example: --unlike VIDEO@SECONDS",
    away="give it below 0: --emotion anger=-1",
    mood="name it, as in --emotion anger",
    filters="filter: --path TEXT, --longer S, --shorter S",
    filter_names="path, longer, shorter",
    index="run moodreel index",
    observers="moodreel components --kind emotion_extractor",
)
PAGE = Controls(
    unlike="press \u201cLess like this\u201d on a moment",
    away="move its slider to \u201cavoid\u201d",
    mood="move its slider",
    filters="fill in \u201cOnly videos with\u201d or the seconds below it",
    filter_names="part of a path, seconds",
    index="index the videos again",
    observers="moodreel components --kind emotion_extractor, where the server runs",
)


def query_notes(query: Query, encoder: TextEncoder, controls: Controls) -> Iterator[str]:
    """Yield what is to be known of a query's text: signs that do nothing, and words not read."""
    yield from sign_notes(query.text, controls)
    read = encoder.words_read(query.text) if query.text.strip() else None
    if read is not None:
        yield (
            f"the query is longer than the text encoder reads: its first {read} of "
            f"{len(query.text.split())} words count"
        )


def sign_notes(text: str, controls: Controls = COMMANDS) -> Iterator[str]:
    """Yield a note for each kind of sign that works elsewhere and is read as plain words here.

    >>> len(list(sign_notes('cat -dog, a "red car" OR slow-motion')))
    2
    >>> len(list(sign_notes("a t-shirt, rock and roll: part 2")))
    0
    """
    for pattern, meant in SIGNS:
        found = pattern.search(text)
        if found is None:
            continue
        instead = INSTEAD[meant].format(**asdict(controls))
        yield f"{found.group().strip()!r} is read as plain words here: {instead}"


def answer_notes(
    query: Query,
    wanted: EmotionScores,
    encoder: TextEncoder,
    extractor: EmotionExtractor | None,
    controls: Controls = COMMANDS,
    reader: EmotionExtractor | None = None,
) -> list[str]:
    """Return what is to be known of the answer to a query.

    Args:
        query: what is asked for.
        wanted: the emotions asked for, [1, 8].
        encoder: the encoder of texts.
        extractor: what looked for moods in the videos.
        controls: how the query is asked.
        reader: what reads the moods of queries.
    """
    notes = list(query_notes(query, encoder, controls))
    notes += language_notes(query, wanted, encoder, reader, controls.mood)
    if unseen := unseen_moods(wanted, extractor):
        notes.append(mood_note(unseen, extractor, controls))
    if query.within is not None and not len(query.within):
        named = controls.filter_names
        notes.append(f"no video of the index passes the filters ({named}); widen them")
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


def mood_note(
    unseen: Sequence[Emotion], extractor: EmotionExtractor | None, controls: Controls
) -> str:
    """Say that no component observes some emotions in videos, and what to do."""
    names = ", ".join(unseen)
    if extractor is None:
        return (
            f"no video was looked at for moods, so {names} counts for nothing: choose a "
            f"video_emotion and {controls.index}"
        )
    looked = ", ".join(emotion for emotion in Emotion if emotion in extractor.observes)
    return (
        f"no video was looked at for {names}, which counts for nothing: this index knows {looked}. "
        f"Another video_emotion may observe more: {controls.observers}"
    )
