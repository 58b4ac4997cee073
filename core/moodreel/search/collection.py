"""Statistics of a collection, from a sample of its segments: mean and spread of its vectors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.search.vectors import Source

# Segments in the sample, evenly spread: the error of a mean is then 1/64 of the spread. A
# judgement, not measured.
SAMPLE = 4096
EPSILON = 1e-6  # lengths and spreads below it count as zero


@dataclass(frozen=True, eq=False)
class Collection:
    """A sample of n segments of an index, and its statistics.

    Args:
        videos: where each segment's video lies, [n].
        content: the pooled features of the segments, float32 [n, D].
        emotions: the emotions of the segments, [n, 8].
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
        """Return deviations of emotions [B, 8] from the mean, 0 within one standard deviation."""
        mean, spread = self.mood
        away = (emotions.values - mean) * emotions.observed
        return np.where(np.abs(away) > spread + EPSILON, away, 0).astype(np.float32)


def sample_collection(source: Source) -> Collection:
    """Take every n-th segment of a catalog."""
    ids, pooled = source.load_content()
    step = -(-len(ids) // SAMPLE) or 1
    chosen = ids[::step]
    moments = source.catalog.moments(chosen.tolist())
    kept = np.isin(chosen, [moment.id for moment in moments])
    content = pooled[::step][kept].reshape(-1, source.encoder.dim)
    videos = np.array([moment.location for moment in moments], dtype=str)
    return Collection(videos, content, source.load_emotions(chosen[kept]))
