"""English text as tokens: words in one spelling, marks of clauses, and phrases as one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice
from unicodedata import category, normalize

from moodreel_plugins.emotion.english.forms import MOST_KNOWN, NOTHING, Reading, bases, read_word
from moodreel_plugins.emotion.english.lexicon import emoji, lexicon
from moodreel_plugins.emotion.english.spelling import corrected
from moodreel_plugins.emotion.english.wording import PHRASES
from moodreel_plugins.emotion.language import encodable

APOSTROPHES = dict.fromkeys(map(ord, "\u2019\u2018\u201b\u02bc\u02bb\u00b4\u0060\u2032\uff07"), "'")
DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"), "-")
POSSESSIVES = frozenset(["my", "your", "his", "her", "its", "our", "their", "one's"])
REFLEXIVES = frozenset(
    ["myself", "yourself", "himself", "herself", "itself", "ourselves", "themselves", "oneself"]
)
OBJECTS = frozenset(["me", "him", "her", "them", "us", "you", "someone"])
IRREGULAR = {"won't": "will", "can't": "can", "cannot": "can", "ain't": "is", "shan't": "shall"}
HELPING = (
    "is|was|are|were|do|does|did|has|have|had|could|would|should|must|might|need|can|wo|ai|sha"
)
# "dont", "isn t": an apostrophe that was left out, or that stands apart.
APART = re.compile(rf"\b({HELPING})(?: ?n ?' ?| n ?)t\b|\b({HELPING})nt\b")
NUMBERED = re.compile(r"\bno(?:\.\s*|\s+)(?=\d)")  # "no. 1" is a number, and denies nothing
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*|[.,;:!?()\n]|\S")

MOST_IN_PHRASE = 12  # words; the longest phrase has fewer
# Bounds on time, both judgements: words of a text that are read, and of one whose slips are mended.
MOST_WORDS, MOST_TYPED = 1024, 64


@dataclass(frozen=True)
class Token:
    """A word, a phrase or a mark of a text, in lower case, and what it says.

    Attributes:
        word: the word as it is written, or the words of a phrase.
        reading: the mood that it names.
    """

    word: str
    reading: Reading = NOTHING

    @property
    def moving(self) -> bool:
        """Whether the token is one of mood."""
        return self.reading.moving

    @property
    def is_mark(self) -> bool:
        """Whether the token is punctuation, and not a word."""
        return not (self.moving or any(character.isalpha() for character in self.word))


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a text.

    >>> [token.word for token in tokenize("He ISN'T un-happy, he's over the moon")]
    ['he', 'is', 'not', 'un-happy', ',', 'he', 'over the moon']
    """
    words = list(islice(plain_words(encodable(text)), MOST_WORDS))
    return list(join_phrases(words))


def plain_words(text: str) -> Iterator[str]:
    """Yield words and marks in lower case, with "n't" as "not" and emoji by themselves."""
    text = normalize("NFKC", text.translate(APOSTROPHES)).translate(DASHES)
    text, smileys = set_apart(text)
    text = NUMBERED.sub("number ", APART.sub(r"\1\2n't", text.lower()))
    for found in WORD.finditer(text):
        word = found.group()
        if word in smileys:
            yield smileys[word]
        else:
            yield from split_word(word)


def set_apart(text: str) -> tuple[str, Mapping[str, str]]:
    """Return a text whose emoji and emoticons are single characters, and what these stand for."""
    signs, written, pattern = emoticons()
    text = "".join(c for c in text if category(c) not in ("Mn", "Me", "Sk", "Co") or c == "^")
    marked = pattern.sub(lambda found: f" {signs[found.group()]} ", text)
    return marked, written


@cache
def emoticons() -> tuple[Mapping[str, str], Mapping[str, str], re.Pattern[str]]:
    """Return characters of private use by the entries of emoji.txt, the other way, and a pattern.

    The pattern finds the entries in a text.
    """
    signs = {written: chr(0xE000 + place) for place, written in enumerate(emoji())}
    ordered = sorted(signs, key=len, reverse=True)
    lone = [rf"(?<![^\s\w])(?<!\w){re.escape(w)}(?!\w)" for w in ordered if w.isascii()]
    others = [re.escape(w) for w in ordered if not w.isascii()]
    written = {sign: entry for entry, sign in signs.items()}
    return signs, written, re.compile("|".join([*lone, *others]))


def split_word(word: str) -> Iterator[str]:
    """Yield a word with its "n't" as a word of its own, and without "'s"."""
    if word == "cannot" or word.endswith("n't"):
        helping = IRREGULAR.get(word, word.removesuffix("n't"))
        yield from (helping, "not") if helping else ("not",)
    elif word in POSSESSIVES:
        yield word
    else:
        yield re.sub(r"'(?:s|re|m|ve|ll|d)?$", "", word) or word


def read_token(word: str, typed: bool = True) -> Reading:
    """Return what a single word or emoji says; a misspelt one that was typed, what it is to say."""
    if word in emoji():
        return Reading(emoji()[word])
    return read_word(corrected(word) if typed else word)


def join_phrases(words: Sequence[str]) -> Iterator[Token]:
    """Yield tokens, the longest phrases joined."""
    place, typed = 0, len(words) <= MOST_TYPED
    while place < len(words):
        count, reading = longest_phrase(words[place : place + MOST_IN_PHRASE])
        joined = " ".join(words[place : place + count])
        yield Token(joined, read_token(joined, typed) if count == 1 else reading)
        place += count


def longest_phrase(words: Sequence[str]) -> tuple[int, Reading]:
    """Return how many words the longest phrase that begins here has, and its mood; 1 for none."""
    for first in generic(words[0]):
        for phrase, reading in phrases().get(first, ()):
            if len(phrase) <= len(words) and all(map(stands_for, words, phrase)):
                return len(phrase), reading
    return 1, NOTHING


@cache
def phrases() -> Mapping[str, Sequence[tuple[Sequence[str], Reading]]]:
    """Return the phrases of mood and of grammar by their first words, the longest first."""
    table: dict[str, list[tuple[Sequence[str], Reading]]] = {}
    moods = [(" ".join(phrase), Reading(mood)) for phrase, mood in lexicon().phrases.items()]
    for phrase, reading in [*moods, *((phrase, NOTHING) for phrase in PHRASES)]:
        words = tuple(plain_words(phrase))
        table.setdefault(words[0], []).append((words, reading))
    return {first: sorted(rows, key=lambda row: -len(row[0])) for first, rows in table.items()}


def stands_for(word: str, wanted: str) -> bool:
    """Whether a word is a form of a phrase's word."""
    return word == wanted or wanted in generic(word)


@lru_cache(MOST_KNOWN)
def generic(word: str) -> tuple[str, ...]:
    """Return what a word may stand for in a phrase: itself, its lemma, "one's", "oneself"."""
    kinds = (("one's", POSSESSIVES), ("oneself", REFLEXIVES), ("one", OBJECTS))
    meant = [general for general, words in kinds if word in words]
    if meant:
        return word, *meant
    return tuple(dict.fromkeys(bases(word, depth=0))) if word.isalpha() else (word,)
