"""Additive fusion, as published: an emotion embedding added to every token of the text."""

from typing import Any, Literal

import torch
from torch import Tensor, nn

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, GatedFusion, full_strength, to_tensors, wish_strength
from moodreel.interfaces import TextFeatures, VideoFeatures

EPSILON = 1e-8  # keeps the mean over no emotion finite
Weighting = Literal["binary", "intensity"]


class Additive(GatedFusion):
    """Adds the mean of a table's rows, of the emotions present, to each token embedding.

    On the text's side this happens at the token stage (`inject`), before the encoder's layers; a
    text without emotion is encoded as ever. The published fusion stops there: it is
    `init=normal, form=add, sides=text`, and cannot help where the video's vector says nothing of
    emotion. So the video's side has a table of its own: k is the mean of its rows. In the form
    `extend`, a second table of the text's side is what k is compared with: h is the mean of the
    rows of the emotions wanted. In the form `add`, g k is added to the video's vector, and the
    text's side is the token stage alone.

    Args:
        init: the first values of the table that is added to tokens. "zeros" starts at the
            baseline; "normal" draws them from a normal distribution, as published, and does not.
        weighting: how a text's emotions count. "binary" counts every one with an intensity above
            0 alike, as published; "intensity" multiplies each row by its intensity, negative ones
            too, before the mean. A video's are always taken by intensity: faces show a little of
            each.
        options: the options of every `GatedFusion`.
    """

    version = "3"

    def __init__(
        self,
        init: Literal["zeros", "normal"] = "zeros",
        weighting: Weighting = "binary",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.init = init
        self.weighting = weighting
        if self.sides == "video":
            self.skip("tokens")
        if self.form == "add":  # the text's side is the token stage alone
            self.skip("text")
            if self.sides == "text":
                self.gate.requires_grad_(False)  # nothing passes through it

    def build(self, dims: Dims) -> None:
        """Make the table for tokens [8, W], and those of h and k [8, size]."""
        if self.sides != "video":
            made = torch.zeros if self.init == "zeros" else torch.randn
            self.table = nn.Parameter(made(len(Emotion), dims.token))
        if self.sides != "video" and self.form == "extend":
            self.text_table = nn.Parameter(torch.randn(len(Emotion), self.size(dims)))
        if self.sides != "text":
            self.video_table = nn.Parameter(torch.randn(len(Emotion), self.size(dims)))

    def inject(self, tokens: Tensor, wanted: EmotionScores) -> Tensor:
        """Return token embeddings [B, L, W], each with the mean row of its text's emotions."""
        if "tokens" not in self.stages:
            return tokens
        row = mean_row(full_strength(wanted), self.table, self.weighting)
        added = wish_strength(wanted, row) * row
        return tokens + added.to(tokens).unsqueeze(1)

    def text_mood(self, text: TextFeatures, wanted: EmotionScores) -> Tensor:
        """Return h [B, size]."""
        return mean_row(wanted, self.text_table, self.weighting)

    def video_mood(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return k [B, size]."""
        return mean_row(seen, self.video_table, "intensity")


def mean_row(emotions: EmotionScores, table: Tensor, weighting: Weighting) -> Tensor:
    """Return the mean [B, n] of the rows [8, n] of the emotions present; 0 without any."""
    values, _ = to_tensors(emotions, table)
    if weighting == "binary":
        values = (values > 0).to(table)
    present = values.ne(0).sum(-1, keepdim=True)
    return values @ table / (present + EPSILON)


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register additive fusion."""
    register("additive", Additive)
