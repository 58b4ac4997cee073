"""Fused vectors of an index: made from the catalog by a strategy, stored and kept up to date.

Fusing is cheap, so the store is made anew whenever the catalog has changed. What is made is kept
in `vectors/KEY-REVISION/`: the store's file and the strategy's fitted state. Losing it costs
seconds; nothing in it is the only copy.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from moodreel.catalog.catalog import Catalog
from moodreel.catalog.damage import damaged_videos
from moodreel.catalog.moods import aligned, read_emotions, read_frame_emotions
from moodreel.emotions import Emotion, EmotionScores, FrameEmotions
from moodreel.errors import CatalogError
from moodreel.fusion.strategy import FusionStrategy, check_lengths, put_state
from moodreel.interfaces import (
    Captioner,
    Component,
    EmotionExtractor,
    TextFeatures,
    VectorStore,
    VideoEncoder,
    VideoFeatures,
)
from moodreel.storage.atomic import atomic_path
from moodreel.storage.digests import digest

# Segments fused at once, without and with the vectors of their frames: 17 MB with 512 numbers each,
# and 25 MB with 12 frames of 512 numbers each. Judgements, not measured.
ROWS_AT_ONCE = 8192
FRAMED_ROWS_AT_ONCE = 1024


@dataclass(frozen=True, eq=False)
class FusedVectors:
    """A strategy, fitted to a collection, with the store of the vectors that it made.

    Args:
        strategy: the fitted strategy.
        store: the store with the vectors [N, D'].
        dim: D, the length of the content part of a vector.
        revision: the revision of the catalog that the vectors were made from.
    """

    strategy: FusionStrategy
    store: VectorStore
    dim: int
    revision: int


@dataclass(frozen=True)
class Source:
    """A catalog with the components whose outputs are searched: the source of fused vectors."""

    catalog: Catalog
    encoder: VideoEncoder
    extractor: EmotionExtractor | None
    captioner: Captioner | None = None

    def key(self, strategy: FusionStrategy, store: VectorStore) -> str:
        """Identify the vectors that these components make, whatever the catalog holds."""
        parts = [self.encoder, self.extractor, strategy, store]
        return digest(",".join([*(part.fingerprint for part in parts if part), *Emotion]))

    @property
    def parts(self) -> tuple[Component | None, ...]:
        """The components that a vector is made of."""
        return self.encoder, self.extractor

    @property
    def damaged(self) -> dict[int, str]:
        """The paths, by id, of the videos that are left out, since what is stored is damaged."""
        return damaged_videos(self.catalog, self.parts)

    def load(self) -> tuple[np.ndarray, VideoFeatures, EmotionScores]:
        """Return the ids [N] of all segments, their features and their emotions."""
        ids, pooled = self.load_content()
        return ids, VideoFeatures(torch.from_numpy(pooled)), self.load_emotions(ids)

    def load_content(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the ids [N], ascending, and the features [N, D], of all segments.

        Those of damaged videos are left out.
        """
        ids, pooled = self.catalog.load_features(self.encoder)
        pooled = pooled.reshape(len(ids), self.encoder.dim)
        damaged = self.damaged
        if not damaged:
            return ids, pooled
        whole = ~np.isin(ids, self.catalog.segments_in(damaged))
        return ids[whole], pooled[whole]

    def load_emotions(self, ids: np.ndarray) -> EmotionScores:
        """Return the emotions [N, 8] of segments, unobserved where none are stored."""
        if self.extractor is None:
            return EmotionScores.unobserved(len(ids))
        chosen = ids if len(ids) <= ROWS_AT_ONCE else None
        return aligned(ids, *read_emotions(self.catalog, self.extractor, chosen))

    def with_frames(self, ids: np.ndarray, emotions: EmotionScores) -> EmotionScores:
        """Return the emotions of segments with those of their frames, where any are stored.

        What was not observed in a segment was in none of its frames.
        """
        if self.extractor is None:
            return emotions
        frames = read_frame_emotions(self.catalog, self.extractor, ids)
        if all(found is None for found in frames):
            return emotions
        framed = FrameEmotions.of(frames)
        known = framed.observed & emotions.observed[:, None]
        return replace(emotions, frames=FrameEmotions(framed.values * known, known))


def fused_vectors(source: Source, strategy: FusionStrategy, store: VectorStore) -> FusedVectors:
    """Load the fused vectors of the catalog's present revision, or make and keep them.

    Args:
        source: the catalog, and the components whose outputs are fused.
        strategy: the strategy, bound; its fitted state is replaced.
        store: an empty store, which is filled.
    """
    strategy.eval()
    revision = source.catalog.revision
    folder = source.catalog.folder / "vectors" / f"{source.key(strategy, store)}-{revision}"
    if not load_vectors(folder, strategy, store):
        fuse_all(source, strategy, store)
        keep_vectors(folder, strategy, store)
    return FusedVectors(strategy, store, source.encoder.dim, revision)


@torch.inference_mode()
def fuse_all(source: Source, strategy: FusionStrategy, store: VectorStore) -> None:
    """Fit the strategy to the whole collection, fuse every segment, and store the vectors."""
    ids, video, emotions = source.load()
    if not len(ids):
        return
    strategy.adapt(video, emotions)
    framed = strategy.needs_frames or strategy.needs_frame_emotions
    few = max(1, FRAMED_ROWS_AT_ONCE // (1 + source.encoder.patches_per_frame))
    step = few if framed else ROWS_AT_ONCE
    for start in range(0, len(ids), step):
        rows = slice(start, start + step)
        fused = fuse_block(source, strategy, ids[rows], video[rows], emotions[rows])
        if start == 0:
            check_lengths(strategy, neutral_query(strategy, video.pooled.shape[1]), fused)
        store.add(ids[rows], fused.float().numpy())


def neutral_query(strategy: FusionStrategy, dim: int) -> torch.Tensor:
    """Return the fused vector [1, D'] of a text that says nothing; its content has D numbers."""
    width = strategy.dims.token if strategy.dims else dim
    tokens, mask = torch.zeros(1, 1, width), torch.ones(1, 1, dtype=torch.bool)
    text = TextFeatures(torch.zeros(1, dim), tokens, mask)
    return strategy.fuse_text(text, EmotionScores.unobserved(1))


def fuse_block(
    source: Source,
    strategy: FusionStrategy,
    ids: np.ndarray,
    video: VideoFeatures,
    emotions: EmotionScores,
) -> torch.Tensor:
    """Return the vectors [n, D'] of some segments, with their frames where the strategy asks.

    Segments with equally many frames are fused together, so that none are made up.
    """
    if strategy.needs_frame_emotions:
        emotions = source.with_frames(ids, emotions)
    if not strategy.needs_frames:
        return strategy.fuse_video(video, emotions)
    frames = source.catalog.load_frames(source.encoder, ids, source.encoder.dim)
    groups = list(equally_long(video, frames, source.encoder.patches_per_frame))
    parts = [strategy.fuse_video(shown, emotions[rows]) for rows, shown in groups]
    return torch.cat(parts)[np.argsort(np.concatenate([rows for rows, _ in groups]))]


def equally_long(
    video: VideoFeatures, frames: Sequence[NDArray[np.float32] | None], patches: int = 0
) -> Iterator[tuple[NDArray[np.intp], VideoFeatures]]:
    """Yield the rows of segments with equally many frames, and their features with these.

    Args:
        video: features of S segments, whose frames are put in.
        frames: of each segment, [T (1 + L), D], or None.
        patches: L, how many patches of each frame have vectors.
    """
    lengths = np.array([0 if shown is None else len(shown) for shown in frames])
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        shown = [found for row in rows.tolist() if (found := frames[row]) is not None]
        stacked = torch.from_numpy(np.stack(shown)) if shown else None
        yield rows, video[rows].with_parts(stacked, patches)


def load_vectors(folder: Path, strategy: FusionStrategy, store: VectorStore) -> bool:
    """Read kept vectors and fitted state; False where there are none, or they are damaged."""
    try:
        state = load_file(folder / "strategy.safetensors")
        store.load(folder / "vectors")
    except (OSError, SafetensorError, CatalogError):
        return False
    put_state(strategy, state)
    return True


def keep_vectors(folder: Path, strategy: FusionStrategy, store: VectorStore) -> None:
    """Write vectors and fitted state, whole or not at all, and drop those of older revisions.

    A disk that is full or read-only costs a later search some seconds, so it is no error.
    """
    with suppress(OSError, RuntimeError, SafetensorError):
        folder.parent.mkdir(exist_ok=True)
        with atomic_path(folder) as partial:
            partial.mkdir()
            store.save(partial / "vectors")
            buffers = {name: value.contiguous() for name, value in strategy.named_buffers()}
            save_file(buffers, partial / "strategy.safetensors")
        drop_older(folder)


def drop_older(folder: Path) -> None:
    """Remove the vectors of the same key and other revisions."""
    key, _, _ = folder.name.rpartition("-")
    for other in folder.parent.glob(f"{key}-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
