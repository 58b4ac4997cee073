"""How likely a text is in a language, by which letters follow each other in its words."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import log

from moodreel.subtitles.common_characters import HANGUL, KANA, SIMPLIFIED, TRADITIONAL

# Costs are in nats, -log of a probability. What the tables do not hold was judged by reading the
# wrong readings of short texts, then checked on the grid of tests/subtitles/test_encodings.py.
STEP = 0.25  # nats between two digits of the tables
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
EDGE = "_"
UNKNOWN = 10.0  # a letter that the language does not have
CASE = 7.0  # a capital after a small letter
MARK = 4.0  # a sign that subtitles use, such as a dash or a quotation mark
STRANGE = 10.0  # any other sign
MARKS = frozenset("“”‘’‚„«»‹›–—…¿¡·´°§€£©®♪♫\u00a0\u00ad\ufeff№")
JOINT = re.compile(r"[A-Za-z](?=[\u3040-\ud7a3])|[\u3040-\ud7a3](?=[A-Za-z])")
WORD = re.compile(r"[^\W\d_]+")
SAME = str.maketrans({"ș": "ş", "ț": "ţ", "ё": "е", "ﻻ": "ل"})
BORROWED = 3.2  # a letter of a word in ASCII, which any language may borrow


@dataclass(frozen=True)
class LetterModel:
    """The letters of a language, and the cost in nats of each after each, [n, n]."""

    places: Mapping[str, int]
    costs: tuple[tuple[float, ...], ...]

    def pair_cost(self, first: str, second: str) -> float:
        """Return the cost of one letter after another."""
        start, end = self.places.get(first), self.places.get(second)
        return UNKNOWN if start is None or end is None else self.costs[start][end]

    def word_cost(self, word: str) -> float:
        """Return the cost of a word."""
        lower = word.lower().translate(SAME)
        cost = sum(self.pair_cost(*pair) for pair in pairwise(f"{EDGE}{lower}{EDGE}"))
        cost += CASE * case_breaks(word)
        return min(cost, BORROWED * (len(word) + 1)) if word.isascii() else cost


@cache
def letter_models() -> dict[str, LetterModel]:
    """Return the models by language. Languages that share a table have one name (`hbs`)."""
    table = files("moodreel.subtitles").joinpath("letter_pairs.txt").read_text(encoding="utf-8")
    lines = iter(table.splitlines())
    found = {}
    for head in lines:
        language, letters = head.split(" ")
        letters = letters.translate(SAME)
        rows = [tuple(STEP * DIGITS.index(digit) for digit in next(lines)) for _ in letters]
        found[language] = LetterModel({c: i for i, c in enumerate(letters)}, tuple(rows))
    return found


def case_breaks(word: str) -> int:
    """Return how many capitals follow a small letter, as in words of the wrong Cyrillic table."""
    return sum(a.islower() and b.isupper() for a, b in pairwise(word))


@dataclass(frozen=True)
class Sample:
    """The words and signs of one reading of a text, each with how often it occurs."""

    words: Counter[str]
    signs: Counter[str]
    foreign: int

    @classmethod
    def of(cls, text: str) -> "Sample":
        """Take a text apart. Signs between two letters count as strange: `foreign` of them."""
        signs = Counter(c for c in text if c > "\x7f" and not WORD.match(c))
        inside = re.findall(r"(?<=[^\W\d_])[^\w\s\x00-\x7f’](?=[^\W\d_])", text)
        return cls(Counter(WORD.findall(text)), signs, len(inside))

    def sign_cost(self) -> float:
        """Return the cost of all that are no letters."""
        costs = {sign: MARK if sign in MARKS else STRANGE for sign in self.signs}
        return sum(n * costs[sign] for sign, n in self.signs.items()) + STRANGE * self.foreign


def language_cost(sample: Sample, language: str) -> float:
    """Return the cost in nats of a sample in a language with an alphabet."""
    model = letter_models()[language]
    return sample.sign_cost() + sum(n * model.word_cost(word) for word, n in sample.words.items())


# Characters of each language that come most often, their share of its text, and how many more
# there are. Kana and Hangul are few enough for a share of their own.
COMMON = {"zh-Hans": SIMPLIFIED, "zh-Hant": TRADITIONAL, "ko": HANGUL, "ja": KANA}
COMMON_SHARE = 0.5
RARE_CHARACTERS = 3000


def character_cost(text: str, language: str) -> float:
    """Return the cost in nats of a Chinese, Japanese or Korean text, character by character."""
    common = COMMON[language]
    joints = STRANGE / 2 * len(JOINT.findall(text))
    return joints + sum(n * one_character(c, common, language) for c, n in Counter(text).items())


def one_character(character: str, common: frozenset[str], language: str) -> float:
    """Return the cost in nats of one character."""
    if character <= "\x7f":
        return BORROWED if character.isalpha() else 0.0
    if character in common:
        return -log(COMMON_SHARE / len(common))
    if character in MARKS or "\u3000" <= character <= "\u303f" or "\uff01" <= character <= "\uff5e":
        return MARK
    return -log((1 - COMMON_SHARE) / RARE_CHARACTERS) if fits(character, language) else 2 * STRANGE


def fits(character: str, language: str) -> bool:
    """Whether a character belongs to the script of a language."""
    hangul, han = "\uac00" <= character <= "\ud7a3", "\u4e00" <= character <= "\u9fff"
    kana = "\u3040" <= character <= "\u30ff"
    return hangul if language == "ko" else han or (kana and language == "ja")
