"""Sentiment of a text by VADER: positive, negative, and both in one number."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from moodreel import Emotion, EmotionScores, Register, Sentiment, hookimpl
from moodreel.interfaces import Requirement
from moodreel_plugins.emotion.english.reader import EnglishReader
from moodreel_plugins.emotion.language import mask_unread, readable

# Characters that are read, since VADER takes time with the square of the words: a judgement, not
# measured.
LONGEST_TEXT = 20_000


class Vader(EnglishReader):
    """VADER's rules and lexicon (Hutto & Gilbert 2014), from the package vaderSentiment.

    Sentiment is not emotion: a negative text may be angry, afraid, sad or disgusted, and VADER
    cannot tell which. So only what is asked for is observed: joy, as far as a text is positive,
    and nothing of the other seven. It has rules of its own for negation and degree, and reads
    emoji.

    Args:
        positive: the emotions that a compound score above 0 is taken for.
        negative: the emotions that a compound score below 0 is taken for.
        english: whether nothing is observed in a text that is not in English.
    """

    reliability = 0.15
    requires = (
        Requirement(
            "vaderSentiment", 'pip install "moodreel[vader]"', "VADER's code and lexicon: MIT"
        ),
    )

    def __init__(
        self,
        positive: Sequence[str] = ("joy",),
        negative: Sequence[str] = (),
        english: bool = True,
    ) -> None:
        self.positive = [Emotion.named(name) for name in positive]
        self.negative = [Emotion.named(name) for name in negative]
        self.english = english

    @property
    def observes(self) -> frozenset[Emotion]:
        """The emotions that sentiment is taken for."""
        return frozenset([*self.positive, *self.negative])

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return the part of the compound score above 0, or below it, as intensity [B, 8]."""
        compound = np.array([measure(text)["compound"] for text in inputs], np.float32)
        parts = [*[compound] * len(self.positive), *[-compound] * len(self.negative)]
        values = np.reshape(np.array(parts, np.float32), (len(parts), len(inputs))).T.clip(min=0)
        names = [*self.positive, *self.negative]
        scores = EmotionScores.from_columns(names, values, np.ones_like(values))
        return mask_unread(scores, readable(inputs, self.english))

    def sentiment(self, inputs: Sequence[str]) -> Sentiment:
        """Return the shares of positive and negative words, and the compound score [B]."""
        read = readable(inputs, self.english)
        measured = [measure(text) for text in inputs]
        columns = (
            np.where(read, np.array([row[name] for row in measured], np.float32), np.nan)
            for name in ("pos", "neg", "compound")
        )
        return Sentiment(*(column.astype(np.float32) for column in columns))


@cache
def analyzer() -> Any:
    """Return VADER with its lexicon, read once."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def measure(text: str) -> dict[str, float]:
    """Return VADER's pos, neg, neu and compound for a text."""
    return analyzer().polarity_scores(text[:LONGEST_TEXT])


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register VADER."""
    register("vader", Vader)
