"""Relevance feedback (Rocchio): liked and unliked examples change a query's content and emotions.

q' = q + 0.75 * mean(liked) - 0.75 * mean(not liked), after Rocchio (1971). Examples enter as
differences from the collection's middle, for all vectors of an encoder have much in common, and a
picture's more with each other than with any text's. They are scaled to move scores as far as the
text itself does, so that the factors mean the same with every encoder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.search.collection import EPSILON, Collection

# 0.75 is the usual factor for liked examples (Manning et al. 2008). Unliked ones usually get less,
# 0.15; here they get as much, since a user who says "less like this" expects to see it. Judgements,
# not measured.
LIKED = 0.75
UNLIKED = 0.75


@dataclass(frozen=True, eq=False)
class Example:
    """A moment or a picture: content float32 [D], emotions [1, 8]."""

    content: NDArray[np.float32]
    emotions: EmotionScores


@dataclass(frozen=True, eq=False)
class Examples:
    """The liked and unliked examples of a query, and the collection that they are compared with."""

    collection: Collection
    liked: Sequence[Example] = field(default_factory=tuple)
    unliked: Sequence[Example] = field(default_factory=tuple)

    def refine_content(self, text: NDArray[np.float32] | None) -> NDArray[np.float32]:
        """Return the content [D] to ask for, L2-normalised.

        Args:
            text: the text's vector [D]. Without it the examples are all there is to go by.
        """
        liked, unliked = self.direction(self.liked), self.direction(self.unliked)
        if text is None and self.liked:
            text, liked = mean_content(self.liked), None
        size = 1.0 if text is None else self.collection.spread(text)
        moved = np.zeros_like(self.collection.centre) if text is None else text.copy()
        for factor, direction in ((LIKED, liked), (-UNLIKED, unliked)):
            if direction is not None:
                moved = moved + factor * self.scaled(direction, size)
        return (moved / max(float(np.linalg.norm(moved)), EPSILON)).astype(np.float32)

    def direction(self, examples: Sequence[Example]) -> NDArray[np.float32] | None:
        """Return where examples lie from the collection's middle, [D]."""
        return mean_content(examples) - self.collection.centre if examples else None

    def scaled(self, direction: NDArray[np.float32], size: float) -> NDArray[np.float32]:
        """Return a direction at a length that spreads the collection's scores by `size`."""
        spread = self.collection.spread(direction)
        known = spread > EPSILON and size > EPSILON
        return direction * (size / spread) if known else direction

    def refine_emotions(self, wanted: EmotionScores) -> EmotionScores:
        """Return the emotions [1, 8] to ask for: those wanted and those that examples stand for."""
        moved = wanted.values + LIKED * self.mean_mood(self.liked)
        moved = moved - UNLIKED * self.mean_mood(self.unliked)
        seen = wanted.observed | (moved != 0)
        return replace(wanted, values=moved.clip(-1, 1), observed=seen)

    def mean_mood(self, examples: Sequence[Example]) -> NDArray[np.float32]:
        """Return the emotions [1, 8] by which examples stand out, on average."""
        scores = EmotionScores.concatenate([example.emotions for example in examples])
        away = self.collection.standing_out(scores)
        return away.sum(0, keepdims=True) / np.float32(max(len(away), 1))


def mean_example(content: NDArray[np.float32], emotions: EmotionScores) -> Example:
    """Return the mean of some segments: content [n, D] and emotions [n, 8], where observed."""
    count = emotions.observed.sum(0, keepdims=True)
    mood = emotions.values.sum(0, keepdims=True) / np.maximum(count, 1)
    mean = content.mean(0)
    length = max(float(np.linalg.norm(mean)), EPSILON)
    return Example(mean / length, EmotionScores(mood, count > 0))


def mean_content(examples: Sequence[Example]) -> NDArray[np.float32]:
    """Return the mean vector [D] of examples."""
    return np.mean([example.content for example in examples], axis=0)
