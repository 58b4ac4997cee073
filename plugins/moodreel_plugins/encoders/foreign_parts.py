"""Parts of a checkpoint that a plain CLIP has not: they make another model, or lie beside it."""

import re
from collections.abc import Iterable, Sequence

from moodreel import ConfigurationError

MERGE = "merge them into the weights first (in peft: merge_and_unload) and save those"
NO_PLUGIN = "no plugin here reads it"
FOREIGN = (
    (r"(^|\.)lora_|\.base_layer\.", "LoRA adapters that are not merged", MERGE),
    (r"(^|\.)(hada|lokr)_w\d|(^|\.)adapters?\.", "adapters that are not merged", MERGE),
    (r"^positional_embedding_res$", "Long-CLIP's second table of positions", NO_PLUGIN),
    (r"^visual\.attn_pool\.", "attentional pooling of pictures, as CoCa has it", NO_PLUGIN),
    (r"^text_decoder\.|(^|\.)cls_emb$", "CoCa's texts", NO_PLUGIN),
    (
        r"^visual\.trunk\.",
        "an image half of timm's, as open_clip's SigLIP, EVA and ConvNeXt have it",
        "take one in transformers' form, such as google/siglip-base-patch16-224, which needs no "
        "conversion",
    ),
    (
        r"^visual\.(layer[1-4]|attnpool|bn1)\.",
        "an image half that is a ResNet",
        "take one with a vision transformer (ViT)",
    ),
    (r"^visual\.blocks\.|(^|\.)rope\.|inner_attn_ln", "an EVA-CLIP", NO_PLUGIN),
    (
        r"^text\.transformer\.(embeddings|encoder|shared)\.",
        "a text half of transformers' (such as RoBERTa)",
        NO_PLUGIN,
    ),
    (r"\.ls_[12]\.gamma$", "layer scale", NO_PLUGIN),
    (r"\.(ln_attn|ln_inner|head_scale)\b|\.attn\.logit_scale$", "scaled attention", NO_PLUGIN),
    (r"^visual\.patchnorm|^visual\.ln_pre_patch", "norms of patches", NO_PLUGIN),
    (r"(^|\.)text_projection\.bias$", "a projection of texts with a bias, as SigLIP's", NO_PLUGIN),
    (
        r"^vision_model\.head\.",
        "SigLIP's pooling of pictures",
        "a SigLIP in transformers' form needs no conversion: give its folder as model=FOLDER",
    ),
    (
        r"^transformerClip\.|^frame_position_embeddings\.|^mit\.|^prompts_generator\.",
        "layers over frames (CLIP4Clip, X-CLIP)",
        NO_PLUGIN,
    ),
    (r"^(vision_tower|language_model|multi_modal_projector)\.", "a language model", NO_PLUGIN),
    (r"diffusion_model\.|^cond_stage_model\.|^first_stage_model\.", "a diffusion model", NO_PLUGIN),
    (r"flat_param(_\d+)?$", "flattened weights of FSDP", "save a full state dict"),
    (
        r"\.(SCB|weight_format|absmax|quant_map|qweight|qzeros|quant_state)\b",
        "quantised weights",
        "take them in float16 or more",
    ),
)
"""By their names: what another model has, what that is called, and what to do."""
BESIDE = re.compile(
    r"^(logit_(scale|bias)$|(loss|loss_fn|criterion|head|heads|fc|classifier|linear_probe)\.|"
    r"(ema|ema_model|model_ema|teacher|momentum|optimizer)\.|(\w+_)?queue(_ptr)?$|n_averaged$)"
)
"""What stands beside a model, and changes none of its features: heads, losses, copies, queues."""


def refuse_foreign(names: Iterable[str], source: str) -> None:
    """Refuse the parts of another model, by the names that they have without prefixes.

    Raises:
        ConfigurationError: naming what was seen, and what to do.
    """
    for name in names:
        for pattern, seen, do in FOREIGN:
            if re.search(pattern, name):
                raise ConfigurationError(f"{source}: holds {seen} ({name[:80]}): {do}")


def refuse_unknown(names: Iterable[str], source: str) -> None:
    """Refuse what a model has not, unless it is known to be beside it.

    Raises:
        ConfigurationError: naming the first of them.
    """
    unknown = sorted(name for name in names if not BESIDE.match(name))
    if unknown:
        more = f" and {len(unknown) - 1} more" if unknown[1:] else ""
        raise ConfigurationError(
            f"{source}: holds {unknown[0][:80]}{more}, which this model has not: without it the "
            "model would be another; where it is nothing of the model, save the state dict "
            "without it"
        )


def told_extra(extra: Sequence[str]) -> str:
    """Say what of a source was left out."""
    more = f" and {len(extra) - 1} more" if extra[1:] else ""
    return f"; left out, being no part of it: {extra[0][:80]}{more}" if extra else ""
