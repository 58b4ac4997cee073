"""Wiener shrinkage of a query's content towards the directions in which the collection varies.

Without it, chance differences between segments of one scene outvote mood.
"""

import torch
from torch import Tensor, nn

# The variance that is taken for chance in each direction, as a share of the largest. On
# reaction-clips 0.03 was worth as much as 0.1 in cross-validation, and it cost less over the demo's
# videos, where no scene recurs.
NOISE = 0.03
# How much faster the learned share moves than other parameters: with one learning rate for all, s
# moves in tenths while other numbers move in hundredths. A judgement, not measured.
PACE = 8.0


class Shrinkage(nn.Module):
    """Shrinks queries in the directions that hardly tell the segments of a collection apart.

    Segments of one scene differ in content for reasons that no query asked about. While content is
    all that counts, this changes little: the scene comes first anyway. Beside mood it changes
    much, because these differences are as large as those of mood. So the vector t of a query that
    wants a mood becomes t - s R t, where

        R = a l (C + a l I)^-1

    C is the covariance of the collection's content, l its largest eigenvalue, and a is `NOISE`.
    With s = 1 that is the Wiener filter C (C + a l I)^-1 t for noise of variance a l in every
    direction. s is learned from 0 on, and kept from 0 to 1; R is computed from whichever
    collection is searched. What many segments vary by is kept at the cost of what one alone shows:
    a collection in which no scene recurs gains nothing, so train on one like yours.

    Args:
        content: D, the length of a content vector.
    """

    residue: Tensor

    def __init__(self, content: int) -> None:
        super().__init__()
        self.pull = nn.Parameter(torch.zeros(()))
        self.register_buffer("residue", torch.zeros(content, content))

    def fit(self, content: Tensor) -> None:
        """Compute R from the content [N, D] of a collection; 0 where nothing in it varies."""
        centred = content - content.mean(0)
        covariance = centred.T @ centred / len(content)
        noise = NOISE * torch.linalg.eigvalsh(covariance)[-1]
        ridge = covariance + noise * torch.eye(len(covariance)).to(covariance)
        varies = noise > torch.finfo(content.dtype).eps
        found = noise * torch.linalg.inv(ridge) if varies else torch.zeros_like(ridge)
        self.residue = found.contiguous()  # as files want it

    @property
    def share(self) -> Tensor:
        """s, clamped to 0 to 1 with a straight-through gradient, so that it can come back."""
        free = PACE * self.pull
        return free + (free.clamp(0, 1) - free).detach()

    def removed(self, content: Tensor) -> Tensor:
        """Return what shrinking wholly (s = 1) takes from queries [B, D]."""
        return content @ self.residue

    def forward(self, content: Tensor) -> Tensor:
        """Return what to add to queries [B, D]."""
        return -self.share * self.removed(content)
