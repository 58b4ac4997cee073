"""Concatenation fusion: content and an emotion embedding through a fully connected layer."""

from typing import Any

import torch
from torch import Tensor, nn

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, GatedFusion, to_tensors
from moodreel.interfaces import TextFeatures, VideoFeatures


class ConcatFc(GatedFusion):
    """h = FC([t, E e_q]) and k = FC([v, E e_v]), with one table E of emotions for both sides.

    E e is the sum of the table's rows, each times its intensity; on the video's side, where an
    emotion may not have been observed, a second table has a row for each that was.

    Args:
        embedding: the length of the emotion embedding: a judgement, not measured.
        hidden: the width of a hidden layer with GELU; 0 for none.
        dropout: the share of the layer's inputs that is dropped in training. The fusion benchmark
            takes 0.5, chosen by cross-validation (benchmarks/fusion_rows.py); 0.1 is a judgement.
        options: the options of every `GatedFusion`.
    """

    version = "2"

    def __init__(
        self,
        embedding: int = 16,
        hidden: int = 0,
        dropout: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.embedding = embedding
        self.hidden = hidden
        self.dropout = dropout

    def build(self, dims: Dims) -> None:
        """Make the tables and one layer for each side that sees emotion."""
        self.table = nn.Linear(len(Emotion), self.embedding, bias=False)
        if self.sides != "video":
            self.text_side = self.layer(dims)
        if self.sides != "text":
            self.known = nn.Linear(len(Emotion), self.embedding, bias=False)
            self.video_side = self.layer(dims)

    def layer(self, dims: Dims) -> nn.Module:
        """Return a map from content and embedding to `size` numbers."""
        inner, outer = dims.content + self.embedding, self.size(dims)
        if not self.hidden:
            return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(inner, outer))
        return nn.Sequential(
            nn.Dropout(self.dropout),
            nn.Linear(inner, self.hidden),
            nn.GELU(),
            nn.Linear(self.hidden, outer),
        )

    def text_mood(self, text: TextFeatures, wanted: EmotionScores) -> Tensor:
        """Return h [B, size]."""
        intensities, _ = to_tensors(wanted, text.pooled)
        return self.text_side(torch.cat([text.pooled, self.table(intensities)], -1))

    def video_mood(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return k [B, size]."""
        intensities, observed = to_tensors(seen, video.pooled)
        embedded = self.table(intensities) + self.known(observed.to(intensities))
        return self.video_side(torch.cat([video.pooled, embedded], -1))


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register concatenation with a fully connected layer."""
    register("concat-fc", ConcatFc)
