"""Forms of English words: the entry that a form belongs to, and parts that turn it round."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from moodreel_plugins.emotion.english.lexicon import PLAIN, Mood, lexicon

MOST_KNOWN = 20_000  # words whose moods are remembered: a judgement, not measured
# What a form may end in, and what its entry ends in instead, beside what the dictionary knows.
ENDINGS = (
    ("ically", "ic"),
    ("ily", "y"),
    ("bly", "ble"),
    ("ly", ""),
    ("iness", "y"),
    ("ness", ""),
    ("ied", "y"),
    ("ies", "y"),
    ("ing", ""),
    ("ing", "e"),
    ("ed", ""),
    ("ed", "e"),
    ("es", ""),
    ("s", ""),
)
SHORTEST = 3  # letters of an entry that a form is reduced to
TURNING = ("un", "non", "dis", "in", "im")  # before an entry: the absence of its mood
TURNED_ENDINGS = ("less", "free", "proof")


class Reading(NamedTuple):
    """What a word says: a mood, and whether a part of the word turns it round ("joyless")."""

    mood: Mood
    turned: bool = False

    @property
    def moving(self) -> bool:
        """Whether the word is one of mood, turned or not."""
        return bool(self.mood.any())


NOTHING = Reading(PLAIN)


@lru_cache(MOST_KNOWN)
def read_word(word: str) -> Reading:
    """Return what a word in lower case says.

    >>> read_word("happily").moving, read_word("fearless").turned, read_word("table").moving
    (True, True, False)
    """
    mood = find_entry(word)
    if mood is not None:
        return Reading(mood)
    inner = find_turned(word)
    return NOTHING if inner is None else Reading(inner, turned=True)


def find_entry(word: str) -> Mood | None:
    """Return the mood of the entry that a form belongs to."""
    listed = lexicon()
    if word in listed.exact:
        return listed.exact[word]
    return next((listed.words[base] for base in bases(word) if base in listed.words), None)


def bases(word: str, depth: int = 2) -> Iterator[str]:
    """Yield a form, its lemma, and what it may be derived from, the nearest first."""
    from simplemma import lemmatize

    yield word
    lemma = lemmatize(word, lang="en").lower()
    if lemma != word:
        yield lemma
    for ending, instead in ENDINGS if depth else ():
        stem = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(stem) >= SHORTEST:
            yield from bases(stem, depth - 1)
            if not instead and re.search(r"([bdgklmnprt])\1$", stem):
                yield stem[:-1]


def find_turned(word: str) -> Mood | None:
    """Return the mood that a word denies with a part of its own, as "un-" and "-less" do."""
    for part in TURNING:
        if word.startswith(part) and (mood := moving_entry(word[len(part) :].lstrip("-"))):
            return mood[0]
    for base in bases(word):
        for part in TURNED_ENDINGS:
            if base.endswith(part) and (mood := moving_entry(base[: -len(part)].rstrip("-"))):
                return mood[0]
    return None


def moving_entry(word: str) -> tuple[Mood] | None:
    """Return the mood of a word that has one, in a tuple, which is true."""
    mood = find_entry(word) if len(word) >= SHORTEST else None
    return (mood,) if mood is not None and mood.any() else None
