"""The identity that every fusion strategy starts from."""

from inspect import signature
from typing import ClassVar

import torch
from torch import Tensor, nn

from moodreel.emotions import EmotionScores
from moodreel.interfaces import Component, TextFeatures, VideoFeatures


class FusionStrategy(nn.Module, Component):
    """Joins emotion to content, so that score(query, segment) is one inner product.

    Override what the strategy changes; everything else is the baseline. Fused vectors hold the
    content in their first D dimensions and may have more, of their own: a fused text
    [t, h] against a fused video [v, k] scores <t, v> + <h, k>.

    State that `fit` learns from a collection belongs into buffers (`register_buffer`): it is
    stored beside the fused vectors.
    """

    kind: ClassVar[str] = "fusion_strategy"

    def fit(self, video: VideoFeatures, emotions: EmotionScores) -> None:
        """Learn statistics of a whole collection, before its N segments are fused.

        Args:
            video: pooled [N, D]; frames None.
            emotions: [N, 8].
        """

    def inject(self, tokens: Tensor, emotions: EmotionScores) -> Tensor:
        """Return the text encoder's token embeddings [B, L, W], changed by emotion [B, 8]."""
        return tokens

    def fuse_text(
        self, text: TextFeatures, emotions: EmotionScores, weight: float | None = None
    ) -> Tensor:
        """Return query vectors [B, D'].

        Args:
            text: pooled [B, D].
            emotions: the emotions wanted [B, 8]; negative ones are to be avoided.
            weight: of mood against content, 0 to 1; None takes the strategy's own. A strategy
                that cannot weigh leaves the parameter out.
        """
        return text.pooled

    def fuse_video(self, video: VideoFeatures, emotions: EmotionScores) -> Tensor:
        """Return vectors to store [B, D'], for content [B, D] and observed emotion [B, 8]."""
        return video.pooled

    def rerank(
        self, text: TextFeatures, wanted: EmotionScores, video: VideoFeatures, seen: EmotionScores
    ) -> Tensor | None:
        """Return better scores [B] for a shortlist of B segments, or None to keep the order."""
        return None

    @property
    def stages(self) -> frozenset[str]:
        """The stages that the strategy changes: of tokens, text, video, rerank."""
        methods = {"tokens": "inject", "text": "fuse_text", "video": "fuse_video"}
        methods["rerank"] = "rerank"
        return frozenset(
            stage
            for stage, name in methods.items()
            if getattr(type(self), name) is not getattr(FusionStrategy, name)
        )

    @property
    def weighs(self) -> bool:
        """Whether `fuse_text` lets the caller weigh mood against content."""
        return "text" in self.stages and "weight" in signature(self.fuse_text).parameters


def to_tensors(scores: EmotionScores, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return intensities [B, 8] and the observed mask [B, 8] as tensors beside `like`."""
    values = torch.from_numpy(scores.values).to(like)
    return values, torch.from_numpy(scores.observed).to(like.device)
