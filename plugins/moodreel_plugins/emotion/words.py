"""Emotions of a query, from how near its words are to words for each emotion."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moodreel import Emotion, EmotionScores, hookimpl
from moodreel.hookspecs import Register
from moodreel.interfaces import EmotionExtractor, TextEncoder

if TYPE_CHECKING:
    from torch import Tensor

PROTOTYPES: Mapping[str, tuple[str, ...]] = {
    "joy": ("joyful, happy, cheerful", "joy, happiness", "smiling, laughing, delighted"),
    "trust": ("trusting, confident, loyal", "trust, faith", "trustworthy, reliable"),
    "surprise": ("surprised, astonished", "surprise, amazement", "startled, shocked"),
    "anticipation": ("eager, hopeful, expectant", "anticipation, expectation", "awaiting, excited"),
    "fear": ("frightened, scared, terrified", "fear, terror", "afraid, panic, anxious"),
    "sadness": ("sad, unhappy, sorrowful", "sadness, grief", "crying, weeping, gloomy"),
    "disgust": ("disgusted, repulsed", "disgust, revulsion", "gross, nauseated"),
    "anger": ("angry, furious, mad", "anger, rage", "enraged, irritated, hostile"),
}
# What is nearer to these than to any emotion is about something else.
PLAIN = ("person, people, man, woman", "calm, quiet, peaceful", "thing, object, place", "colour")
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
MOST_WORDS = 512  # of one text; a longer one is a document, not a query


class WordPrototypes(EmotionExtractor):
    """Each word is compared with phrases for the eight emotions in a sentence encoder's space.

    The word that is nearest to any phrase decides. If its similarity exceeds the threshold, and
    that to plain phrases, the text has emotion, spread over the eight by a softmax of its
    similarities; otherwise it was looked at and has none. Words that no lexicon lists are
    understood this way.

    Args:
        text_encoder: embeds words and phrases.
        threshold: the least cosine similarity of an emotional word.
        temperature: of the softmax over the emotions.
        least: intensities below it are 0.
    """

    modality = "text"
    observes = frozenset(Emotion)

    def __init__(
        self,
        text_encoder: TextEncoder,
        threshold: float = 0.45,
        temperature: float = 0.05,
        least: float = 0.1,
    ) -> None:
        self.text_encoder = text_encoder
        self.threshold = threshold
        self.temperature = temperature
        self.least = least
        self._known: dict[str, tuple[list[float], float]] = {}
        self._phrases: Tensor | None = None

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] from 0 to 1; all eight are observed, 0 without emotion."""
        texts = [words_of(text) for text in inputs]
        self.learn({word for words in texts for word in words})
        return EmotionScores.of([self.intensities(words) for words in texts], observes=Emotion)

    def intensities(self, words: Sequence[str]) -> dict[str, float]:
        """Return the emotions of a text's words; none without an emotional word."""
        known = [self._known[word] for word in words]
        moving = [near for near, plain in known if max(near) >= max(self.threshold, plain)]
        if not moving:
            return {}
        best = max(moving, key=max)
        return {
            name: share
            for name, share in zip(PROTOTYPES, softmax(best, self.temperature), strict=True)
            if share >= self.least
        }

    def learn(self, words: set[str]) -> None:
        """Keep the similarities of words, to the eight emotions and to plain phrases."""
        new = sorted(words - self._known.keys())
        if new:
            similar = self.text_encoder.encode(new).pooled @ self.phrases.T
            self._known.update(zip(new, nearest_phrases(similar), strict=True))

    @property
    def phrases(self) -> "Tensor":
        """The embeddings of all phrases [P, D]."""
        if self._phrases is None:
            phrases = [phrase for group in PROTOTYPES.values() for phrase in group]
            self._phrases = self.text_encoder.encode([*phrases, *PLAIN]).pooled
        return self._phrases


def words_of(text: str) -> list[str]:
    """Return the different words of a text, in lower case, the first few hundred."""
    found: dict[str, None] = {}
    for match in WORD.finditer(text.lower()):
        found.setdefault(match.group()[:64])
        if len(found) == MOST_WORDS:
            break
    return list(found)


def nearest_phrases(similar: "Tensor") -> list[tuple[list[float], float]]:
    """Return each word's best similarity per emotion [8] and to plain phrases.

    Args:
        similar: similarities to all phrases [n, P].
    """
    groups = similar.split([*(len(group) for group in PROTOTYPES.values()), len(PLAIN)], dim=1)
    *emotions, plain = ([*group.max(1).values.tolist()] for group in groups)
    return list(zip(map(list, zip(*emotions, strict=True)), plain, strict=True))


def softmax(values: Sequence[float], temperature: float) -> list[float]:
    """Return the softmax of a few numbers."""
    from math import exp

    powers = [exp((value - max(values)) / temperature) for value in values]
    return [power / sum(powers) for power in powers]


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register word prototypes."""
    register("word-prototypes", WordPrototypes)
