"""What open_clip's configuration tells: the model, the preprocessing of pictures, the tokenizer."""

from pathlib import Path
from typing import Any

from transformers import CLIPImageProcessor

from moodreel import ConfigurationError
from moodreel_plugins.encoders.pixels import clip_processor
from moodreel_plugins.encoders.shapes import STATED_WIDTH

SHAPED = {"width": "hidden_size", "layers": "num_hidden_layers"}
PICTURES = {**SHAPED, "patch_size": "patch_size", "image_size": "image_size"}
TEXTS = {
    **SHAPED,
    "vocab_size": "vocab_size",
    "context_length": "max_position_embeddings",
}
"""Names in open_clip, and in transformers."""
READ = ("heads", "head_width", "mlp_ratio", "norm_kwargs", "act_kwargs")
IDLE = {
    "patch_dropout",  # in training alone
    "output_tokens",
    "pad_id",
    "hf_tokenizer_name",
    "hf_model_pretrained",
    "attn_pooler_queries",
    "attn_pooler_heads",
    "timm_model_pretrained",
    "timm_pool",
    "timm_proj",
    "timm_drop",
}
"""Keys that change no feature of a model that is read here."""
USUAL = {
    "pool_type": ("tok", "argmax"),
    "pos_embed_type": ("learnable",),
    "proj_type": ("linear",),
    "tokenizer_kwargs": ({"clean": "lower"},),
}
"""What other keys say where a model is as transformers' CLIP."""
WHOLE = {
    "embed_dim",
    "vision_cfg",
    "text_cfg",
    "quick_gelu",
    "custom_text",
    "cast_dtype",
    "init_logit_scale",
    "init_logit_bias",
    "nonscalar_logit_scale",
    "output_dict",
}
HEAD_WIDTH, TEXT_HEADS = 64, 8  # open_clip's own defaults
RESAMPLE = {"bilinear": 2, "bicubic": 3, "random": 3}  # PIL's numbers; "random" is for training


def is_open_clip(held: dict[str, Any]) -> bool:
    """Whether a configuration is of open_clip's form, with or without its envelope."""
    return "model_cfg" in held or "vision_cfg" in held


def open_clip_facts(held: dict[str, Any], where: Path) -> dict[str, Any]:
    """Return what it tells of a model, by transformers' names; its own default is GELU.

    Raises:
        ConfigurationError: the model is none that transformers' CLIP computes.
    """
    model = part(held, "model_cfg", where) if "model_cfg" in held else held
    refuse_unusual("model_cfg", model.keys() - WHOLE, model, where)
    vision, text = (part(model, f"{half}_cfg", where) for half in ("vision", "text"))
    known: dict[str, Any] = {
        "vision_config": {
            **half_facts("vision_cfg", vision, PICTURES, where),
            **picture_heads(vision, where),
        },
        "text_config": {
            **half_facts("text_cfg", text, TEXTS, where),
            "num_attention_heads": text.get("heads", TEXT_HEADS),
        },
    }
    for name, given in (("vision_config", vision), ("text_config", text)):
        known[name]["hidden_act"] = activation(model, given, where)
    return known


def part(
    held: dict[str, Any], name: str, where: Path, usual: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return a part of a configuration that has parts of its own; `usual` where it is not told."""
    found = held.get(name) or usual
    if not isinstance(found, dict):
        raise ConfigurationError(
            f"{where}: no configuration of open_clip's: {name} is {str(found)[:40]}"
        )
    return found


def half_facts(
    name: str, given: dict[str, Any], names: dict[str, str], where: Path
) -> dict[str, Any]:
    """Return what is told of one half; refuse what transformers' CLIP has not."""
    refuse_unusual(name, given.keys() - names.keys() - {*READ} - IDLE, given, where)
    facts = {theirs: given[ours] for ours, theirs in names.items() if ours in given}
    if isinstance(facts.get("image_size"), list) and len(set(facts["image_size"])) == 1:
        facts["image_size"] = facts["image_size"][0]
    for key, value in facts.items():
        if not isinstance(value, int):
            raise ConfigurationError(
                f"{where}: {name} says {key} {str(value)[:40]}: only vision transformers (ViT) of "
                "square pictures are read"
            )
    norms = part(given, "norm_kwargs", where, {})
    if norms.keys() - {"eps"}:
        refuse(f"{name}.norm_kwargs", norms, where)
    return {**facts, **({"layer_norm_eps": norms["eps"]} if norms else {})}


def refuse_unusual(name: str, keys: set[str], given: dict[str, Any], where: Path) -> None:
    """Refuse what a key says that transformers' CLIP has not."""
    for key in sorted(keys):
        if given[key] and given[key] not in USUAL.get(key, ()):
            refuse(f"{name}.{key}", given[key], where)


def refuse(name: str, value: Any, where: Path) -> None:
    """Say which part of a configuration is not read."""
    raise ConfigurationError(
        f"{where}: {name} is {str(value)[:60]!r}, which a CLIP of transformers has not: no plugin "
        "here reads such a model"
    )


def picture_heads(vision: dict[str, Any], where: Path) -> dict[str, int]:
    """Return how many heads the pictures' half has, or else how wide they are."""
    name, value = STATED_WIDTH, vision.get("head_width", HEAD_WIDTH)
    if "heads" in vision:
        name, value = "num_attention_heads", vision["heads"]
    if not isinstance(value, int) or value < 1:
        raise ConfigurationError(f"{where}: vision_cfg has heads of {str(value)[:40]}")
    return {name: value}


def activation(model: dict[str, Any], half: dict[str, Any], where: Path) -> str:
    """Return the activation of a half, as transformers calls it."""
    more = part(half, "act_kwargs", where, {})
    if model.get("quick_gelu"):
        return "quick_gelu"
    if more.get("approximate") == "tanh":
        return "gelu_pytorch_tanh"
    if more:
        refuse("act_kwargs", more, where)
    return "gelu"


def open_clip_processor(held: dict[str, Any], side: int, where: Path) -> CLIPImageProcessor:
    """Return the preprocessing of pictures; OpenAI's where nothing is said.

    Raises:
        ConfigurationError: it is none that resizes and crops.
    """
    given = part(held, "preprocess_cfg", where, {})
    size, mode = given.get("size", side), given.get("resize_mode", "shortest")
    ways = given.get("interpolation", "bicubic")
    if size not in (side, [side, side], [3, side, side]):
        raise ConfigurationError(f"{where}: preprocess_cfg.size is {size}, the model's {side}")
    if mode not in ("shortest", "squash"):
        raise ConfigurationError(
            f"{where}: preprocess_cfg.resize_mode is {str(mode)[:40]!r}; 'shortest' and 'squash' "
            "are read"
        )
    if ways not in list(RESAMPLE) or given.get("mode", "RGB") != "RGB":
        raise ConfigurationError(
            f"{where}: preprocess_cfg has {str(ways)[:40]!r} and {given.get('mode', 'RGB')!r}; "
            "'bicubic' or 'bilinear' of 'RGB' are read"
        )
    made: Any = clip_processor(side, square=mode == "squash")
    made.resample = RESAMPLE[ways]
    for ours, theirs in (("mean", "image_mean"), ("std", "image_std")):
        if ours in given:
            setattr(made, theirs, three_numbers(given[ours], ours, where))
    return made


def three_numbers(value: Any, name: str, where: Path) -> list[float]:
    """Return a number for each of three colours."""
    numbers = value if isinstance(value, list) else [value] * 3
    if len(numbers) != 3 or not all(isinstance(n, int | float) for n in numbers):
        raise ConfigurationError(f"{where}: preprocess_cfg.{name} is no number for each colour")
    return [float(number) for number in numbers]


def open_clip_tokenizer(held: dict[str, Any]) -> str | None:
    """Return the name of a tokenizer that is not OpenAI's."""
    named = held.get("model_cfg", held)["text_cfg"].get("hf_tokenizer_name")
    return str(named) if named else None
