"""Converting a published CLIP-ViP file, or a plain CLIP, to a folder that clip-vip loads."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from moodreel_plugins.encoders.checkpoints import Activation, quieten
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from moodreel_plugins.encoders.conversion import (
    Converted,
    check_empty,
    check_weights,
    choose_tokenizer,
)
from moodreel_plugins.encoders.foreign_parts import told_extra
from moodreel_plugins.encoders.pixels import clip_processor
from moodreel_plugins.encoders.shapes import (
    ADDED,
    TEMPORAL,
    State,
    assumed_heads,
    clip_config,
    need,
)
from moodreel_plugins.encoders.sources import read_source

CLASS = "vision_model.embeddings.class_embedding"
# The noise of new proxies, as a share of the class token's standard deviation: a judgement, not
# measured. It is little, so that the proxies begin where CLIP reads well.
SPREAD = 0.1
SEED = 2209  # new proxies are the same each time


def convert_clip_vip(
    source: str,
    folder: Path,
    proxies: int = 3,
    frames: int = 12,
    config: str | None = None,
    tokenizer: str | None = None,
    activation: Activation | None = None,
) -> str:
    """Write config.json, model.safetensors, the processor's and the tokenizer's files.

    Args:
        source: a published state dict, or a folder or hub's name of a CLIP in transformers' form.
        folder: the folder to write; it must not exist, or be empty.
        proxies: how many proxies are added to a plain CLIP.
        frames: how many rows the temporal embedding has that is added to a plain CLIP.
        config: a config.json with what a state dict does not tell. Without it, heads are as wide
            as in every published CLIP of that width, and the activation of a CLIP-ViP is quick
            GELU.
        tokenizer: a folder or hub's name of the tokenizer. Without it, that of `source`, or
            OpenAI's.
        activation: which one a plain CLIP in a single file has.

    Returns:
        What was written, in one line.

    Raises:
        ConfigurationError: the source is damaged, holds more than tensors, or is no CLIP.
    """
    check_empty(folder)
    quieten()
    found = read_source(source, config)
    state, known, is_plain = found.state, found.known(activation), not found.is_vip
    if is_plain:
        state |= initial_proxies(need(state, CLASS, source), proxies, frames)
    made: Any = clip_config(state, known, source)
    extra = check_weights(state, ClipVip, made, f"{source}: not a CLIP-ViP")
    processor = clip_processor(made.vision_config.image_size, square=True)
    written = Converted(state, made, processor, choose_tokenizer(found, made, tokenizer))
    written.write(folder)
    kind = "a plain CLIP with new proxies" if is_plain else "CLIP-ViP"
    more = assumed_heads(known, made, source) + told_extra(extra)
    return f"{folder}: {kind}; {described(made)}; {written.told_tokenizer}{more}"


def described(config: Any) -> str:
    """Return what a user can tell a model by."""
    vision, settings = config.vision_config, ProxySettings.of(config)
    return (
        f"{vision.num_hidden_layers} layers of {vision.hidden_size}, patches of "
        f"{vision.patch_size}, {settings.added} proxies added, {settings.frames} frames"
    )


def initial_proxies(class_token: Tensor, proxies: int, frames: int) -> State:
    """Return what a plain CLIP lacks: proxies [P, W] beside the class token, and times [1, T, W].

    The proxies are the class token with a little noise, so that they begin where CLIP's image
    half reads well and can still part. The temporal embedding is zero: at first, no frame differs
    by its place. (The published code draws proxies from a standard normal distribution.)
    """
    draw = torch.Generator().manual_seed(SEED)
    noise = torch.randn(proxies, len(class_token), generator=draw).to(class_token)
    state = {ADDED: class_token + noise * class_token.std() * SPREAD} if proxies else {}
    if frames:
        state[TEMPORAL] = torch.zeros(1, frames, len(class_token)).to(class_token)
    return state
