"""Names of CLIP's weights: without the prefixes of trainings, and as transformers has them."""

import re

from torch import Tensor

from moodreel import ConfigurationError
from moodreel_plugins.encoders.foreign_parts import refuse_foreign

State = dict[str, Tensor]
WRAPPED = re.compile(
    r"(?:(?<=\.)|^)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module)\."
)
"""What compiling and sharding put before the names of any part."""
PREFIXES = re.compile(
    r"^(?:(?:base_model\.model|module|model|clipmodel|clip_model|clip|net|network|student|"
    r"backbone)\.)+"
)
ANCHORS = re.compile(r"^(.+\.)(?:visual\.conv1\.weight|vision_model\.embeddings\.class_embedding)$")
"""Names that every CLIP has one of, behind prefixes that are not known."""
STALE = ("position_ids", "attn_mask", "input_resolution", "context_length", "vocab_size")
"""Buffers that some versions save, and that nothing is computed with."""
OPENAI = "visual.conv1.weight"
ROOTS = (OPENAI, "vision_model.embeddings.class_embedding")
RENAMED = (
    (r"^text\.", ""),
    (r"^visual\.class_embedding$", "vision_model.embeddings.class_embedding"),
    (r"^visual\.positional_embedding$", "vision_model.embeddings.position_embedding.weight"),
    (r"^visual\.conv1\.", "vision_model.embeddings.patch_embedding."),
    (r"^visual\.ln_pre\.", "vision_model.pre_layrnorm."),
    (r"^visual\.ln_post\.", "vision_model.post_layernorm."),
    (r"^visual\.transformer\.resblocks\.", "vision_model.encoder.layers."),
    (r"^transformer\.resblocks\.", "text_model.encoder.layers."),
    (r"^token_embedding\.", "text_model.embeddings.token_embedding."),
    (r"^positional_embedding$", "text_model.embeddings.position_embedding.weight"),
    (r"^ln_final\.", "text_model.final_layer_norm."),
    (r"(layers\.\d+)\.ln_([12])\.", r"\1.layer_norm\2."),
    (r"(layers\.\d+)\.mlp\.c_fc\.", r"\1.mlp.fc1."),
    (r"(layers\.\d+)\.mlp\.c_proj\.", r"\1.mlp.fc2."),
    (r"(layers\.\d+)\.attn\.out_proj\.", r"\1.self_attn.out_proj."),
)
"""Names in OpenAI's CLIP and in open_clip, and in transformers."""
TURNED = {"visual.proj": "visual_projection.weight", "text_projection": "text_projection.weight"}
"""Projections that are stored the other way round."""


def plain_names(state: State, source: str) -> State:
    """Return finite weights by transformers' names.

    Raises:
        ConfigurationError: they are those of another model, two of them have one name, or one
            holds no finite numbers.
    """
    short = short_names(state, source)
    refuse_foreign(short, source)
    renamed = from_openai(short, source) if OPENAI in short else short
    return {name: finite(value, name, source) for name, value in renamed.items()}


def short_names(state: State, source: str) -> State:
    """Return weights by their names in the model, without prefixes and stale buffers."""
    short: State = {}
    for name, value in state.items():
        plain = PREFIXES.sub("", WRAPPED.sub("", name))
        if plain.endswith(STALE) or not plain:
            continue
        if plain in short:
            raise ConfigurationError(
                f"{source}: holds {plain[:80]} twice, under several prefixes: keep one of them"
            )
        short[plain] = value
    return without_stem(short, source)


def without_stem(state: State, source: str) -> State:
    """Take off a prefix that is not known, by where the pictures' half begins."""
    stems = sorted({found.group(1) for found in map(ANCHORS.match, state) if found})
    if not stems or any(not ANCHORS.match(name) and name in ROOTS for name in state):
        return state
    if len(stems) > 1:
        seen = ", ".join(stem[:40] for stem in stems[:3])
        raise ConfigurationError(f"{source}: holds {len(stems)} CLIPs ({seen}): keep one of them")
    return {name.removeprefix(stems[0]): value for name, value in state.items()}


def finite(value: Tensor, name: str, source: str) -> Tensor:
    """Return a tensor of its own, or say that it holds no finite numbers."""
    import torch

    kind = str(value.dtype).removeprefix("torch.")
    if value.dtype not in (torch.float16, torch.bfloat16, torch.float32, torch.float64):
        raise ConfigurationError(
            f"{source}: {name[:80]} is of {kind}, where finite numbers of 16 bits or more are "
            "needed: is it quantised?"
        )
    if not value.isfinite().all():
        raise ConfigurationError(f"{source}: {name[:80]} holds no finite numbers")
    return value.detach().clone(memory_format=torch.contiguous_format)


def from_openai(state: State, source: str) -> State:
    """Return the weights of OpenAI's CLIP, or of open_clip's, by transformers' names."""
    made: State = {}
    for name, value in state.items():
        for pattern, instead in RENAMED:
            name = re.sub(pattern, instead, name)
        if name in TURNED:
            made[TURNED[name]] = turned(name, value, source)
        elif name.endswith((".attn.in_proj_weight", ".attn.in_proj_bias")):
            made |= split_attention(name, value, source)
        else:
            made[name] = value
    return made


def turned(name: str, value: Tensor, source: str) -> Tensor:
    """Return a projection the other way round."""
    if value.ndim != 2:
        raise ConfigurationError(f"{source}: {name} is no projection: it has {value.ndim} axes")
    return value.T


def split_attention(name: str, value: Tensor, source: str) -> State:
    """Return the three parts of a joint projection: queries, keys and values."""
    if not value.ndim or len(value) % 3:
        raise ConfigurationError(f"{source}: {name} is not three projections of one length")
    stem, _, kind = name.rpartition(".attn.in_proj_")
    parts = zip("qkv", value.chunk(3), strict=True)
    return {f"{stem}.self_attn.{part}_proj.{kind}": block for part, block in parts}
