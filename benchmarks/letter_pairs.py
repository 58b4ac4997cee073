"""Makes core/moodreel/subtitles/letter_pairs.txt: how often letters follow each other, by language.

Counted over the word forms of simplemma's dictionaries. A dictionary does not know how often a
word is said, so short forms, which are said more often, count for more.

    python benchmarks/letter_pairs.py
"""

import math
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import moodreel.subtitles

LANGUAGES = [
    "ru",
    "uk",
    "bg",
    "mk",
    "cs",
    "pl",
    "hu",
    "ro",
    "sk",
    "sl",
    "hbs",
    "sq",
    "en",
    "fr",
    "de",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "is",
    "ca",
    "tr",
    "et",
    "lv",
    "lt",
    "el",
    "he",
    "ar",
    "fa",
]
TARGET = Path(moodreel.subtitles.__file__).with_name("letter_pairs.txt")
EDGE = "_"
RAREST = 2e-5  # share of all letters; below it are letters of foreign names
UNSEEN = 1e-4  # share of a letter's pairs that each pair gets which was not seen
STEP = 0.25  # nats between two digits
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEF"


def counts(language: str) -> Counter[tuple[str, str]]:
    from simplemma.strategies.dictionaries.dictionary_factory import DefaultDictionaryFactory

    found: Counter[tuple[str, str]] = Counter()
    for word in DefaultDictionaryFactory(1).get_dictionary(language):
        if word.isalpha() and word == word.lower():
            for pair in pairwise(f"{EDGE}{word}{EDGE}"):
                found[pair] += math.exp(-len(word) / 3)
    return found


def table(language: str) -> str:
    found = counts(language)
    letters: Counter[str] = Counter()
    for (first, _), count in found.items():
        letters[first] += count
    total = sum(letters.values())
    alphabet = sorted(letter for letter in letters if letters[letter] / total > RAREST)
    rows = [language + " " + "".join(alphabet)]
    for first in alphabet:
        row = [found[first, second] for second in alphabet]
        spare = UNSEEN * sum(row) + sys.float_info.min
        logs = [-math.log((count + spare) / (sum(row) + spare * len(row))) for count in row]
        rows.append("".join(DIGITS[min(round(cost / STEP), len(DIGITS) - 1)] for cost in logs))
    return "\n".join(rows)


if __name__ == "__main__":
    TARGET.write_text("\n".join(map(table, LANGUAGES)) + "\n", encoding="utf-8")
