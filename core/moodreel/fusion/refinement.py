"""Query refinement: learned corrections of the content of queries that want a mood."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from moodreel.emotions import Emotion, EmotionScores
from moodreel.fusion.shrinkage import Shrinkage
from moodreel.fusion.strategy import Dims, FusionStrategy, to_tensors
from moodreel.interfaces import VideoFeatures


class QueryRefinement(FusionStrategy):
    """A strategy that may refine the content t of queries which want a mood: t + c.

    c is the sum of two parts. Both are learned from zero on, and neither touches a stored vector.

    - Shrinkage towards the directions in which the collection varies (`Shrinkage`): differences
      that no query asked about would outvote the mood.
    - Corrections, a vector for each emotion. Words of emotion pull a query's content towards what
      they look like, such as joy to parties, beside what they say of the mood. Training asks that
      a corrected text is near what captions of the same video say that name no emotion.

    A subclass makes the parts that it wants in `build_shared` or `build`, and adds `refinement` in
    `fuse_text`. It keeps `shrinkage` and `corrections` as their names: trained strategies on disk
    hold them.
    """

    shrinkage: Shrinkage | None
    corrections: nn.Parameter | None

    def __init__(self) -> None:
        super().__init__()
        self.shrinkage = None
        self.register_parameter("corrections", None)

    def make_shrinkage(self, dims: Dims) -> None:
        """Make the shrinkage, which shrinks by nothing before training."""
        self.shrinkage = Shrinkage(dims.content)

    def make_corrections(self, dims: Dims) -> None:
        """Make the corrections [8, D], zero before training."""
        self.corrections = nn.Parameter(torch.zeros(len(Emotion), dims.content))

    def upgrade(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return an older state: one whose class made no shrinkage learned to shrink by nothing."""
        made = {} if self.shrinkage is None else self.shrinkage.state_dict(prefix="shrinkage.")
        return {**{name: torch.zeros_like(value) for name, value in made.items()}, **state}

    def fit_shared(self, video: VideoFeatures, seen: EmotionScores) -> None:
        """Learn what the collection's content varies by."""
        if self.shrinkage is not None:
            self.shrinkage.fit(video.pooled)

    def refinement(self, content: Tensor, wanted: EmotionScores) -> Tensor:
        """Return c [B, D] for queries' content [B, D]; zero for a query that wants no emotion."""
        change = torch.zeros_like(content) if self.shrinkage is None else self.shrinkage(content)
        correction = self.correction(content, full_strength(wanted))
        whole = change if correction is None else change + correction
        return wish_strength(wanted, content) * whole

    def correction(self, content: Tensor, wanted: EmotionScores) -> Tensor | None:
        """Return the correction [B, D], the part of c that training has a target for, or None."""
        if self.corrections is None:
            return None
        intensities, _ = to_tensors(wanted, content)
        return intensities @ self.corrections


def wish_strength(wanted: EmotionScores, like: Tensor) -> Tensor:
    """Return [B, 1]: how strongly queries want or refuse a mood, 0 to 1, by the strongest of each.

    What mood does to a query is multiplied by it, so that joy=0.001 does next to nothing, joy=0
    nothing, and joy=1 all of it.
    """
    values, _ = to_tensors(wanted, like)
    return values.abs().amax(-1, keepdim=True).clamp(max=1)


def full_strength(wanted: EmotionScores) -> EmotionScores:
    """Return wanted emotions [B, 8] in the same proportion, the strongest of a query at 1 or more.

    >>> full_strength(EmotionScores.of([{"joy": 0.2, "fear": -0.1}])).named(0)
    {'joy': 1.0, 'fear': -0.5}
    """
    most = np.abs(wanted.values).max(1, keepdims=True)
    divisor = np.where((most > 0) & (most < 1), most, np.float32(1))
    raised = (wanted.values / divisor).astype(np.float32)
    return replace(wanted, values=raised)


def has_wish(wanted: EmotionScores, like: Tensor) -> Tensor:
    """Return [B, 1]: 1 where a query wants or refuses any emotion, 0 where it has none."""
    values, _ = to_tensors(wanted, like)
    return values.any(-1, keepdim=True).to(like.dtype)
