"""Emotions of a text, by its similarity to sentences that describe each emotion."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, TextEncoder
from moodreel_plugins.emotion.english.negation import weigh_words
from moodreel_plugins.emotion.language import encodable, mask_unread, readable

SENTENCES: Mapping[str, tuple[str, ...]] = {
    "joy": (
        "A happy person smiles and laughs.",
        "People are having fun and celebrating with joy.",
        "She is delighted and cheerful.",
        "They cheer, excited and glad.",
    ),
    "trust": (
        "A person trusts and relies on a loyal friend.",
        "He is confident in her and has faith.",
        "They accept and admire each other.",
    ),
    "surprise": (
        "A person is surprised and amazed.",
        "She is astonished by something unexpected.",
        "He is startled and shocked.",
    ),
    "anticipation": (
        "A person eagerly awaits what is to come.",
        "They look forward to it, hopeful and expectant.",
        "She is curious and full of expectation.",
    ),
    "fear": (
        "A person is afraid and terrified.",
        "She is scared, nervous and anxious.",
        "It is a frightening, creepy scene of horror.",
    ),
    "sadness": (
        "A sad person cries and weeps.",
        "He grieves, unhappy and lonely.",
        "She is gloomy and heartbroken.",
    ),
    "disgust": (
        "A person is disgusted and revolted.",
        "It is gross and nauseating.",
        "She turns away, repelled by something foul.",
    ),
    "anger": (
        "An angry person shouts in rage.",
        "He is furious and mad at someone.",
        "They are hostile, annoyed and irritated.",
    ),
}
PLAIN = (
    "A person does something ordinary.",
    "A man is talking.",
    "Someone is cooking food in a kitchen.",
    "People play a game of sports.",
    "A woman plays music on an instrument.",
    "A car drives along a road.",
    "An animal is outdoors.",
    "There is an object on a table.",
    "The camera shows a building and a street.",
    "A landscape with trees and water.",
    "A cartoon character walks.",
    "A person explains how to use a computer.",
    "A group of people stands in a room.",
    "A child waits for a bus.",
    "A calm, quiet place.",
    "He is someone.",
    "She says that she is.",
    "They are there.",
    "It is a film.",
    "Children and a mask.",
)


class SentencePrototypes(EmotionExtractor):
    """Compares a whole text with sentences for the eight emotions and for none of them.

    Each class is as near as its nearest sentence; a softmax over the nine gives probabilities,
    and the eight are the intensities. Negated words are left out of what is compared. A word
    that raises or lowers ("very", "slightly") multiplies the eight, up to 1 in all.

    Args:
        text_encoder: the encoder of texts and sentences.
        temperature: the temperature of the softmax over cosine similarities. The default has the
            largest likelihood on 36 labelled queries (the tuning half of
            tests/data/mood_queries.yaml).
        plain: what is added to the similarity of the plain sentences; chosen likewise.
        modifiers: whether negation and intensifiers are understood.
        english: whether nothing is observed in a text that is not in English; false for an
            encoder of many languages.
    """

    modality = "text"
    observes = frozenset(Emotion)

    def __init__(
        self,
        text_encoder: TextEncoder,
        temperature: float = 0.025,
        plain: float = 0.02,
        modifiers: bool = True,
        english: bool = True,
    ) -> None:
        if temperature <= 0:
            raise ValueError("temperature must be above 0")
        self.text_encoder = text_encoder
        self.temperature = temperature
        self.plain = plain
        self.modifiers = modifiers
        self.english = english

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return probabilities [B, 8] for texts; all eight are observed."""
        texts = [encodable(text) for text in inputs]
        meant, degrees = self.meanings(texts)
        shares = self.shares(meant) * degrees[:, None]
        shares /= np.maximum(shares.sum(1, keepdims=True), 1)
        scores = EmotionScores.from_columns(list(SENTENCES), shares, np.ones_like(shares))
        return mask_unread(scores, readable(texts, self.english))

    def meanings(self, texts: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
        """Return texts without what they negate, and the degree of each [B]."""
        if not self.modifiers:
            return list(texts), np.ones(len(texts), np.float32)
        pairs = [meant_text(text) for text in texts]
        return [text for text, _ in pairs], np.array([d for _, d in pairs], np.float32)

    def shares(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the probabilities of the eight [B, 8], in the order of SENTENCES."""
        if not texts:
            return np.zeros((0, len(SENTENCES)), np.float32)
        near = self.embed(texts) @ self.sentences.T
        near = np.maximum.reduceat(near, class_starts(), axis=1)
        near[:, -1] += self.plain
        powers = np.exp((near - near.max(1, keepdims=True)) / self.temperature)
        said = np.array([bool(text.strip()) for text in texts])
        return (powers / powers.sum(1, keepdims=True))[:, :-1] * said[:, None]

    @cached_property
    def sentences(self) -> NDArray[np.float32]:
        """The embeddings [P, D] of all sentences: of the emotions in order, then plain ones."""
        emotional = [sentence for group in SENTENCES.values() for sentence in group]
        return self.embed([*emotional, *PLAIN])

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the encoder's vectors [n, D]."""
        return self.text_encoder.encode(texts).pooled.numpy(force=True)


def class_starts() -> NDArray[np.int64]:
    """Return where each class begins among all sentences [9]."""
    return np.cumsum([0, *map(len, SENTENCES.values())])


def meant_text(text: str) -> tuple[str, float]:
    """Return a text without its negated words, and the strongest degree in it.

    >>> meant_text("a very happy dog, not sad")
    ('a happy dog', 1.5)
    """
    weighed = list(weigh_words(text))
    degrees = [word.strength for word in weighed if word.strength not in (0.0, 1.0)]
    meant = " ".join(word.word for word in weighed if word.strength)
    return meant, max(degrees, key=lambda degree: abs(np.log(degree)), default=1.0)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register sentence prototypes."""
    register("prototypes", SentencePrototypes)
