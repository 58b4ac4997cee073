"""Any configuration as a model of MTEB, the Massive Text Embedding Benchmark.

It has the form of MTEB's `EncoderProtocol` (version 2) and needs the package for nothing but
`mteb_model_meta`: `mteb.evaluate(MtebModel(components), tasks)`.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from moodreel.components import Components
from moodreel.emotions import EmotionScores
from moodreel.errors import ConfigurationError, InvalidInput, MissingPackage, is_installed
from moodreel.evaluation.scoring import fuse_texts
from moodreel.features.texts import text_features, wanted_emotions
from moodreel.fusion.strategy import FusionStrategy
from moodreel.media import Clip
from moodreel.registry.settings import Overrides, is_checkpoint

QUERY = "query"  # of MTEB's PromptType
Vectors = NDArray[np.float32] | Tensor


class MtebModel:
    """Encodes queries as a search does, and videos as they are stored; scores are inner products.

    A query goes through the reader of moods and the fusion strategy. A text that is no query (a
    document, or one of a task without queries) is its content alone. A video is as many of its
    frames as the encoder wants, with the emotions that the extractor sees in them.

    Args:
        components: the configuration.
        fusion: a strategy's name, or the folder of a trained one. MTEB hands over no collection,
            so one that learns from the collection that is searched must be trained.

    Raises:
        InvalidInput: the strategy learns from a collection, and is not trained.
    """

    def __init__(self, components: Components, fusion: str = "baseline") -> None:
        self.components = components
        self.fusion = fusion
        self.strategy = components.strategy(fusion)
        fits = any(
            getattr(type(self.strategy), name) is not getattr(FusionStrategy, name)
            for name in ("fit", "fit_shared")
        )
        if fits and not is_checkpoint(fusion):
            raise InvalidInput(
                f"the fusion strategy {fusion!r} learns from the collection that is searched, "
                "which MTEB does not hand over: give the folder of a trained one, or baseline"
            )

    @classmethod
    def load(
        cls,
        preset: str = "starter",
        config: str | Path | None = None,
        overrides: Overrides = (),
        fusion: str = "baseline",
    ) -> Self:
        """Read a configuration (see `Components.load`), and make a model of it."""
        return cls(Components.load(preset, config, overrides), fusion)

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any = None,
        hf_split: str = "",
        hf_subset: str = "",
        prompt_type: str | None = None,
        **kwargs: Any,
    ) -> NDArray[np.float32]:
        """Return vectors [N, D'] of texts or videos.

        Args:
            inputs: batches, such as of a DataLoader; each has a list of N texts by "text", or of
                videos by "video": frames [T, 3, H, W] or [T, H, W, 3], uint8.
            task_metadata: the task, which changes nothing.
            hf_split: the split, likewise.
            hf_subset: the subset, likewise.
            prompt_type: "query" where the texts are queries.
            kwargs: what is passed for other models.

        Raises:
            InvalidInput: batches with both texts and videos, or neither.
        """
        sample_frames(inputs, self.components.video_encoder.frames_per_clip)
        parts = [self.encode_batch(batch, prompt_type == QUERY) for batch in inputs]
        return np.concatenate(parts) if parts else np.zeros((0, self.dim), np.float32)

    def encode_batch(self, batch: Mapping[str, Any], is_query: bool) -> NDArray[np.float32]:
        """Return the vectors [n, D'] of one batch."""
        given = [name for name in ("text", "video") if name in batch]
        if len(given) != 1:
            found = ", ".join(batch) or "nothing"
            raise InvalidInput(f"MTEB hands over {found}; texts alone or videos alone are encoded")
        if given == ["video"]:
            return self.encode_videos([as_clip(video) for video in batch["video"]])
        texts = [str(text) for text in batch["text"]]
        return self.encode_queries(texts) if is_query else self.encode_documents(texts)

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors [n, D'] that texts are searched with."""
        wanted = wanted_emotions(texts, self.components.text_emotion)
        encoder, strategy = self.components.text_encoder, self.strategy
        return fuse_texts(
            strategy, text_features(texts, encoder, strategy, wanted, tokens=True), wanted
        )

    def encode_documents(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the content of texts [n, D']; what stands for mood is zero: none was seen."""
        pooled = text_features(texts, self.components.text_encoder).pooled.numpy()
        return np.pad(pooled, ((0, 0), (0, self.dim - pooled.shape[1])))

    @torch.inference_mode()
    def encode_videos(self, clips: Sequence[Clip]) -> NDArray[np.float32]:
        """Return the vectors [n, D'] that videos are stored as."""
        extractor = self.components.video_emotion
        unknown = EmotionScores.unobserved(len(clips))
        seen = unknown if extractor is None else extractor.extract(clips)
        video = self.components.video_encoder.encode(clips)
        return self.strategy.fuse_video(video, seen).float().numpy(force=True)

    @property
    def dim(self) -> int:
        """D', the length of a vector."""
        return self.encode_queries(["a"]).shape[1]

    def similarity(self, embeddings1: Vectors, embeddings2: Vectors) -> Tensor:
        """Return the inner products [N, M] of vectors [N, D'] and [M, D']."""
        return as_rows(embeddings1) @ as_rows(embeddings2).T

    def similarity_pairwise(self, embeddings1: Vectors, embeddings2: Vectors) -> Tensor:
        """Return the inner products [N] of the pairs of vectors [N, D'] and [N, D']."""
        return (as_rows(embeddings1) * as_rows(embeddings2)).sum(-1)

    @property
    def name(self) -> str:
        """The model's name: the preset and the strategy."""
        strategy = Path(self.fusion).name
        return f"moodreel/{self.components.registry.settings.preset}-{strategy}"

    @property
    def mteb_model_meta(self) -> Any:
        """The description that MTEB keeps with its results; the revision is by fingerprints.

        Raises:
            MissingPackage: mteb is not installed.
        """
        if not is_installed("mteb"):
            raise MissingPackage("MTEB's description of a model needs mteb: pip install mteb")
        from mteb.models.model_meta import ModelMeta

        parts = (self.components.text_encoder, self.components.video_encoder, self.strategy)
        revision = "-".join(part.fingerprint for part in parts)
        facts = {"name": self.name, "revision": revision, "embed_dim": self.dim}
        return ModelMeta.create_empty({**facts, "framework": ["PyTorch"], "open_weights": True})


def sample_frames(inputs: Any, count: int) -> None:
    """Let MTEB's loader take so many frames of each video, where it loads them by itself."""
    if hasattr(inputs, "collate_fn") and is_installed("mteb"):
        from mteb.models.modality_collators import FramesCollator

        features = getattr(getattr(inputs, "dataset", None), "features", ())
        if "video" in features:
            inputs.collate_fn = FramesCollator(num_frames=count)


def as_clip(video: Any) -> Clip:
    """Return frames [T, 3, H, W] or [T, H, W, 3] as a clip, one a second.

    Raises:
        ConfigurationError: of another shape.
    """
    frames = np.asarray(video)
    if frames.ndim == 4 and frames.shape[1] == 3 and frames.shape[-1] != 3:
        frames = frames.transpose(0, 2, 3, 1)
    if frames.ndim != 4 or frames.shape[-1] != 3:
        shape = list(frames.shape)
        raise ConfigurationError(f"MTEB hands over a video as {shape}, not as frames [T, 3, H, W]")
    return Clip(np.ascontiguousarray(frames.astype(np.uint8)), np.arange(len(frames), dtype=float))


def as_rows(vectors: Vectors) -> Tensor:
    """Return vectors [N, D'], or one [D'], as rows of a tensor."""
    return torch.atleast_2d(torch.as_tensor(vectors)).float()
