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
HEAD_WIDTH = 64  # of every published CLIP, but for the widths below
PICTURE_HEADS = {1280: 80, 1408: 88, 1664: 104, 1792: 112}
"""Widths of open_clip's ViT-H, g, bigG and e, and how wide the heads of their pictures are."""
PUBLISHED = {"text": (512, 640, 768, 1024, 1280), "vision": (768, 896, 1024, *PICTURE_HEADS)}
STATED_WIDTH = "head_width"  # of an open_clip's pictures, beside transformers' own names
HINT = "give what shapes do not tell (the number of heads) as config=config.json"


def clip_config(state: State, known: dict[str, Any], source: str) -> CLIPConfig:
    """Return the configuration of a state dict: what its shapes tell, over what is known.

    Raises:
        ConfigurationError: the state dict lacks a part of every CLIP, or its shapes and what is
            known do not fit.
    """
    text = {**part_of(known, "text", source), **text_facts(state, source)}
    vision = {**part_of(known, "vision", source), **vision_facts(state, source)}
    check_known(known, {"text": text, "vision": vision}, source)
    whole = {name: value for name, value in known.items() if name not in DERIVED}
    whole["projection_dim"] = text["projection_dim"]
    whole[SETTINGS] = proxy_settings(state).to_dict()
    set_ends(text)
    set_heads(text, HEAD_WIDTH, source)
    set_heads(vision, PICTURE_HEADS.get(vision["hidden_size"], HEAD_WIDTH), source)
    try:
        made = CLIPConfig(text_config=text, vision_config=vision, **whole)
    except Exception as error:  # of many kinds, by what a shape or a given value spoils
        raise ConfigurationError(f"{source}: not a CLIP: {one_line(error)}; {HINT}") from None
    made.architectures = [ClipVip.__name__]
    return made


CHECKED = {
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "patch_size",
    "image_size",
    "vocab_size",
    "max_position_embeddings",
}
"""What a configuration and the shapes both tell."""
DERIVED = (
    *(f"{half}_config{end}" for half in ("text", "vision") for end in ("", "_dict")),
    "dtype",
    "torch_dtype",
)
"""Keys of a known configuration that the weights say themselves."""


def part_of(known: dict[str, Any], half: str, source: str) -> dict[str, Any]:
    """Return what is known of one half."""
    parts = [known.get(name) or {} for name in (f"{half}_config", f"{half}_config_dict")]
    if not all(isinstance(part, dict) for part in parts):
        raise ConfigurationError(f"{source}: its configuration has no {half}_config of names")
    return {name: value for part in parts for name, value in part.items() if value is not None}


def check_known(known: dict[str, Any], found: dict[str, dict[str, Any]], source: str) -> None:
    """Refuse a configuration that says other than the shapes, as where layers are missing.

    Raises:
        ConfigurationError: naming the first difference.
    """
    for half, facts in found.items():
        said = part_of(known, half, source)
        for name in CHECKED & said.keys() & facts.keys():
            if said[name] != facts[name]:
                raise ConfigurationError(
                    f"{source}: its configuration says {half} {name} {str(said[name])[:40]}, its "
                    f"weights have {facts[name]}: weights are missing, or it is another model's"
                )


def assumed_heads(known: dict[str, Any], made: CLIPConfig, source: str) -> str:
    """Say that heads are taken as wide as usual, where no published CLIP is so wide."""
    for half in PUBLISHED:
        part: Any = getattr(made, f"{half}_config")
        stated = {"num_attention_heads", STATED_WIDTH} & part_of(known, half, source).keys()
        if not stated and part.hidden_size not in PUBLISHED[half]:
            return f"; heads taken as {HEAD_WIDTH} wide, which is not stated: else give config="
    return ""


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
    if isqrt(places - 1) ** 2 != places - 1:
        raise ConfigurationError(
            f"{source}: not a CLIP: {places} positions are no class token and a square of patches"
        )
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


def set_heads(part: dict[str, Any], usual: int, source: str) -> None:
    """Set how many heads a half has, by their width where their number is not known."""
    width, wide = part["hidden_size"], part.pop(STATED_WIDTH, usual)
    if "num_attention_heads" not in part and width % wide:
        raise ConfigurationError(
            f"{source}: states of {width} are not divided into heads of {wide}; {HINT}"
        )
    part.setdefault("num_attention_heads", width // wide)


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
