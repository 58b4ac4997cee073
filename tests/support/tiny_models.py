"""Small encoders and classifiers with random weights, saved as folders in transformers' form."""

import torch
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    CLIPTokenizer,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
    ViTConfig,
    ViTForImageClassification,
    ViTImageProcessor,
)

from moodreel_plugins.encoders.clip import ClipTextEncoder, ClipVideoEncoder
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from moodreel_plugins.encoders.vip import ClipVipTextEncoder, ClipVipVideoEncoder

LETTERS = "abcdefghijklmnopqrstuvwxyz"
ENDS = ("<|startoftext|>", "<|endoftext|>")
TEXT = {
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "vocab_size": 2 * len(LETTERS) + len(ENDS),
    "max_position_embeddings": 20,
}
VISION = {
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 32,
    "patch_size": 8,
}


def tokenizer():
    """One token a letter, and one for each letter that ends a word; ids as CLIP has them."""
    tokens = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), *ENDS]
    return CLIPTokenizer(vocab={token: place for place, token in enumerate(tokens)}, merges=[])


def clip_config(vision=(), text=(), **more):
    names = tokenizer()
    ids = {"bos_token_id": names.bos_token_id, "eos_token_id": names.eos_token_id}
    ids["pad_token_id"] = names.pad_token_id
    return CLIPConfig(
        text_config={**TEXT, **ids, "projection_dim": 32, **dict(text)},
        vision_config={**VISION, "projection_dim": 32, **dict(vision)},
        projection_dim=32,
        **more,
    )


def spread(model, seed=0):
    """Give every parameter values that matter: fresh models have zero biases and tiny tables."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim:
                noise = torch.randn(value.shape, generator=draw)
                is_scale = "norm" in name and name.endswith("weight")
                value.copy_(
                    1 + 0.1 * noise if is_scale else noise * max(value.shape[-1], 4) ** -0.5
                )
    return model.eval()


def save_clip(folder, config=None, side=32):
    spread(CLIPModel(config or clip_config())).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    size = {"height": side, "width": side}
    CLIPImageProcessor(size={"shortest_edge": side}, crop_size=size).save_pretrained(folder)
    return folder


def save_siglip(folder):
    names = tokenizer()
    text = {**TEXT, "pad_token_id": names.pad_token_id, "projection_size": VISION["hidden_size"]}
    config = SiglipConfig(text_config=text, vision_config=VISION)
    spread(SiglipModel(config)).save_pretrained(folder)
    names.save_pretrained(folder)
    SiglipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return folder


def vip_model(added=3, frames=12, **changes):
    settings = ProxySettings(added, frames).to_dict()
    return spread(ClipVip(clip_config(vision_additional_config=settings, **changes)))


def save_vip(folder, **changes):
    vip_model(**changes).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def tiny_classifier(folder, labels):
    """Write a small random ViT with these labels."""
    torch.manual_seed(0)
    config = ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=32,
        patch_size=16,
        id2label=dict(enumerate(labels)),
        label2id={label: index for index, label in enumerate(labels)},
    )
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return str(folder)


def pair(folders, family, **options):
    """Return both encoders of a family's folder, in float32 on the CPU unless options say else."""
    video, text = (
        (ClipVipVideoEncoder, ClipVipTextEncoder)
        if family == "clip-vip"
        else (ClipVideoEncoder, ClipTextEncoder)
    )
    options = {"dtype": "float32", "device": "cpu"} | options
    known = {name: options[name] for name in options if name in ("dtype", "device", "batch_size")}
    return video(str(folders[family]), **options), text(str(folders[family]), **known)
