"""Inferring the configuration of a CLIP from the shapes of its weights."""

from math import isqrt
from typing import Any

from torch import Tensor
from transformers import CLIPConfig

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import one_line
from moodreel_plugins.encoders.clip_vip import SETTINGS, ClipVip, ProxySettings

State = dict[str, Tensor]

ADDED = "vision_model.embeddings.added_cls"
TEMPORAL = "vision_model.embeddings.temporal_embedding"
HEAD_WIDTH = 64  # of every published CLIP
HINT = "give what shapes do not tell (the number of heads) as config=config.json"


def clip_config(state: State, known: dict[str, Any], source: str) -> CLIPConfig:
    """Return the configuration of a state dict: what its shapes tell, over what is known.

    Raises:
        ConfigurationError: the state dict lacks a part of every CLIP, or its shapes and what is
            known do not fit.
    """
    text = {**known.get("text_config", {}), **text_facts(state, source)}
    vision = {**known.get("vision_config", {}), **vision_facts(state, source)}
    whole = {name: value for name, value in known.items() if name not in DERIVED}
    whole["projection_dim"] = text["projection_dim"]
    whole[SETTINGS] = proxy_settings(state).to_dict()
    set_ends(text)
    for part in (text, vision):
        part.setdefault("num_attention_heads", part["hidden_size"] // HEAD_WIDTH)
    try:
        made = CLIPConfig(text_config=text, vision_config=vision, **whole)
    except Exception as error:  # of many kinds, by what a shape or a given value spoils
        raise ConfigurationError(f"{source}: not a CLIP: {one_line(error)}; {HINT}") from None
    made.architectures = [ClipVip.__name__]
    return made


DERIVED = ("text_config", "vision_config", "dtype", "torch_dtype")
"""Keys of a known configuration that the weights say themselves."""


def proxy_settings(state: State) -> ProxySettings:
    """Return what is added to CLIP."""
    added, times = state.get(ADDED), state.get(TEMPORAL)
    rows = 0 if times is None or times.ndim != 3 else times.shape[1]
    return ProxySettings(0 if added is None or not added.ndim else len(added), rows)


def need(state: State, name: str, source: str) -> Tensor:
    """Return a tensor that every CLIP has."""
    if name not in state or not state[name].ndim:
        raise ConfigurationError(f"{source}: not the weights of a CLIP: it lacks {name}")
    return state[name]


def vision_facts(state: State, source: str) -> dict[str, int]:
    """Return what the shapes tell of the vision half."""
    patch = need(state, "vision_model.embeddings.patch_embedding.weight", source).shape[-1]
    places = len(need(state, "vision_model.embeddings.position_embedding.weight", source))
    return {
        **tower_facts(state, "vision", source),
        "projection_dim": len(need(state, "visual_projection.weight", source)),
        "patch_size": patch,
        "image_size": isqrt(places - 1) * patch,
    }


def text_facts(state: State, source: str) -> dict[str, int]:
    """Return what the shapes tell of the text half."""
    vocabulary = len(need(state, "text_model.embeddings.token_embedding.weight", source))
    places = len(need(state, "text_model.embeddings.position_embedding.weight", source))
    return {
        **tower_facts(state, "text", source),
        "projection_dim": len(need(state, "text_projection.weight", source)),
        "vocab_size": vocabulary,
        "max_position_embeddings": places,
    }


def set_ends(text: dict[str, Any]) -> None:
    """Name the special tokens as OpenAI's vocabulary has them: the last two."""
    for name, place in (("bos", 2), ("eos", 1), ("pad", 1)):
        text.setdefault(f"{name}_token_id", text["vocab_size"] - place)


def tower_facts(state: State, half: str, source: str) -> dict[str, int]:
    """Return the widths and the depth of a transformer."""
    stem = f"{half}_model.encoder.layers."
    layers = {name[len(stem) :].split(".")[0] for name in state if name.startswith(stem)}
    first = need(state, f"{stem}0.mlp.fc1.weight", source)
    return {
        "hidden_size": first.shape[-1],
        "intermediate_size": len(first),
        "num_hidden_layers": len(layers),
    }
