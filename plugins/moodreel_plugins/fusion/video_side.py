"""The emotions seen in a video, embedded, against what the text asks for."""

import torch
from torch import Tensor, nn

from moodreel import EmotionScores, hookimpl
from moodreel.emotions import Emotion
from moodreel.fusion import Dims, to_tensors
from moodreel.gated import Form, GatedFusion, Sides
from moodreel.hookspecs import Register
from moodreel.interfaces import TextFeatures, VideoFeatures


class VideoSide(GatedFusion):
    """k is linear in the emotions observed, h in the text and the emotions it wants.

    k = sum over the observed emotions of (intensity x vector + offset): an emotion that was not
    observed gives nothing, one observed to be absent gives its offset.

    Args:
        form, sides, room, gated: as for every `GatedFusion`. With `sides: video`, h is linear in
            the text alone, and the query's emotions only say whether there are any.
    """

    def __init__(
        self, form: Form = "extend", sides: Sides = "both", room: int = 16, gated: bool = True
    ) -> None:
        super().__init__(form, sides, room, gated)

    def build(self, dims: Dims) -> None:
        """Make one linear map for each side that sees emotion."""
        super().build(dims)
        if self.sides != "video":
            self.text_side = nn.Linear(dims.content + len(Emotion), self.size(dims))
        if self.sides != "text":
            self.video_side = nn.Linear(2 * len(Emotion), self.size(dims), bias=False)

    def asked(self, text: TextFeatures, emotions: EmotionScores) -> Tensor:
        """Return h [B, size], linear in [t, e_q]."""
        wanted, _ = to_tensors(emotions, text.pooled)
        return self.text_side(torch.cat([text.pooled, wanted], -1))

    def shown(self, video: VideoFeatures, emotions: EmotionScores) -> Tensor:
        """Return k [B, size], linear in the intensities and in what was observed."""
        values, observed = to_tensors(emotions, video.pooled)
        return self.video_side(torch.cat([values, observed.to(values)], -1))


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register the video-side strategy."""
    register("video-side", VideoSide)
