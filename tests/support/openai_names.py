"""Weights of a CLIP as OpenAI's code and open_clip name them, made of transformers' own."""

import json
import re

import torch
from safetensors.torch import save_file

NAMES = {
    "vision_model.encoder.layers": "visual.transformer.resblocks",
    "text_model.encoder.layers": "transformer.resblocks",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.embeddings.patch_embedding": "visual.conv1",
    "vision_model.pre_layrnorm": "visual.ln_pre",
    "vision_model.post_layernorm": "visual.ln_post",
    "visual_projection.weight": "visual.proj",
    "text_model.embeddings.token_embedding": "token_embedding",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm": "ln_final",
    "text_projection.weight": "text_projection",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
JOINT = re.compile(r"self_attn\.([qkv])_proj\.(weight|bias)$")

HEADS = {"vision_cfg": {"head_width": 16}, "text_cfg": {"heads": 4}}
"""What open_clip's configuration says of the small model: 4 heads in each half."""


def openai_names(state):
    """Return the weights as OpenAI's CLIP names them."""
    made = {}
    for name, value in state.items():
        short = name
        for ours, theirs in NAMES.items():
            short = short.replace(ours, theirs)
        if joint := JOINT.search(name):
            if joint.group(1) == "q":
                parts = [state[name.replace(".q_proj", f".{part}_proj")] for part in "qkv"]
                short = JOINT.sub(r"attn.in_proj_\2", short)
                made[short] = torch.cat(parts)
        elif name in ("visual_projection.weight", "text_projection.weight"):
            made[short] = value.T.contiguous()
        else:
            made[short] = value
    return made


def prefixed(state, prefix):
    return {f"{prefix}{name}": value for name, value in state.items()}


def with_own_text(state):
    """Return open_clip's names of a model whose text half is a module of its own."""
    ours = ("visual", "logit")
    return {n if n.startswith(ours) else f"text.{n}": value for n, value in state.items()}


def open_clip_folder(folder, weights, preprocess=None, **model):
    """Write a folder as open_clip does."""
    folder.mkdir(exist_ok=True)
    save_file({n: v.clone() for n, v in weights.items()}, folder / "open_clip_model.safetensors")
    held = {"model_cfg": {"embed_dim": 32, **HEADS, **model}, "preprocess_cfg": preprocess or {}}
    (folder / "open_clip_config.json").write_text(json.dumps(held))
    return folder
