"""Emotions of a text by the NRC lexicon: how many of its words are listed for each."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from string import punctuation
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, Sentiment, hookimpl
from moodreel.interfaces import Requirement
from moodreel_plugins.emotion.english.negation import weigh_words
from moodreel_plugins.emotion.english.reader import EnglishReader
from moodreel_plugins.emotion.language import mask_unread, readable

SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
COUNTED = (*Emotion, "positive", "negative")


class NrcLexicon(EnglishReader):
    """Counts of the NRC Emotion Lexicon (Mohammad & Turney 2013), from the package nrclex.

    The published counts come from NRCLex 3 on raw captions: the tokens of the Penn Treebank's
    rules, without the punctuation at their ends, looked up as they are, not lemmatised. The same
    is done here, so that "don't" does not count as a don, nor "jack-knife" as a knife. Capitals
    hid listed words from the published counts; by default they do not. The lexicon is free for
    research only.

    Args:
        match_case: whether capitals, and "_" between words, stay as they are, which gives the
            published counts in every row that we have.
        modifiers: whether a negated word counts 0 times, a raised one 1.5 and a lowered one 0.5.
        english: whether nothing is observed in a text that is not in English.
    """

    observes = frozenset(Emotion)
    version = "2"
    reliability = 0.2
    requires = (
        Requirement(
            "nrclex",
            'pip install "moodreel[nrc]"',
            "NRC EmoLex: free for research only; nrclex code: MIT",
        ),
    )

    def __init__(
        self, match_case: bool = False, modifiers: bool = False, english: bool = True
    ) -> None:
        self.match_case = match_case
        self.modifiers = modifiers
        self.english = english

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return counts [B, 8] for texts; all eight are observed."""
        counts = self.count(inputs)[:, : len(Emotion)]
        scores = EmotionScores(counts, np.ones_like(counts, bool))
        return mask_unread(scores, readable(inputs, self.english))

    def sentiment(self, inputs: Sequence[str]) -> Sentiment:
        """Return the counts of positive and of negative words [B]."""
        read = readable(inputs, self.english)[:, None]
        counts = np.where(read, self.count(inputs)[:, -2:], np.float32(np.nan))
        return Sentiment(counts[:, 0], counts[:, 1])

    def count(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how many words of texts are listed [B, 10], in the order of COUNTED."""
        rows = [self.count_words(text) for text in texts]
        return np.reshape(np.array(rows, np.float32), (len(texts), len(COUNTED)))

    def count_words(self, text: str) -> list[float]:
        """Return one text's counts [10]; a repeated word counts again."""
        counts: Counter[str] = Counter()
        listed = lexicon()
        for word, strength in self.words(text):
            for name in listed.get(word, ()):
                counts[name] += strength  # type: ignore[assignment]
        return [counts[name] for name in COUNTED]

    def words(self, text: str) -> Iterator[tuple[str, float]]:
        """Yield the words to look up, and how much each counts."""
        if self.modifiers:
            for weighed in weigh_words(text):
                yield from ((word, weighed.strength) for word in weighed.word.split())
        elif self.match_case:
            yield from ((word, 1.0) for word in treebank_words(text))
        else:
            plain = text.lower().replace("\u2019", "'").replace("_", " ")
            yield from ((word, 1.0) for word in treebank_words(plain))


@cache
def lexicon() -> dict[str, list[str]]:
    """Return the packaged lexicon, word to emotions; never a file lying nearby."""
    from nrclex import NRCLex

    return NRCLex(None).__lexicon__


@cache
def tokenizer() -> Any:
    """Return the Treebank's tokenizer."""
    from nltk.tokenize import NLTKWordTokenizer

    return NLTKWordTokenizer()


def treebank_words(text: str) -> Iterator[str]:
    """Yield tokens without the punctuation at their ends, sentence by sentence, as NRCLex does.

    >>> list(treebank_words("don't stop_ the dog's. t-shirts"))
    ['do', "n't", 'stop', 'the', 'dog', "'s", 't-shirts']
    """
    for sentence in SENTENCE_END.split(text):
        for token in tokenizer().tokenize(sentence):
            bare = token.strip().strip(punctuation)
            if bare:
                yield token if token.startswith("'") else bare


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the NRC lexicon."""
    register("nrc", NrcLexicon)
