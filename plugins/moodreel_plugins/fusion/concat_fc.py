"""Concatenation fusion: content and an emotion embedding through a fully connected layer."""

from typing import Any

import torch
from torch import Tensor, nn

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, GatedFusion, full_strength, to_tensors, wish_strength
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
        tokens: whether the embedding is concatenated with the text's tokens too.
        options: the options of every `GatedFusion`.
    """

    version = "2"
    hashed_if_set = frozenset({"tokens"})

    def __init__(
        self,
        embedding: int = 16,
        hidden: int = 0,
        dropout: float = 0.1,
        tokens: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.embedding = embedding
        self.hidden = hidden
        self.dropout = dropout
        if not tokens or self.sides == "video":
            self.skip("tokens")
        elif self.form == "add":  # the text's side is the token stage alone
            self.skip("text")
            self.gate.requires_grad_(self.gate.requires_grad and self.sides == "both")

    def build(self, dims: Dims) -> None:
        """Make the tables and one layer for each side that sees emotion."""
        self.table = nn.Linear(len(Emotion), self.embedding, bias=False)
        if self.sides != "video" and "text" in self.stages:
            self.text_side = self.layer(dims.content, self.size(dims))
        if self.sides != "text":
            self.known = nn.Linear(len(Emotion), self.embedding, bias=False)
            self.video_side = self.layer(dims.content, self.size(dims))
        if "tokens" in self.stages:
            self.token_side = self.layer(dims.token, dims.token)
            self.token_gate = nn.Parameter(torch.zeros(()))

    def layer(self, content: int, outer: int) -> nn.Module:
        """Return a map from content and embedding to `outer` numbers."""
        inner = content + self.embedding
        if not self.hidden:
            return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(inner, outer))
        return nn.Sequential(
            nn.Dropout(self.dropout),
            nn.Linear(inner, self.hidden),
            nn.GELU(),
            nn.Linear(self.hidden, outer),
        )

    def inject(self, tokens: Tensor, wanted: EmotionScores, mask: Tensor | None = None) -> Tensor:
        """Return token embeddings [B, L, W], changed by a layer that sees the emotions wanted."""
        if "tokens" not in self.stages:
            return tokens
        intensities, _ = to_tensors(full_strength(wanted), tokens)
        embedded = self.table(intensities).unsqueeze(1).expand(-1, tokens.shape[1], -1)
        change = self.token_gate * self.token_side(torch.cat([tokens, embedded], -1))
        change = wish_strength(wanted, tokens).unsqueeze(-1) * change
        return tokens + (change if mask is None else change * mask.unsqueeze(-1))

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
