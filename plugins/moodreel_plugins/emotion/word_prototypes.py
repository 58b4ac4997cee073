"""Emotions of a text, by the similarity of its words to phrases for each emotion."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import TextEncoder
from moodreel_plugins.emotion.english.negation import weigh_words
from moodreel_plugins.emotion.english.reader import EnglishReader
from moodreel_plugins.emotion.language import mask_unread, readable

PROTOTYPES: Mapping[str, tuple[str, ...]] = {
    "joy": (
        "joyful, happy, cheerful",
        "joy, happiness",
        "smiling, laughing, delighted",
        "excited, cheering, enjoying",
        "funny, amused, playful",
    ),
    "trust": ("trusting, faithful, loyal", "trust, faith", "a trusting, confident person"),
    "surprise": ("surprised, astonished, amazed", "surprise, amazement", "startled, shocked"),
    "anticipation": (
        "eager, hopeful, expectant",
        "anticipation, expectation",
        "eagerly awaiting",
    ),
    "fear": (
        "frightened, scared, terrified",
        "fear, terror",
        "afraid, nervous, anxious",
        "scary, creepy, horror",
    ),
    "sadness": ("sad, unhappy, sorrowful", "sadness, grief", "crying, weeping, gloomy"),
    "disgust": ("disgusted, repulsed, revolted", "disgust, revulsion", "gross, nauseating"),
    "anger": (
        "angry, furious, mad",
        "anger, rage",
        "enraged, irritated, annoyed",
        "hostile, hateful",
    ),
}
# Subjects that a sentence encoder puts near emotions: what is nearer to one of these is about
# something to be seen, not about a mood. Found by looking at which caption words were misread.
PLAIN = (
    "person, people, man, woman",
    "thing, object, place",
    "body, skin, face",
    "colour, bright, dark",
    "noise, loud, music",
    "weather, rain, storm",
    "fire, burning, explosion",
    "food, eating, tasty, delicious",
    "playing, watching, working, doing",
    "moving, running, jumping",
    "waiting, coming, arriving",
    "fighting, hitting, punching, war",
    "death, dead, funeral",
    "calm, quiet, peaceful",
    "safety, security, police",
    "skill, intelligence, ability",
    "life, living",
)
# Bounds on time and memory: judgements, not measured.
LONGEST_WORD = 64  # characters; the rest of a longer word is not read
MOST_WORDS = 512  # different ones that are read in one text; a longer text is no query
MOST_KNOWN = 20_000  # words whose emotions are kept


class WordPrototypes(EnglishReader):
    """Compares each word with phrases for the eight emotions in a sentence encoder's space.

    A word that is near enough to one of the phrases, and nearer than to any plain subject, has
    emotion: a softmax over its similarities to the eight. A text has the emotions of its words,
    each as strong as in the strongest word; without such a word it was looked at and has none.
    So words that no lexicon lists are understood, in whatever language the encoder knows. Negated
    words ("not happy") have no emotion; "very" and "slightly" raise and lower the next word's.

    Near is not the same: antonyms are near, so a friendly man may be read as an angry one. For
    English use `words`; this is for words that no list has, in the languages of the encoder.

    With a first set of phrases, emotional words scored 0.43 to 0.77 and the best words of eight
    neutral queries 0.14 to 0.34, and a temperature of 0.05 read all 48 queries right that are asked
    of reaction-clips. How 0.45 was chosen for the phrases of today is not recorded; with it the
    macro-F1 on 72 labelled queries is 0.92 (benchmarks/RESULTS.md). `least` is a judgement, not
    measured.

    Args:
        text_encoder: the encoder of words and phrases.
        threshold: the least cosine similarity of an emotional word.
        temperature: the temperature of the softmax over the emotions' cosine similarities.
        least: the least intensity; lower ones are 0.
        english: whether nothing is observed in a text that is not in English; false for an
            encoder of many languages.
    """

    reliability = 0.5
    observes = frozenset(Emotion)
    version = "3"

    def __init__(
        self,
        text_encoder: TextEncoder,
        threshold: float = 0.45,
        temperature: float = 0.05,
        least: float = 0.1,
        english: bool = True,
    ) -> None:
        if temperature <= 0:
            raise ValueError("temperature must be above 0")
        self.text_encoder = text_encoder
        self.threshold = threshold
        self.temperature = temperature
        self.least = least
        self.english = english
        self._phrases: NDArray[np.float32] | None = None
        self._known: dict[str, NDArray[np.float32]] = {}

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] from 0 to 1 for texts; all eight are observed."""
        texts = [meant_words(text) for text in inputs]
        known = self.look_up({word for words in texts for word in words})
        values = [strongest(known[word] * degree for word, degree in t.items()) for t in texts]
        columns = np.reshape(np.array(values, np.float32), (len(texts), len(PROTOTYPES)))
        scores = EmotionScores.from_columns(list(PROTOTYPES), columns, np.ones_like(columns))
        return mask_unread(scores, readable(inputs, self.english))

    def look_up(self, words: set[str]) -> dict[str, NDArray[np.float32]]:
        """Return the intensities [8] of each word; those read before are remembered.

        The memory is replaced, never changed: another thread may be reading it.
        """
        known = self._known
        found = {word: known[word] for word in words & known.keys()}
        new = sorted(words - found.keys())
        if new:
            found.update(zip(new, self.read_words(new), strict=True))
            self._known = {**known, **found} if len(known) < MOST_KNOWN else found
        return found

    def read_words(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Return the intensities [n, 8] of words, in the order of PROTOTYPES."""
        similar = nearest_phrases(self.embed(words) @ self.phrases.T)
        emotions, plain = similar[:, :-1], similar[:, -1:]
        moving = emotions.max(1, keepdims=True) >= np.maximum(plain, self.threshold)
        shares = softmax(emotions / self.temperature)
        return shares * (moving & (shares >= self.least))

    @property
    def phrases(self) -> NDArray[np.float32]:
        """The embeddings [P, D] of all phrases: of the emotions in order, then the plain ones."""
        if self._phrases is None:
            emotional = [phrase for group in PROTOTYPES.values() for phrase in group]
            self._phrases = self.embed([*emotional, *PLAIN])
        return self._phrases

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the encoder's vectors [n, D]."""
        return self.text_encoder.encode(texts).pooled.numpy(force=True)


def meant_words(text: str) -> dict[str, float]:
    """Return the different words of a text, the first few hundred, and how much each is meant.

    A word that occurs several times is meant as much as where it is meant most.

    >>> meant_words("A very ANGRY man, an angry dog; not a cat")
    {'a': 1.0, 'angry': 1.5, 'man': 1.0, 'an': 1.0, 'dog': 1.0, 'cat': 0.0}
    """
    found: dict[str, float] = {}
    for weighed in weigh_words(text):
        word = weighed.word[:LONGEST_WORD]
        found[word] = max(found.get(word, 0.0), weighed.strength)
        if len(found) == MOST_WORDS:
            break
    return found


def nearest_phrases(similar: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return similarities to the nearest phrase of each emotion and, last, of the plain ones.

    Args:
        similar: to every phrase, [n, P].

    Returns:
        float32 [n, 9].
    """
    sizes = [len(group) for group in PROTOTYPES.values()]
    starts = np.cumsum([0, *sizes])
    return np.maximum.reduceat(similar, starts, axis=1)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the softmax over the last axis."""
    powers = np.exp(logits - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def strongest(rows: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Return the largest value in each column of rows [8], 1 at most; 0 where there are none."""
    return np.max([np.zeros(len(PROTOTYPES), np.float32), *rows], axis=0).clip(max=1)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register word prototypes."""
    register("word-prototypes", WordPrototypes)
