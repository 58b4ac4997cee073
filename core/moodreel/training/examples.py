"""Training examples: the cached features of a dataset, and captions that refer to them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moodreel.components import Components
from moodreel.datasets import Caption, Dataset
from moodreel.datasets.roles import AUXILIARY
from moodreel.emotions import EmotionScores, FrameEmotions
from moodreel.errors import InvalidInput
from moodreel.features.texts import text_features, wanted_emotions
from moodreel.features.videos import CACHE, VideoSet, video_features
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.media import Progress
from moodreel.storage.digests import digest
from moodreel.training.batches import Batches, Pool
from moodreel.training.clips import ClipReader, ReadClips, refuse_clips
from moodreel.training.plan import TrainingPlan
from moodreel.training.ragged import Indices, Ragged

ROWS_AT_ONCE = 1 << 16  # embeddings that are copied at once, which bounds memory: a judgement


@dataclass(frozen=True, eq=False)
class Examples:
    """V videos and C captions with their features.

    Args:
        captions: the C captions, each of one of the videos.
        video_of: the video of each caption, [C].
        text_of: the text of each caption, [C]; captions with the same words share one.
        texts: the U different texts.
        text: the features of the texts, [U, D].
        wanted: the emotions that the texts want, [U, 8].
        video: the features of the videos, [V, D].
        seen: the emotions seen in the videos, [V, 8].
        read_clips: decodes videos, given their places; where features were made elsewhere, it
            refuses.
        failed: videos that cannot be read, with the reason.
        auxiliary: the texts that a captioner says of each video's middle frame, by their places,
            for each of the V videos; empty where there are none of any.
    """

    captions: Sequence[Caption]
    video_of: Indices
    text_of: Indices
    texts: Sequence[str]
    text: TextFeatures
    wanted: EmotionScores
    video: VideoFeatures
    seen: EmotionScores
    read_clips: ReadClips = refuse_clips
    failed: Sequence[tuple[str, str]] = ()
    auxiliary: Sequence[Indices] = ()

    @cached_property
    def told(self) -> Ragged:
        """The captions of each video, [V]."""
        return Ragged.of(self.video_of, np.arange(len(self.video_of)), len(self.seen))

    @cached_property
    def relevant(self) -> list[Indices]:
        """The videos that each text is a caption of, [U]."""
        by_text = Ragged.of(self.text_of, self.video_of, len(self.texts))
        return [np.unique(by_text[text]) for text in range(len(by_text))]

    @cached_property
    def moved(self) -> NDArray[np.bool_]:
        """Whether a caption wants any emotion, [C]."""
        return (self.wanted.values[self.text_of] != 0).max(-1)

    @cached_property
    def felt(self) -> NDArray[np.float32]:
        """The emotions that a video's captions want, averaged and L2-normalised, [V, 8]."""
        sums = np.zeros((len(self.seen), self.wanted.values.shape[1]), np.float32)
        np.add.at(sums, self.video_of, self.wanted.values[self.text_of])
        return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-9)

    @cached_property
    def plain(self) -> tuple[Tensor, NDArray[np.bool_]]:
        """The mean embedding [V, D] of each video's neutral captions, and a mask [V] of any."""
        rows, count = np.flatnonzero(~self.moved), len(self.seen)
        told = np.bincount(self.video_of[rows], minlength=count)
        sums = self.text.pooled.new_zeros(count, self.text.pooled.shape[1])
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            owner = torch.from_numpy(self.video_of[part])
            sums.index_add_(0, owner, self.text.pooled[self.text_of[part]])
        return sums / torch.from_numpy(told).clamp(min=1)[:, None], told > 0

    def same(self, rows: Indices) -> NDArray[np.bool_]:
        """Return [B, B]: whether text j of a batch is true of video i, by any caption.

        No table of all videos and texts is made: only what is told of the batch's videos counts.
        """
        kinds, column = np.unique(self.text_of[rows], return_inverse=True)
        captions, video = self.told.joined(self.video_of[rows])
        texts = self.text_of[captions]
        place = np.searchsorted(kinds, texts).clip(max=len(kinds) - 1)
        met = kinds[place] == texts
        table = np.zeros((len(rows), len(kinds)), bool)
        table[video[met], place[met]] = True
        return table[:, column]

    def pool(self, rows: Indices, together: str, seed: int) -> Pool:
        """Return some captions to draw from, by video, grouped by a label."""
        videos, owner = np.unique(self.video_of[rows], return_inverse=True)
        captions = Ragged.of(owner, rows, len(videos))
        firsts = captions.values[captions.starts[:-1]]
        groups = [self.captions[row].labels.get(together) for row in firsts.tolist()]
        return Pool(captions, groups, seed)

    def batches(self, plan: TrainingPlan) -> Batches:
        """Return the batches of a run."""
        rows = np.arange(len(self.captions))
        if plan.neutral is None:
            any_of = self.pool(rows, plan.together, 2 * plan.seed)
            return Batches(any_of, self.pool(rows[:0], plan.together, 0), plan.batch, 0.0)
        moved = self.pool(rows[self.moved], plan.together, 2 * plan.seed)
        neutral = self.pool(rows[~self.moved], plan.together, 2 * plan.seed + 1)
        return Batches(moved, neutral, plan.batch, plan.neutral)

    def other_texts(self, rows: Indices, seed: Sequence[int]) -> Indices:
        """Return for each caption another text of its video, by its place among the texts.

        Where captioners told of videos, that is an auxiliary caption, or else another caption, or
        its own text where there is no other.
        """
        others = self.text_of[self.other_captions(rows, seed)]
        if not self.auxiliary:
            return others
        draw = np.random.default_rng(seed)
        told = [self.auxiliary[video] for video in self.video_of[rows]]
        pairs = zip(told, others.tolist(), strict=True)
        return np.array([draw.choice(own) if len(own) else other for own, other in pairs], np.int64)

    def other_captions(self, rows: Indices, seed: Sequence[int]) -> Indices:
        """Return for each caption another one of its video, itself where there is no other."""
        draw = np.random.default_rng(seed)
        found = []
        for row in rows:
            others = self.told[self.video_of[row]]
            others = others[self.text_of[others] != self.text_of[row]]
            found.append(draw.choice(others) if len(others) else row)
        return np.array(found, np.int64)

    @property
    def fingerprint(self) -> str:
        """Identify the data: captions, and what the features are."""
        words = [f"{caption.video}\t{caption.text}\n" for caption in self.captions]
        numbers = (self.video.pooled.numpy(), self.seen.values, self.wanted.values)
        return digest(*words, *(np.ascontiguousarray(values).tobytes() for values in numbers))


def load_examples(
    dataset: Dataset,
    components: Components,
    frames: bool = False,
    tokens: bool = False,
    cache: str | Path = CACHE,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Examples:
    """Return a dataset's features, made where the cache does not hold them.

    A video of several segments is represented by their mean.

    Args:
        dataset: the videos and captions.
        components: the encoders and extractors that make the features.
        frames: whether the strategy looks at single frames.
        tokens: whether the strategy looks at the text's tokens.
        cache: the folder where features are kept.
        on_progress: called with the progress.

    Raises:
        InvalidInput: no video, or no caption, that could be used.
    """
    videos = video_features(dataset, components, cache, frames, on_progress)
    column = {name: place for place, name in enumerate(videos.names)}
    known = [caption for caption in dataset.captions if caption.video in column]
    captions = [caption for caption in known if caption.role != AUXILIARY] or known
    if not captions:
        raise InvalidInput(f"{dataset.name}: has no caption of a video that can be read")
    told = [] if len(captions) == len(known) else [c for c in known if c.role == AUXILIARY]
    words = dict.fromkeys(caption.text for caption in (*captions, *told))
    places = {text: place for place, text in enumerate(words)}
    texts = list(places)
    features, seen = whole_videos(videos)
    return Examples(
        captions,
        np.array([column[caption.video] for caption in captions], np.int64),
        np.array([places[caption.text] for caption in captions], np.int64),
        texts,
        text_features(texts, components.text_encoder, tokens=tokens),
        wanted_emotions(texts, components.text_emotion),
        features,
        seen,
        refuse_clips if dataset.features else ClipReader(components, videos.videos),
        videos.failed,
        told_texts(told, column, places),
    )


def told_texts(
    told: Sequence[Caption], column: Mapping[str, int], places: Mapping[str, int]
) -> list[Indices]:
    """Return the auxiliary texts of each video by their places; none where nothing is told."""
    found: list[list[int]] = [[] for _ in column] if told else []
    for caption in told:
        found[column[caption.video]].append(places[caption.text])
    return [np.array(texts, np.int64) for texts in found]


def whole_videos(videos: VideoSet) -> tuple[VideoFeatures, EmotionScores]:
    """Return features [V, D] and emotions [V, 8] of videos: the mean over their segments."""
    owner = torch.from_numpy(videos.owner)
    count = len(videos.videos)
    if len(owner) == count:
        return videos.features, videos.emotions
    pooled = torch.nn.functional.normalize(mean_rows(videos.features.pooled, owner, count), dim=-1)
    shown, told = videos.features.frames, videos.features.patches
    frames = None if shown is None else mean_rows(shown, owner, count)
    patches = None if told is None else mean_rows(told, owner, count)
    emotions = videos.emotions
    seen = EmotionScores(*mean_observed(emotions.values, emotions.observed, owner, count))
    if emotions.frames is not None:
        framed = emotions.frames
        alone = FrameEmotions(*mean_observed(framed.values, framed.observed, owner, count))
        seen = replace(seen, frames=alone)
    return VideoFeatures(pooled, frames, patches), seen


def mean_observed(
    values: NDArray[np.float32], observed: NDArray[np.bool_], owner: Tensor, count: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the mean intensities over the rows of each owner that observed them, and which did."""
    known = mean_rows(torch.from_numpy(observed).float(), owner, count)
    mean = mean_rows(torch.from_numpy(values), owner, count) / known.clamp(min=1e-9)
    return mean.numpy(), (known > 0).numpy()


def mean_rows(rows: Tensor, owner: Tensor, count: int) -> Tensor:
    """Return the mean of the rows of each owner, [count, ...]."""
    sums = rows.new_zeros(count, *rows.shape[1:]).index_add_(0, owner, rows)
    sizes = torch.bincount(owner, minlength=count).clamp(min=1)
    return sums / sizes.view(-1, *[1] * (rows.ndim - 1))
