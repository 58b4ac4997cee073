"""Language identification: whether a text is in English, by its letters and words.

An extractor made for English observes nothing in a text that it cannot read.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from moodreel import EmotionScores
from moodreel_plugins.emotion.english.wording import word_set

WORD = re.compile(r"[^\W\d_]+")
LATIN = re.compile(r"[A-Za-z\u00aa\u00ba\u00c0-\u024f\u1e00-\u1eff\uff21-\uff3a\uff41-\uff5a]")
# Bounds on time and memory: judgements, not measured.
MOST_WORDS = 256  # that are looked at; the rest of a text is taken to be like them
LONGEST_WORD = 64
MOST_KNOWN = 20_000  # words that are remembered
LONGEST_TEXT = 10_000  # characters that a network is given, more than any of them reads
# What decides, by the words that a dictionary knows (see `is_english`): judgements, not measured.
FEWEST_WORDS = 4  # that can be told from names and misspellings
FOREIGN_SHARE, ENGLISH_SHARE = 1 / 3, 1 / 2
PLAINLY_ENGLISH = word_set("the is are and of to with for his her from by this that it")


def is_english(text: str) -> bool:
    """Whether a text may be English; one without letters has nothing that cannot be read.

    It is not where most letters are of another script, nor where at most a third of four or more
    words are known, or fewer than half and none that only English has.

    >>> [is_english(text) for text in ("a happy man", "", "화난 남자")]
    [True, True, False]
    """
    words = first_words(text)
    letters = "".join(words)
    if not letters.isascii() and 2 * len(LATIN.findall(letters)) < len(letters):
        return False
    if len(words) < FEWEST_WORDS:
        return True
    share = known_share(words)
    if share > FOREIGN_SHARE and not PLAINLY_ENGLISH.isdisjoint(words):
        return True
    return share >= ENGLISH_SHARE


def first_words(text: str) -> list[str]:
    """Return the first words of a text, in lower case."""
    found = islice(WORD.finditer(text), MOST_WORDS)
    return [match.group()[:LONGEST_WORD].lower() for match in found]


def known_share(words: Sequence[str]) -> float:
    """Return the share of words that an English dictionary knows."""
    return sum(map(is_word, words)) / len(words)


@lru_cache(MOST_KNOWN)
def is_word(word: str) -> bool:
    """Whether an English dictionary knows a word."""
    from simplemma import is_known

    return is_known(word, lang="en")


def readable(texts: Sequence[str], english: bool = True) -> NDArray[np.bool_]:
    """Return which texts an extractor can read [B]: the English ones, or all."""
    return np.array([not english or is_english(text) for text in texts], bool)


def mask_unread(scores: EmotionScores, read: NDArray[np.bool_]) -> EmotionScores:
    """Return scores [B, 8] with nothing observed where a text was not read [B]."""
    return replace(scores, observed=scores.observed & read[:, None])


def encodable(text: str) -> str:
    """Return the beginning of a text as any tokenizer takes it, without halves of characters."""
    return text[:LONGEST_TEXT].encode("utf-8", "replace").decode("utf-8")
