"""Content told in what a collection varies by, so that chance differences do not outvote mood."""

import torch
from torch import Tensor, nn

NOISE = 0.03  # variance taken for chance, in each direction, as a share of the largest
PACE = 8.0  # a learned share moves in tenths while other numbers move in hundredths


class Shrinkage(nn.Module):
    """Takes back from queries what hardly tells the segments of a collection apart.

    Segments of one scene differ in content for reasons that nobody asked about. While content is
    all that counts, this changes little: the scene comes first anyway. Beside mood it changes
    much, for these differences and the mood's are then of one size. So a query [t] that wants a
    mood asks with t - s R t, where

        R = a l (C + a l I)^-1

    C is the covariance of the collection's content, l its largest eigenvalue, and a is `NOISE`.
    With s = 1 that is the Wiener filter C (C + a l I)^-1 t for noise of variance a l in every
    direction. s is learned from 0 on, and kept from 0 to 1; R is learned from whichever collection
    is searched. What many segments vary by is kept at the cost of what one alone shows: a
    collection in which no scene recurs gains nothing, so train on one like yours.

    Args:
        content: D.
    """

    residue: Tensor

    def __init__(self, content: int) -> None:
        super().__init__()
        self.pull = nn.Parameter(torch.zeros(()))
        self.register_buffer("residue", torch.zeros(content, content))

    def fit(self, content: Tensor) -> None:
        """Learn R from a collection [N, D]; 0 where nothing in it varies."""
        centred = content - content.mean(0)
        covariance = centred.T @ centred / len(content)
        noise = NOISE * torch.linalg.eigvalsh(covariance)[-1]
        ridge = covariance + noise * torch.eye(len(covariance)).to(covariance)
        varies = noise > torch.finfo(content.dtype).eps
        found = noise * torch.linalg.inv(ridge) if varies else torch.zeros_like(ridge)
        self.residue = found.contiguous()  # as files want it

    @property
    def share(self) -> Tensor:
        """s. One that has been pushed out of its range still hears where to go back to."""
        free = PACE * self.pull
        return free + (free.clamp(0, 1) - free).detach()

    def removed(self, content: Tensor) -> Tensor:
        """Return what shrinking wholly (s = 1) takes from queries [B, D]."""
        return content @ self.residue

    def forward(self, content: Tensor) -> Tensor:
        """Return what to add to queries [B, D]."""
        return -self.share * self.removed(content)
