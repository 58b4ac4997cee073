"""Query refinement: learned corrections of the content of queries that want a mood."""

from collections.abc import Mapping

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
        correction = self.correction(content, wanted)
        return has_wish(wanted, content) * (change if correction is None else change + correction)

    def correction(self, content: Tensor, wanted: EmotionScores) -> Tensor | None:
        """Return the correction [B, D], the part of c that training has a target for, or None."""
        if self.corrections is None:
            return None
        intensities, _ = to_tensors(wanted, content)
        return intensities @ self.corrections


def has_wish(wanted: EmotionScores, like: Tensor) -> Tensor:
    """Return [B, 1]: 1 where a query wants or refuses any emotion, 0 where it has none."""
    values, _ = to_tensors(wanted, like)
    return values.any(-1, keepdim=True).to(like.dtype)
