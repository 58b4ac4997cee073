"""Auxiliary loss terms beside the contrastive one: emotion, distillation, correction, shortlist."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, normalize

# The cosine of two emotion vectors from which they count as the same mood: a judgement, not
# measured. Two emotions of equal intensity have one of 0.71 with either alone.
ALIKE = 0.5


def emotion_term(mood: Tensor, wanted: Tensor, felt: Tensor, scale: Tensor) -> Tensor:
    """Return the emotion loss: mood alone should find videos of the mood that a text wants.

    The right videos are those whose captions want the same mood. The loss is the negative
    logarithm of their share in a softmax over the batch (the many-positives form of Khosla et al.
    2020), averaged over the texts that have any.

    Args:
        mood: what the strategy adds to the content scores, [B, B]; rows are texts.
        wanted: the emotions that texts want, [B, 8].
        felt: the emotions that the captions of each video want, [B, 8].
        scale: the similarity scale, 1 / temperature.
    """
    right = (normalize(wanted, dim=-1) @ normalize(felt, dim=-1).T) > ALIKE
    rows = right.any(1) & ~right.all(1)
    if not rows.any():
        return mood.sum() * 0
    logits = (scale * mood)[rows]
    found = logits.masked_fill(~right[rows], -torch.inf).logsumexp(1)
    return (logits.logsumexp(1) - found).mean()


def distillation_term(scores: Tensor, baseline: Tensor, rows: Tensor, scale: Tensor) -> Tensor:
    """Return the distillation loss: texts without emotion should rank videos as the baseline does.

    It is the divergence of their softmax over the batch from the baseline's (Hinton et al. 2015).

    Args:
        scores: the fused scores, [B, B]; rows are texts.
        baseline: the scores of content alone, [B, B].
        rows: which texts want no emotion, bool [B].
        scale: the similarity scale, 1 / temperature; it gets no gradient from this term.
    """
    if not rows.any():
        return scores.sum() * 0
    fixed = scale.detach()
    student = (fixed * scores[rows]).log_softmax(1)
    teacher = (fixed * baseline[rows]).log_softmax(1)
    return kl_div(student, teacher, reduction="batchmean", log_target=True)


def correction_term(corrected: Tensor, plain: Tensor) -> Tensor:
    """Return the correction loss: corrected texts should say what the video's neutral captions say.

    It is the mean squared distance.

    Args:
        corrected: the corrected content of texts that want an emotion, [n, D].
        plain: the mean content of the same videos' captions that want none, [n, D].
    """
    return (corrected - plain).square().sum(-1).mean() if len(corrected) else corrected.sum()


def shortlist_term(scores: Tensor, scale: Tensor) -> Tensor:
    """Return the shortlist loss: the first video of each shortlist should score best.

    Args:
        scores: the reranked scores, [b, n].
        scale: the similarity scale, 1 / temperature.
    """
    return cross_entropy(scale * scores, scores.new_zeros(len(scores), dtype=torch.long))
