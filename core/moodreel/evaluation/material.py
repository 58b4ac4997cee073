"""The shared inputs of a comparison: features of videos and queries, emotions and relevance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from moodreel.components import READERS, Components
from moodreel.datasets import Dataset
from moodreel.datasets.precomputed import TEXTS
from moodreel.datasets.relevance import Queries, emotion_relevance, make_queries, same_words
from moodreel.emotions import Emotion, EmotionScores
from moodreel.errors import InvalidInput
from moodreel.evaluation.metrics.crossing import Factor
from moodreel.evaluation.metrics.relevance import Relevance
from moodreel.features.texts import (
    precomputed_texts,
    prefer_given,
    text_features,
    wanted_emotions,
)
from moodreel.features.videos import CACHE, VideoSet, video_features
from moodreel.interfaces import EmotionExtractor, TextFeatures
from moodreel.media import Progress

Reading = Literal["text", "given"]
NOBODY = "nobody"
"""Who judges emotions of videos where there are neither labels nor an extractor."""


@dataclass(frozen=True, eq=False)
class Material:
    """Videos and queries with their features, the same for every strategy.

    Args:
        dataset: the videos and captions.
        components: the encoders and extractors that made the features.
        videos: the features and emotions of the V videos.
        queries: the Q queries, and the videos that are relevant for each.
        wanted: the emotions [Q, 8] that strategies search with.
        judged: the emotions [Q, 8] that queries are grouped and judged by: those that the dataset
            gives where it gives any, else `wanted`.
        cache: the folder where features are kept.
    """

    dataset: Dataset
    components: Components
    videos: VideoSet
    queries: Queries
    wanted: EmotionScores
    judged: EmotionScores
    cache: str | Path = CACHE

    @cached_property
    def tuned(self) -> dict[str, "Material"]:
        """The same as encoders see it that came with trained strategies, by their folders."""
        return {}

    @cached_property
    def texts(self) -> TextFeatures:
        """The features of the queries, before any strategy changes them."""
        if self.dataset.features is not None:
            made = precomputed_texts(self.queries.captions, self.dataset.features)
            if made is not None:
                return made
        return text_features(self.queries.texts, self.components.text_encoder, tokens=True)

    @cached_property
    def relevance(self) -> Relevance:
        """The videos that are relevant for each query."""
        return Relevance.lists(self.queries.relevant, len(self.videos.videos))

    @cached_property
    def words(self) -> Factor:
        """The words of each query: queries with the same ones belong together."""
        return Factor.of("words", map(same_words, self.queries.texts))

    @cached_property
    def rights(self) -> Factor:
        """The relevant videos of each query: queries about one video belong together."""
        return Factor.lists("videos", self.queries.relevant)

    @cached_property
    def clusters(self) -> NDArray[np.int64]:
        """The first relevant video of each query, [Q]."""
        return np.array([right[0] for right in self.queries.relevant], np.int64)

    @cached_property
    def label_factors(self) -> Mapping[str, Factor]:
        """What captions are labelled with, by the label's name, where all videos have it.

        A query has the labels of its relevant videos.
        """
        held = {caption.video: caption.labels for caption in self.dataset.captions}
        rows = [held.get(name, {}) for name in self.videos.names]
        shared = [key for key in (rows[0] if rows else {}) if all(key in row for row in rows)]
        return {key: self.label_factor(key, [str(row[key]) for row in rows]) for key in shared}

    def label_factor(self, name: str, labels: Sequence[str]) -> Factor:
        """Return the levels of each query for labels of the V videos."""
        columns = np.unique(labels, return_inverse=True)[1].ravel()
        return Factor.lists(name, [np.unique(columns[right]) for right in self.queries.relevant])

    def videos_of(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which videos are relevant for some of the queries, [V]."""
        about = np.zeros(len(self.videos.videos), bool)
        about[self.rights.part(chosen).columns] = True
        return about

    @property
    def emotional(self) -> NDArray[np.bool_]:
        """Which queries want any emotion, [Q]."""
        return np.asarray((self.judged.values > 0).any(1))

    @cached_property
    def groups(self) -> Mapping[str, NDArray[np.bool_]]:
        """The queries of each group: all; emotional, neutral and other kinds; each emotion."""
        kinds = self.kinds()
        groups = {"all": np.ones(len(kinds), bool)}
        order = ["emotional", "neutral", *sorted(set(kinds) - {"emotional", "neutral"})]
        groups |= {kind: kinds == kind for kind in order}
        wanted = self.judged.values > 0
        groups |= {e.value: (kinds == "emotional") & wanted[:, e.column] for e in Emotion}
        return {name: chosen for name, chosen in groups.items() if chosen.any()}

    def kinds(self) -> NDArray[np.str_]:
        """Return the kind of each query: as the dataset says, or by the emotions it wants."""
        said = [caption.kind for caption in self.queries.captions]
        guessed = np.where(self.emotional, "emotional", "neutral")
        return np.array([kind or guess for kind, guess in zip(said, guessed, strict=True)])

    @cached_property
    def seen(self) -> EmotionScores:
        """The emotions of the videos [V, 8]: as labelled, or else as the extractor saw them."""
        return self.videos.video_emotions()

    def emotion_grades(self, rows: slice = slice(None)) -> NDArray[np.float32]:
        """Return how far each video holds the emotions that some queries want, [b, V]."""
        return emotion_relevance(self.judged[rows], self.seen)

    @property
    def made_elsewhere(self) -> tuple[str, ...]:
        """The slots of the components that made none of this: a folder held their features."""
        if self.dataset.features is None:
            return ()
        with_texts = (self.dataset.features / TEXTS).exists()
        texts = ("text_encoder",) if with_texts else ()
        return (*READERS, "video_encoder", "video_emotion", *texts)

    @property
    def judge(self) -> str:
        """What says which emotions a video holds, as reports name it: labels, or an extractor."""
        if self.videos.labels is not None:
            return "labels"
        if "video_emotion" in self.made_elsewhere:
            return NOBODY
        extractor = self.components.video_emotion
        name = self.components.registry.settings.slots.get("video_emotion", "none")
        return f"the extractor {name!r}" if extractor is not None else NOBODY


def gather_material(
    dataset: Dataset,
    components: Components,
    cache: str | Path = CACHE,
    reading: Reading = "text",
    grouped: bool | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Material:
    """Make or read the features of a dataset.

    Args:
        dataset: the videos and captions.
        components: the encoders and extractors that make the features.
        cache: the folder where features are kept.
        reading: whether queries search with the emotions that are read in their text ("text"), as
            a search does, or with those that the dataset gives ("given").
        grouped: whether captions with the same words are one query. None does as the dataset says.
        on_progress: called with the progress.

    Raises:
        InvalidInput: no video can be read, or the emotions of no query are given.
    """
    videos = video_features(dataset, components, cache, frames=True, on_progress=on_progress)
    kept = {video.name for video in videos.videos}
    captions = [caption for caption in dataset.captions if caption.video in kept]
    present = Dataset(
        dataset.name,
        videos.videos,
        captions,
        dataset.absent,
        dataset.skipped,
        dataset.grouped,
        dataset.features,
    )
    queries = make_queries(present, grouped)
    wanted, judged = query_emotions(queries, components.text_emotion, reading, dataset.name)
    return check_dims(Material(present, components, videos, queries, wanted, judged, cache))


def query_emotions(
    queries: Queries, extractor: EmotionExtractor | None, reading: Reading, name: str
) -> tuple[EmotionScores, EmotionScores]:
    """Return the emotions [Q, 8] that queries ask with, and those that they are judged by."""
    given = queries.given_emotions()
    if reading == "given":
        if given is None:
            raise InvalidInput(f"{name} gives no emotions of its captions: use --emotions text")
        chosen = wanted_emotions(queries.texts, extractor, given)
        return chosen, chosen
    read = wanted_emotions(queries.texts, extractor)
    return read, read if given is None else prefer_given(given, read)


def check_dims(material: Material) -> Material:
    """Refuse texts and videos whose vectors cannot be compared: one side was made elsewhere."""
    texts, videos = material.texts.pooled.shape[1], material.videos.dim
    if texts != videos:
        raise InvalidInput(
            f"{material.dataset.name}: vectors of videos have {videos} numbers, those of texts "
            f"{texts}: add {TEXTS} to the folder, or choose the preset that made the videos'"
        )
    return material
