"""Contrastive objectives of training, by name: those of CLIP-ViP.

Each takes L2-normalised features [B, D] of B videos, their texts, a frame of each and an auxiliary
caption of each, the scale of the similarities (the inverse temperature itself, not its logarithm)
and, if wanted, `same`, bool [B, B]: where it is true off the diagonal, video i and text j belong
together too, and the pair counts neither as a match nor as a mismatch. Each returns a scalar.

Source: Xue et al., "CLIP-ViP" (ICLR 2023), and its published code, whose values they reproduce.
InfoNCE: van den Oord et al. 2018; dual softmax: Cheng et al. 2021.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from moodreel.training.objective_names import PUBLISHED


class Objective(Protocol):
    """A contrastive objective."""

    def __call__(
        self,
        video: Tensor,
        text: Tensor,
        frame: Tensor,
        caption: Tensor,
        logit_scale: Tensor | float,
        same: Tensor | None = None,
    ) -> Tensor:
        """Return the scalar to minimise; see the module."""
        ...


def info_nce(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """InfoNCE: each video finds its text among all texts, and each text its video."""
    return both_ways(similarities(video, text, logit_scale, same))


def dual_softmax(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """InfoNCE on logits weighted by dual softmax: by each pair's share of what competes with it."""
    logits = similarities(video, text, logit_scale)
    rows, columns = (logits * block(logits, same).softmax(dim) for dim in (0, 1))
    return matching(block(rows, same)) + matching(block(columns, same).T)


def joint_frames(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """InfoNCE over videos with texts and frames with captions, in one batch of 2B."""
    tiled = None if same is None else same.repeat(2, 2)
    left, right = torch.cat([video, frame]), torch.cat([text, caption])
    return both_ways(similarities(left, right, logit_scale, tiled))


def separate_frames(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """InfoNCE of videos with texts, plus InfoNCE of frames with captions."""
    return both_ways(similarities(video, text, logit_scale, same)) + both_ways(
        similarities(frame, caption, logit_scale, same)
    )


def captions_apart(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """InfoNCE of videos with texts, plus InfoNCE of videos with captions."""
    return both_ways(similarities(video, text, logit_scale, same)) + both_ways(
        similarities(video, caption, logit_scale, same)
    )


def captions_apart_frames(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """`captions_apart`, plus InfoNCE of frames with captions."""
    apart = captions_apart(video, text, frame, caption, logit_scale, same)
    return apart + both_ways(similarities(frame, caption, logit_scale, same))


def captions_shared(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """`captions_apart`, but a video tells either positive from the mismatches of both kinds."""
    by_text = similarities(video, text, logit_scale, same)
    by_caption = similarities(video, caption, logit_scale, same)
    mismatches = torch.cat([off_diagonal(by_text), off_diagonal(by_caption)], 1).logsumexp(1)
    found = [
        (torch.logaddexp(logits.diagonal(), mismatches) - logits.diagonal()).mean()
        for logits in (by_text, by_caption)
    ]
    return matching(by_text.T) + matching(by_caption.T) + found[0] + found[1]


def captions_shared_frames(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
) -> Tensor:
    """`captions_shared`, plus InfoNCE of frames with captions."""
    shared = captions_shared(video, text, frame, caption, logit_scale, same)
    return shared + both_ways(similarities(frame, caption, logit_scale, same))


def hard_negatives(
    video: Tensor,
    text: Tensor,
    frame: Tensor,
    caption: Tensor,
    logit_scale: Tensor | float,
    same: Tensor | None = None,
    hardest: int = 2,
) -> Tensor:
    """InfoNCE against the `hardest` mismatches alone, on similarities as they are, unscaled."""
    logits = similarities(video, text, 1.0, same)
    return hardest_matching(logits, hardest) + hardest_matching(logits.T, hardest)


def similarities(
    left: Tensor, right: Tensor, scale: Tensor | float, same: Tensor | None = None
) -> Tensor:
    """Return the scaled inner products [B, B], blocked where `same` is true off the diagonal."""
    return block(left @ right.T * scale, same)


def block(logits: Tensor, same: Tensor | None) -> Tensor:
    """Return logits that are minus infinity where `same` is true off the diagonal."""
    if same is None:
        return logits
    diagonal = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return logits.masked_fill(same & ~diagonal, -torch.inf)


def matching(logits: Tensor) -> Tensor:
    """Return the cross-entropy of each row's finding the diagonal."""
    return cross_entropy(logits, torch.arange(len(logits), device=logits.device))


def both_ways(logits: Tensor) -> Tensor:
    """Return the cross-entropy of rows and of columns, summed."""
    return matching(logits) + matching(logits.T)


def off_diagonal(logits: Tensor) -> Tensor:
    """Return [B, B-1]: each row without the diagonal."""
    diagonal = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return logits[~diagonal].reshape(len(logits), -1)


def hardest_matching(logits: Tensor, hardest: int) -> Tensor:
    """Return the cross-entropy of each row's diagonal against its largest other entries."""
    others = off_diagonal(logits)
    kept = others.topk(min(hardest, others.shape[1]), dim=1).values
    positive = logits.diagonal().unsqueeze(1)
    return -torch.cat([positive, kept], 1).log_softmax(1)[:, 0].mean()


_NAMED: dict[str, Objective] = {
    "info-nce": info_nce,
    "dual-softmax": dual_softmax,
    "joint-frames": joint_frames,
    "separate-frames": separate_frames,
    "captions-apart": captions_apart,
    "captions-apart-frames": captions_apart_frames,
    "captions-shared": captions_shared,
    "captions-shared-frames": captions_shared_frames,
    "hard-negatives": hard_negatives,
}

OBJECTIVES: Mapping[str, Objective] = MappingProxyType(
    _NAMED | {published: _NAMED[name] for published, name in PUBLISHED.items()}
)
"""Every objective by its own name and by the name of the published code."""
