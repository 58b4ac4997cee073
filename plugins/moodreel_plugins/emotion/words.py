"""Emotions of a text, by a lexicon of moods: the default reader of queries and captions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel_plugins.emotion.english.lexicon import PLAIN, Mood
from moodreel_plugins.emotion.english.negation import weigh_words
from moodreel_plugins.emotion.english.reader import EnglishReader
from moodreel_plugins.emotion.language import mask_unread, readable


class WordMoods(EnglishReader):
    """Reads the words of mood in a text, each as strongly as it is meant.

    Words, phrases and emoji of mood are listed with their intensities (english/moods.txt); every
    form of a word reads alike, and one that is misspelt as what it is meant to be. A text has the
    emotions of its words, each as strong as in the strongest word; without such a word it was
    looked at and has none. What is negated has none either ("not happy", "joyless"), to the end of
    its clause or of the thing that is denied; "very" and "slightly" raise and lower.

    A list knows only what is on it: what nobody thought of has no mood, where a sentence space
    (`word-prototypes`) would guess, and take nearness for sameness: antonyms are near.

    Args:
        english: whether nothing is observed in a text that is not in English. Without it the
            English words of any text are read.
    """

    observes = frozenset(Emotion)
    reliability = 0.6

    def __init__(self, english: bool = True) -> None:
        self.english = english

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] from 0 to 1 for texts; all eight are observed."""
        moods = [read_mood(text) for text in inputs]
        values = np.reshape(np.array(moods, np.float32), (len(moods), len(Emotion)))
        scores = EmotionScores(values, np.ones_like(values, bool))
        return mask_unread(scores, readable(inputs, self.english))


def read_mood(text: str) -> Mood:
    """Return the strongest that each emotion is meant in a text, 1 at most.

    >>> round(float(read_mood("a slightly angry man, not sad")[Emotion.ANGER.column]), 2)
    0.4
    """
    meant = [word.token.reading.mood * np.float32(word.strength) for word in weigh_words(text)]
    return np.max([PLAIN, *meant], axis=0).clip(max=1)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the reader of words."""
    register("words", WordMoods)
