"""The terms beside the contrastive objective: mood alone, neutral queries, and so on."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, normalize

ALIKE = 0.5  # cosine of two emotion vectors from which they count as the same mood


def emotion_term(mood: Tensor, wanted: Tensor, felt: Tensor, scale: Tensor) -> Tensor:
    """Ask that mood alone finds the videos whose captions want the same mood as the text.

    The negative logarithm of the share that they have in a softmax over the batch (the
    many-positives form of Khosla et al. 2020), averaged over texts that find any.

    Args:
        mood: what the strategy adds to the content scores, [B, B]; rows are texts.
        wanted: the emotions that texts want, [B, 8].
        felt: the emotions that the captions of each video want, [B, 8].
        scale: of similarities.
    """
    right = (normalize(wanted, dim=-1) @ normalize(felt, dim=-1).T) > ALIKE
    rows = right.any(1) & ~right.all(1)
    if not rows.any():
        return mood.sum() * 0
    logits = (scale * mood)[rows]
    found = logits.masked_fill(~right[rows], -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - found).mean()


def distillation_term(scores: Tensor, baseline: Tensor, rows: Tensor, scale: Tensor) -> Tensor:
    """Ask that texts without emotion rank videos as the baseline does.

    The divergence of their softmax over the batch from the baseline's (Hinton et al. 2015).

    Args:
        scores: fused, [B, B]; rows are texts.
        baseline: of content alone, [B, B].
        rows: which texts want no emotion, bool [B].
        scale: of similarities; the baseline's own softmax is no target to learn it by.
    """
    if not rows.any():
        return scores.sum() * 0
    fixed = scale.detach()
    student = (fixed * scores[rows]).log_softmax(1)
    teacher = (fixed * baseline[rows]).log_softmax(1)
    return kl_div(student, teacher, reduction="batchmean", log_target=True)


def correction_term(corrected: Tensor, plain: Tensor) -> Tensor:
    """Ask that texts with their words of emotion corrected say what the others of the video say.

    Args:
        corrected: the content of texts that want an emotion, [n, D].
        plain: the mean content of the same videos' captions that want none, [n, D].
    """
    return (corrected - plain).square().sum(-1).mean() if len(corrected) else corrected.sum()


def shortlist_term(scores: Tensor, scale: Tensor) -> Tensor:
    """Ask that the first video of each shortlist scores best.

    Args:
        scores: of reranking, [b, n].
        scale: of similarities.
    """
    return cross_entropy(scale * scores, scores.new_zeros(len(scores), dtype=torch.long))
