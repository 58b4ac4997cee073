"""What is added to attention where a text has new tokens that can be seen more or less.

Shapes: B texts, L tokens of a text, N new tokens.
"""

import torch
from torch import Tensor

# What a new token weighs that is not seen at all, where gradients have to reach its visibility:
# exp(-18.4) of a token, less than float32 tells from nothing beside a token of its own size.
UNSEEN = 1e-8


def attention_bias(
    mask: Tensor, visible: Tensor, causal: bool, in_front: bool, dtype: torch.dtype
) -> Tensor:
    """Return the bias [B, 1, L + N, L + N], rows attending to columns.

    A column of visibility v is attended to v times as much as one of the text's own. New tokens
    see the whole text.

    Args:
        mask: which tokens of the text can be seen, bool [B, L].
        visible: how far each new token can be seen, from 0, [B, N].
        causal: whether a token of the text sees those before it alone.
        in_front: whether the new tokens come first.
        dtype: the precision of the model.
    """
    least = torch.finfo(dtype).min
    length, new = mask.shape[1], visible.shape[1]
    own = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, least)
    own = own[:, None].expand(-1, length, -1)
    if causal:
        later = torch.ones(length, length, dtype=torch.bool, device=mask.device).triu(1)
        own = own.masked_fill(later, least)
    of_new = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, least)
    own = torch.cat([own, of_new[:, None].expand(-1, new, -1)], 1)
    added = visibility_bias(visible.float(), least)[:, None].expand(-1, length + new, -1)
    bias = torch.cat([own, added], 2).to(dtype)
    return (bias.roll((new, new), (1, 2)) if in_front else bias).unsqueeze(1)


def visibility_bias(visible: Tensor, least: float) -> Tensor:
    """Return log v, and the least number where a token is not seen; nearly so where v learns."""
    counted = torch.where(visible < 0, 0, visible)  # unlike clamp, lets gradients through at 0
    bias = (counted + UNSEEN).log()
    return bias if bias.requires_grad else bias.masked_fill(visible <= 0, least)
