"""What a whole collection is like, from a sample of it: its middle and its spread."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.search.vectors import Source

SAMPLE = 4096  # segments, evenly spread; enough for a mean and a spread of any collection
EPSILON = 1e-6


@dataclass(frozen=True, eq=False)
class Collection:
    """A sample of n segments.

    Args:
        videos: the video of each, [n].
        content: pooled features float32 [n, D].
        emotions: scores [n, 8].
    """

    videos: NDArray[np.str_]
    content: NDArray[np.float32]
    emotions: EmotionScores

    @cached_property
    def centre(self) -> NDArray[np.float32]:
        """The mean of the content vectors, [D]."""
        return self.content.sum(0) / np.float32(max(len(self.content), 1))

    def spread(self, direction: NDArray[np.float32]) -> float:
        """Return the standard deviation of the segments' inner products with a vector [D]."""
        return float((self.content @ direction).std()) if len(self.content) else 0.0

    @cached_property
    def mood(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The mean and the standard deviation of each emotion where it was observed, [8] each."""
        values, observed = self.emotions.values, self.emotions.observed
        count = np.maximum(observed.sum(0), 1)
        mean = values.sum(0) / count
        variance = (np.square(values - mean) * observed).sum(0) / count
        return mean, np.sqrt(variance)

    def standing_out(self, emotions: EmotionScores) -> NDArray[np.float32]:
        """Return how far emotions [B, 8] lie from the mean, where by more than the spread."""
        mean, spread = self.mood
        away = (emotions.values - mean) * emotions.observed
        return np.where(np.abs(away) > spread + EPSILON, away, 0).astype(np.float32)


def sample_collection(source: Source) -> Collection:
    """Take every n-th segment of a catalog."""
    ids, pooled = source.catalog.load_features(source.encoder)
    step = -(-len(ids) // SAMPLE) or 1
    chosen = ids[::step]
    moments = source.catalog.moments(chosen.tolist())
    kept = np.isin(chosen, [moment.id for moment in moments])
    content = pooled[::step][kept].reshape(-1, source.encoder.dim)
    videos = np.array([moment.video for moment in moments], dtype=str)
    return Collection(videos, content, source.load_emotions(chosen[kept]))
