"""The English lexicon: words, phrases and emoji, and what they say of the eight emotions."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion

Mood = NDArray[np.float32]
"""Intensities of the eight emotions, float32 [8], in the order of `Emotion`."""

PLAIN: Mood = np.zeros(len(Emotion), np.float32)
"""The mood of a word that has none."""


@dataclass(frozen=True)
class Lexicon:
    """Entries of mood.

    Args:
        words: the moods of single words, by the word.
        exact: those of words that stand for no other form.
        phrases: those of phrases, by their words.
    """

    words: Mapping[str, Mood]
    exact: Mapping[str, Mood]
    phrases: Mapping[tuple[str, ...], Mood]


@cache
def lexicon() -> Lexicon:
    """Return the packaged lexicon, read once."""
    words: dict[str, Mood] = {}
    exact: dict[str, Mood] = {}
    phrases: dict[tuple[str, ...], Mood] = {}
    for entry, mood in read_entries("moods.txt", ","):
        if entry.startswith("="):
            exact[entry[1:]] = mood
        elif " " in entry:
            phrases[tuple(entry.split())] = mood
        else:
            words[entry] = mood
    return Lexicon(words, exact, phrases)


@cache
def emoji() -> Mapping[str, Mood]:
    """Return the moods of emoji and emoticons, without variation selectors."""
    return dict(read_entries("emoji.txt", None))


def read_entries(name: str, separator: str | None) -> Iterator[tuple[str, Mood]]:
    """Yield the entries of a file of this package with their moods."""
    text = files(__package__).joinpath(name).read_text(encoding="utf-8")
    text = re.sub(r"(?m)^#.*$", "", text)
    for section in re.split(r"(?m)^\[", text)[1:]:
        header, _, body = section.partition("]")
        mood = read_mood(header)
        for entry in body.split(separator):
            if entry.strip():
                yield " ".join(entry.split()), mood


def read_mood(header: str) -> Mood:
    """Return the mood that a header states.

    >>> read_mood("fear 0.5, surprise 1").nonzero()[0].tolist()
    [2, 4]
    """
    mood = PLAIN.copy()
    for part in header.split(","):
        if part.strip() != "plain":
            name, intensity = part.split()
            mood[Emotion.named(name).column] = float(intensity)
    return mood
