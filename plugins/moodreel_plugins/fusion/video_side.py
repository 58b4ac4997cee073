"""Video-side fusion: an embedding of the emotions seen, against one of the emotions wanted."""

from typing import Any

import torch
from torch import Tensor, nn

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.fusion import Dims, GatedFusion, to_tensors
from moodreel.interfaces import TextFeatures, VideoFeatures

# Judgements, not measured.
STEEPEST = 1e-3  # intensities nearer than this to 0 or 1 have no larger log-odds
ODDS_SCALE = 3.0  # brings log-odds to about the size of intensities
AWAY = 0.1  # the share of the random start that is kept beside the aligned one


class VideoSide(GatedFusion):
    """k is linear in the emotions observed and their log-odds, h in the emotions wanted.

    k = sum over the observed emotions of (intensity x a + log-odds x b + c), with vectors a, b and
    c of each emotion: one that was not observed gives nothing. The log-odds are what evidence adds
    up in, and tell a face that is a little joyful from one that is not at all. Of the text, h sees
    the emotions alone, so it does not depend on which scenes were trained on. Both start near what
    `late` compares, each emotion wanted with its own log-odds, and learn from there.

    The correction is a vector for each emotion. Training asks that a text with it is near what
    captions of the same video say that name no emotion.

    Args:
        corrected: whether the text's side learns a correction.
        options: the options of every `GatedFusion`. With `sides: video`, h is linear in the text
            alone, and the query's emotions only say whether there are any.
    """

    version = "4"

    def __init__(
        self,
        corrected: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.corrected = corrected and self.sides != "video"

    def build(self, dims: Dims) -> None:
        """Make one linear map for each side that sees emotion, and the correction."""
        if self.sides != "video":
            self.text_side = nn.Linear(len(Emotion), self.size(dims), bias=False)
            start_aligned(self.text_side, 0)
        if self.sides != "text":
            self.video_side = nn.Linear(3 * len(Emotion), self.size(dims), bias=False)
            start_aligned(self.video_side, len(Emotion))
        if self.corrected:
            self.make_corrections(dims)

    def text_mood(self, text: TextFeatures, wanted: EmotionScores) -> Tensor:
        """Return h [B, size], linear in e_q."""
        intensities, _ = to_tensors(wanted, text.pooled)
        return self.text_side(intensities)

    def video_mood(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return k [B, size], linear in intensities, log-odds, and what was observed."""
        values, observed = to_tensors(seen, video.pooled)
        known = observed.to(values)
        odds = known * torch.logit(values, eps=STEEPEST) / ODDS_SCALE
        return self.video_side(torch.cat([values, odds, known], -1))


@torch.no_grad()
def start_aligned(layer: nn.Linear, first: int) -> None:
    """Let output n start as input `first` + n, for as many emotions as there is room for."""
    layer.weight.mul_(AWAY)
    places = torch.arange(min(len(Emotion), layer.out_features))
    layer.weight[places, first + places] += 1


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register the video-side strategy."""
    register("video-side", VideoSide)
