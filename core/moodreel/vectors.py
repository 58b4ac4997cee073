"""From the catalog to fused vectors in a vector store, kept in step.

Fusing is cheap, so the store is made anew whenever the catalog has changed. What is made is kept
in `vectors/KEY-REVISION/`: the store's file and the strategy's fitted state. Losing it costs
seconds; nothing in it is the only copy.
"""

import os
import shutil
import tempfile
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from moodreel.catalog import Catalog
from moodreel.emotions import EmotionScores
from moodreel.errors import CatalogError
from moodreel.fusion import FusionStrategy
from moodreel.interfaces import EmotionExtractor, VectorStore, VideoEncoder, VideoFeatures

ROWS_AT_ONCE = 8192


@dataclass(frozen=True, eq=False)
class FusedVectors:
    """A strategy, fitted to a collection, with the store of the vectors that it made.

    Args:
        dim: D, the length of the content part.
        revision: the catalog's revision that it is in step with.
    """

    strategy: FusionStrategy
    store: VectorStore
    dim: int
    revision: int


@dataclass(frozen=True)
class Source:
    """Where the vectors come from."""

    catalog: Catalog
    encoder: VideoEncoder
    extractor: EmotionExtractor | None

    def key(self, strategy: FusionStrategy, store: VectorStore) -> str:
        """Identify the vectors that these components make, whatever the catalog holds."""
        parts = [self.encoder, self.extractor, strategy, store]
        joined = ",".join(part.fingerprint for part in parts if part)
        return blake2b(joined.encode(), digest_size=8).hexdigest()

    def load(self) -> tuple[np.ndarray, VideoFeatures, EmotionScores]:
        """Return the ids [N] of all segments, their features and their emotions."""
        ids, pooled = self.catalog.load_features(self.encoder)
        video = VideoFeatures(torch.from_numpy(pooled.reshape(len(ids), self.encoder.dim)))
        return ids, video, self.load_emotions(ids)

    def load_emotions(self, ids: np.ndarray) -> EmotionScores:
        """Return the emotions [N, 8] of segments, unobserved where none are stored."""
        if self.extractor is None:
            return EmotionScores.unobserved(len(ids))
        chosen = ids if len(ids) <= ROWS_AT_ONCE else None
        stored, scores = self.catalog.load_emotions(self.extractor, chosen)
        aligned = EmotionScores.unobserved(len(ids))
        _, here, there = np.intersect1d(ids, stored, assume_unique=True, return_indices=True)
        aligned.values[here], aligned.observed[here] = scores.values[there], scores.observed[there]
        return aligned


def fused_vectors(source: Source, strategy: FusionStrategy, store: VectorStore) -> FusedVectors:
    """Load the fused vectors of the catalog's present revision, or make and keep them.

    Args:
        strategy: of which the fitted state is replaced.
        store: an empty store.
    """
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
    strategy.fit(video, emotions)
    for start in range(0, len(ids), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        fused = strategy.fuse_video(VideoFeatures(video.pooled[rows]), emotions[rows])
        store.add(ids[rows], fused.float().numpy())


def load_vectors(folder: Path, strategy: FusionStrategy, store: VectorStore) -> bool:
    """Read kept vectors and fitted state; False where there are none, or they are damaged."""
    try:
        state = load_file(folder / "strategy.safetensors")
        store.load(folder / "vectors")
    except (OSError, SafetensorError, CatalogError):
        return False
    for name, value in state.items():
        place, _, leaf = name.rpartition(".")
        strategy.get_submodule(place).register_buffer(leaf, value)
    return True


def keep_vectors(folder: Path, strategy: FusionStrategy, store: VectorStore) -> None:
    """Write vectors and fitted state, whole or not at all, and drop those of older revisions.

    A disk that is full or read-only costs a later search some seconds, so it is no error.
    """
    try:
        folder.parent.mkdir(exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    except OSError:
        return
    try:
        store.save(partial / "vectors")
        buffers = {name: value.contiguous() for name, value in strategy.named_buffers()}
        save_file(buffers, partial / "strategy.safetensors")
        os.rename(partial, folder)
        drop_older(folder)
    except (OSError, RuntimeError, SafetensorError):
        shutil.rmtree(partial, ignore_errors=True)


def drop_older(folder: Path) -> None:
    """Remove the vectors of the same key and other revisions."""
    key, _, _ = folder.name.rpartition("-")
    for other in folder.parent.glob(f"{key}-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
