"""Relevance of videos for the queries of a dataset, by captions and by emotions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from moodreel.datasets.dataset import Caption, Dataset
from moodreel.datasets.roles import AUXILIARY
from moodreel.emotions import Emotion, EmotionScores


@dataclass(frozen=True, eq=False)
class Queries:
    """The queries of a dataset, and the videos that are relevant for each.

    Args:
        captions: one caption for each of Q queries, the first that has its words.
        relevant: for each of Q queries, the columns of the relevant videos, ascending.
    """

    captions: Sequence[Caption]
    relevant: Sequence[NDArray[np.int64]]

    @property
    def texts(self) -> list[str]:
        """The words of each query."""
        return [caption.text for caption in self.captions]

    def given_emotions(self) -> EmotionScores | None:
        """Return the wanted emotions [Q, 8] that the captions' file gives; None if it gives none.

        A query of which it says nothing is unobserved.
        """
        if all(caption.emotions is None for caption in self.captions):
            return None
        return EmotionScores.concatenate([given_row(caption) for caption in self.captions])


def given_row(caption: Caption) -> EmotionScores:
    """Return the emotions [1, 8] that a caption's row gives; what it leaves out is 0."""
    if caption.emotions is None:
        return EmotionScores.unobserved(1)
    return EmotionScores.of([caption.emotions], observes=Emotion)


def make_queries(dataset: Dataset, grouped: bool | None = None) -> Queries:
    """Return the queries of a dataset; a captioner's auxiliary captions are none.

    Captions have the same words where they differ in capitals, spaces and the marks at their ends
    alone: "A dog runs" and "a dog runs." are one query.

    Args:
        dataset: the videos and captions.
        grouped: whether captions with the same words are one query, for which the videos of all
            of them are relevant. None does as the dataset says.
    """
    column = {video.name: place for place, video in enumerate(dataset.videos)}
    groups: dict[object, list[Caption]] = {}
    together = dataset.grouped if grouped is None else grouped
    asked = [caption for caption in dataset.captions if caption.role != AUXILIARY]
    for place, caption in enumerate(asked):
        groups.setdefault(same_words(caption.text) if together else place, []).append(caption)
    right = [{column[caption.video] for caption in group} for group in groups.values()]
    return Queries(
        [group[0] for group in groups.values()],
        [np.array(sorted(columns), np.int64) for columns in right],
    )


def same_words(text: str) -> str:
    """Return what captions with the same words have in common.

    >>> same_words("A  dog runs.") == same_words("a dog runs")
    True
    """
    words = " ".join(normalize("NFKC", text).casefold().split())
    return words.strip(" .!?,;:\"'") or words


def labelled_videos(dataset: Dataset) -> EmotionScores | None:
    """Return the emotions [V, 8] that somebody labelled; None where nobody labelled any.

    A labelled video has the emotions that its label does not name at 0.
    """
    if all(video.emotions is None for video in dataset.videos):
        return None
    rows = [labelled_row(video.emotions) for video in dataset.videos]
    return EmotionScores.concatenate(rows)


def labelled_row(emotions: Mapping[str, float] | None) -> EmotionScores:
    """Return one video's labels [1, 8]."""
    if emotions is None:
        return EmotionScores.unobserved(1)
    return EmotionScores.of([emotions], observes=Emotion)


def emotion_relevance(wanted: EmotionScores, seen: EmotionScores) -> NDArray[np.float32]:
    """Return how far each video holds the emotions that each query wants, 0 to 1, [Q, V].

    The mean of a video's intensities, weighed by what the query wants; unwanted emotions count
    against it. What was not observed counts as 0.
    """
    asked = wanted.values / np.maximum(np.abs(wanted.values).sum(1, keepdims=True), 1e-9)
    return np.clip(asked @ np.clip(seen.values, 0, 1).T, 0, 1).astype(np.float32)
