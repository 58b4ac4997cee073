"""`GatedFusion`, the base of learned strategies: mood beside content, through a zero gate."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from moodreel.emotions import EmotionScores
from moodreel.fusion.refinement import QueryRefinement, full_strength, has_wish, wish_strength
from moodreel.fusion.strategy import Dims, check_weight, to_tensors
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.interfaces.contracts import contract

Form = Literal["extend", "add"]
Sides = Literal["both", "text", "video"]


class GatedFusion(QueryRefinement):
    """The base of learned strategies, with mood beside content: the score is <t, v> + g <h, k>.

    The query's vector is [t, g h] and the stored vector is [v, k], where t and v are the content
    of the text and of the video, and g is a learned gate. A subclass makes its parameters in
    `build` and gives h by `text_mood` and k by `video_mood`, each of `size(dims)` numbers.
    Whatever they are, the gate starts at zero, h is multiplied by how strongly the query wants a
    mood, which is zero for a query without emotion, and k for a segment of which nothing was
    observed. So the scores are the baseline's before training; a query without emotion ranks as the
    baseline does, trained or not; and the content of a stored vector never changes.

    The form `add` is there for comparison: t + g h against v + g k. What is added to a video's
    vector then moves it for every query, even for one without emotion.

    The content of a query that wants a mood is refined (`QueryRefinement`): its vector is
    [t + c, g h].

    With a weight w the query's vector is [(1 - w) t + min(w, 1 - w) c, w g h]; 0.5 mixes content
    and mood in the proportion that training found.

    Args:
        form: "extend" gives mood dimensions of its own; "add" adds it to the content.
        sides: where emotion is looked at: the query ("text"), the segment ("video"), or "both".
            In the form `extend`, the other side then has a learned projection of its content, for
            the mood to be compared with.
        mood_dim: the length of h and k in the form `extend`. 16 is a judgement; no other length
            was measured.
        gated: False fixes g at 1, so that training starts away from the baseline.
        shrunk: whether training learns how far queries that want a mood are shrunk.
    """

    renamed: ClassVar[Mapping[str, str]] = {"room": "mood_dim"}

    def __init__(
        self,
        form: Form = "extend",
        sides: Sides = "both",
        mood_dim: int = 16,
        gated: bool = True,
        shrunk: bool = True,
    ) -> None:
        super().__init__()
        self.form = form
        self.sides = sides
        self.mood_dim = mood_dim
        self.shrunk = shrunk
        self.gate = nn.Parameter(torch.tensor(0.0 if gated else 1.0), requires_grad=gated)
        if form == "add" and sides != "both":
            self.skip("video" if sides == "text" else "text")

    def unfinished(self) -> str:
        """Return that the constructor of this class was never called, or nothing."""
        known = "gate" in vars(self).get("_parameters", {})
        return super().unfinished() or ("" if known else "does not call super().__init__()")

    def size(self, dims: Dims) -> int:
        """Return the length of h and k."""
        return self.mood_dim if self.form == "extend" else dims.content

    def build_shared(self, dims: Dims) -> None:
        """Make the shrinkage, and the projection for a side that sees no emotion."""
        if self.shrunk and "text" in self.stages:
            self.make_shrinkage(dims)
        if self.form == "extend" and self.sides != "both":
            self.content_side = nn.Linear(dims.content, self.size(dims))

    @contract()
    @abstractmethod
    def text_mood(self, text: TextFeatures, wanted: EmotionScores) -> Tensor:
        """Return h [B, size] for texts and the emotions wanted."""

    @contract()
    @abstractmethod
    def video_mood(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return k [B, size] for segments and the emotions observed."""

    def fuse_text(
        self, text: TextFeatures, wanted: EmotionScores, weight: float | None = None
    ) -> Tensor:
        """Return [t + c, g h], [B, D + size], or t + c + g h, [B, D]."""
        if "text" not in self.stages:
            return text.pooled
        blind = self.form == "extend" and self.sides == "video"
        full = full_strength(wanted)
        mood = self.content_side(text.pooled) if blind else self.text_mood(text, full)
        strength = wish_strength(wanted, text.pooled)
        change = self.refinement(text.pooled, wanted)
        if weight is None:
            return self.join(text.pooled + change, self.gate * strength * mood)
        share = check_weight(weight) * has_wish(wanted, text.pooled)
        content = (1 - share) * text.pooled + torch.minimum(share, 1 - share) * change
        return self.join(content, share * self.gate * strength * mood)

    def fuse_video(self, video: VideoFeatures, seen: EmotionScores) -> Tensor:
        """Return [v, k], [B, D + size], or v + g k, [B, D]."""
        if "video" not in self.stages:
            return video.pooled
        if self.form == "extend" and self.sides == "text":
            return self.join(video.pooled, self.content_side(video.pooled))
        mood = has_observation(seen, video.pooled) * self.video_mood(video, seen)
        return self.join(video.pooled, mood if self.form == "extend" else self.gate * mood)

    def join(self, content: Tensor, mood: Tensor) -> Tensor:
        """Put mood beside content, or add it."""
        return torch.cat([content, mood], -1) if self.form == "extend" else content + mood


def has_observation(seen: EmotionScores, like: Tensor) -> Tensor:
    """Return [B, 1]: 1 where any emotion was observed, 0 where nothing is known."""
    _, observed = to_tensors(seen, like)
    return observed.any(-1, keepdim=True).to(like.dtype)
