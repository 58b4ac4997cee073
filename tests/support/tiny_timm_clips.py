"""Small models in open_clip's form with timm's image halves and random weights."""

import json

import timm
import torch
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPTextConfig, CLIPTextModel

from openai_names import openai_names, prefixed
from tiny_models import TEXT, spread, tokenizer

DIM = 32
PE = "vit_pe_core_tiny_patch16_384"
FAST = "fastvit_mci0"
FAMILIES = {
    # A Perception Encoder: a causal text half, timm's own projection, squeezed pictures.
    "pe-core": {
        "vision_cfg": {"timm_model_name": PE, "timm_pool": "map", "timm_proj": None},
        "text_cfg": {"context_length": 20},
        "preprocess_cfg": {
            "mean": [0.5] * 3,
            "std": [0.5] * 3,
            "interpolation": "bilinear",
            "resize_mode": "squash",
        },
    },
    # A MobileCLIP: a text half that sees its padding, timm's own projection, cut pictures.
    "mobileclip": {
        "vision_cfg": {"timm_model_name": FAST, "timm_pool": "avg", "timm_proj": None},
        "text_cfg": {"context_length": 20, "no_causal_mask": True},
        "preprocess_cfg": {
            "mean": [0.0] * 3,
            "std": [1.0] * 3,
            "interpolation": "bilinear",
            "resize_mode": "shortest",
        },
    },
}
SIZES = {PE: 64, FAST: 256}


def text_half():
    """CLIP's text half with a projection, as transformers computes it."""
    names = tokenizer()
    text = CLIPTextModel(CLIPTextConfig(**TEXT, eos_token_id=names.eos_token_id, bos_token_id=None))
    return spread(
        nn.ModuleDict({"text_model": text, "p": nn.Linear(TEXT["hidden_size"], DIM, False)})
    )


def save_timm_clip(folder, family):
    """Write the folder that open_clip would write."""
    held = FAMILIES[family]
    name = held["vision_cfg"]["timm_model_name"]
    torch.manual_seed(0)
    size = {"img_size": SIZES[PE]} if name == PE else {}
    pool = held["vision_cfg"]["timm_pool"]
    trunk = timm.create_model(name, num_classes=DIM, global_pool=pool, **size).eval()
    halves = text_half()
    text = prefixed(halves["text_model"].state_dict(), "text_model.")
    text["text_projection.weight"] = halves["p"].weight.detach()
    state = prefixed(trunk.state_dict(), "visual.trunk.") | prefixed(openai_names(text), "text.")
    state["logit_scale"] = torch.tensor(4.6)
    folder.mkdir()
    save_file({n: v.clone() for n, v in state.items()}, folder / "open_clip_model.safetensors")
    model = {
        "embed_dim": DIM,
        "vision_cfg": {**held["vision_cfg"], "image_size": SIZES[name]},
        "text_cfg": {
            "vocab_size": TEXT["vocab_size"],
            "width": TEXT["hidden_size"],
            "heads": TEXT["num_attention_heads"],
            "layers": TEXT["num_hidden_layers"],
            "mlp_ratio": TEXT["intermediate_size"] / TEXT["hidden_size"],
            **held["text_cfg"],
        },
        "custom_text": True,
    }
    config = {"model_cfg": model, "preprocess_cfg": held["preprocess_cfg"]}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    tokenizer().save_pretrained(folder)
    return folder
