"""Moods as they are typed: drawn out ("sooo sad") and misspelt ("hapy")."""

import re
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from moodreel_plugins.emotion.english.forms import MOST_KNOWN, find_entry
from moodreel_plugins.emotion.english.lexicon import lexicon

DRAWN_OUT = re.compile(r"([^\W\d_])\1{2,}")
# Bounds on what is corrected: judgements, not measured.
SHORTEST, LONGEST = 4, 24  # letters of a word that may be misspelt
TWO_SLIPS = 8  # letters from which more than one slip is looked for
NEAR = 0.88  # the share of letters in common and in order, where there are more slips than one


@lru_cache(MOST_KNOWN)
def corrected(word: str) -> str:
    """Return the word of mood that a word in lower case is meant to be, or the word itself.

    An unknown word is taken for the most frequent English word that is one slip away, and so for
    a mood only where no plainer word is as near. The first letter is seldom wrong.

    >>> corrected("saaaad"), corrected("hapy"), corrected("suprised"), corrected("recieved")
    ('sad', 'happy', 'surprised', 'recieved')
    """
    plain = shortened(word)
    if plain != word or is_known(word) or not SHORTEST <= len(word) <= LONGEST:
        return plain
    meant = spelling().correction(word) if word.isalpha() else word
    if meant is None:
        meant = twice_slipped(word)
    return meant if meant[0] == word[0] and is_moving(meant) else word


def shortened(word: str) -> str:
    """Return a drawn-out word with each letter twice or once, as it is known."""
    if not DRAWN_OUT.search(word):
        return word
    twice, once = (DRAWN_OUT.sub(letters, word) for letters in (r"\1\1", r"\1"))
    moods = [shorter for shorter in (twice, once) if is_moving(shorter)]
    spelled = (shorter for shorter in moods if shorter in spelling() or is_listed(shorter))
    return next(spelled, moods[0] if moods else twice if is_known(twice) else once)


def twice_slipped(word: str) -> str:
    """Return the word of mood that a long word is very near to, or the word itself."""
    listed = entries().get(word[0], ()) if len(word) >= TWO_SLIPS else ()
    return next(iter(get_close_matches(word, listed, n=1, cutoff=NEAR)), word)


def is_known(word: str) -> bool:
    """Whether a word is one of mood, or in the English dictionary."""
    from simplemma import is_known

    return find_entry(word) is not None or is_known(word, lang="en") or word in spelling()


def is_listed(word: str) -> bool:
    """Whether a word is an entry as it stands."""
    listed = lexicon()
    return word in listed.words or word in listed.exact


def is_moving(word: str) -> bool:
    """Whether a word is one of mood."""
    mood = find_entry(word)
    return mood is not None and bool(mood.any())


@cache
def spelling() -> Any:
    """Return the frequencies of English words, read when an unknown word is first met."""
    from spellchecker import SpellChecker

    return SpellChecker(distance=1)


@cache
def entries() -> dict[str, list[str]]:
    """Return the longer words of mood, and the usual forms of verbs, by their first letter."""
    table: dict[str, list[str]] = {}
    for entry, mood in [*lexicon().words.items(), *lexicon().exact.items()]:
        stem = entry.removesuffix("e")
        for form in (entry, f"{stem}ed", f"{stem}ing"):
            if mood.any() and len(form) >= TWO_SLIPS - 1:
                table.setdefault(form[0], []).append(form)
    return table
