"""A CLIP of open_clip's whose image half is a model of timm's: Perception Encoder, MobileCLIP."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn
from transformers import CLIPTextConfig, CLIPTextModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import CONVERT, one_line, read_json, weight_files
from moodreel_plugins.encoders.injecting import allow_inject
from moodreel_plugins.encoders.open_clip import TEXTS, activation, half_facts, part
from moodreel_plugins.encoders.state_files import State, read_state
from moodreel_plugins.encoders.state_names import STALE, finite, from_openai, short_names

CONFIG = "open_clip_config.json"
WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
LARGEST = 2  # the id by which transformers' CLIP reads a text off its token with the largest id
SCALES = ("logit_scale", "logit_bias")
"""What the loss of the training had, and no feature."""


class FullTextModel(CLIPTextModel):
    """CLIP's text half in which each token sees all others, padding too, as MobileCLIP's does."""

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **options: Any
    ) -> BaseModelOutputWithPooling:
        """Return states [B, L, W], and those of each text's token with the largest id [B, W].

        Args:
            input_ids: tokens [B, L].
            attention_mask: what is added to attention, [B, 1, L, L]; None: nothing.
            options: further options of the layers.
        """
        embedded = self.embeddings(input_ids=input_ids)
        options = {**options, "is_causal": False}
        seen = self.encoder(inputs_embeds=embedded, attention_mask=attention_mask, **options)
        states = self.final_layer_norm(seen.last_hidden_state)
        rows = torch.arange(len(states), device=states.device)
        return BaseModelOutputWithPooling(states, states[rows, input_ids.argmax(-1)])


class TimmClip(nn.Module):
    """Both halves, each with its projection.

    Args:
        config: what `read_config` found.
    """

    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__()
        text, dim = config.text_config, config.projection_dim
        self.trunk = make_trunk(config.vision_config, dim)
        linear = config.vision_config.projection == "linear"
        self.head = nn.Linear(self.trunk.num_features, dim, bias=False) if linear else nn.Identity()
        self.text_model = (FullTextModel if config.sees_all else CLIPTextModel)(text)
        self.text_projection = nn.Linear(text.hidden_size, dim, bias=False)
        allow_inject(self.text_model)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.text_projection.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """Their precision."""
        return self.text_projection.weight.dtype

    def get_image_features(self, pixel_values: Tensor) -> SimpleNamespace:
        """Return features [n, D] of pixels [n, 3, h, w], not normalised, as `pooler_output`."""
        return SimpleNamespace(pooler_output=self.head(self.trunk(pixel_values)))

    def get_text_features(self, **inputs: Tensor) -> SimpleNamespace:
        """Return states [B, L, W] and features [B, D], not normalised, of tokens."""
        seen = self.text_model(**inputs)
        pooled = self.text_projection(seen.pooler_output)
        return SimpleNamespace(last_hidden_state=seen.last_hidden_state, pooler_output=pooled)


def read_config(folder: Path) -> SimpleNamespace:
    """Return what a folder's configuration tells, under the names of transformers' CLIP.

    Raises:
        ConfigurationError: it is of another model than is computed here.
    """
    where = folder / CONFIG
    held = read_json(where)
    model = part(held, "model_cfg", where)
    vision, text = (dict(part(model, f"{half}_cfg", where)) for half in ("vision", "text"))
    if "timm_model_name" not in vision:
        raise ConfigurationError(
            f"{folder}: its image half is none of timm's: {CONVERT.format(folder)}"
        )
    if not isinstance(model.get("embed_dim"), int):
        raise ConfigurationError(f"{where}: model_cfg.embed_dim is no number")
    sees_all = bool(text.pop("no_causal_mask", False))
    return SimpleNamespace(
        model_type="clip",
        projection_dim=model["embed_dim"],
        sees_all=sees_all,
        vision_config=vision_facts(vision, where),
        text_config=text_facts(model, text, where),
        held=held,
    )


def vision_facts(vision: dict[str, Any], where: Path) -> SimpleNamespace:
    """Return what is told of the image half."""
    projection, size = vision.get("timm_proj") or "", vision.get("image_size")
    if projection not in ("", "linear") or not isinstance(size, int):
        raise ConfigurationError(
            f"{where}: vision_cfg has timm_proj {projection!r} and image_size {size!r}; a linear "
            "projection or none, and a square, are read"
        )
    name, pool = str(vision["timm_model_name"]), vision.get("timm_pool") or None
    return SimpleNamespace(name=name, pool=pool, projection=projection, image_size=size)


def text_facts(model: dict[str, Any], text: dict[str, Any], where: Path) -> CLIPTextConfig:
    """Return the configuration of the text half."""
    facts = half_facts("text_cfg", text, TEXTS, where)
    width, ratio = int(facts.get("hidden_size", 512)), text.get("mlp_ratio", 4.0)
    return CLIPTextConfig(
        **facts,
        num_attention_heads=text.get("heads", 8),
        intermediate_size=int(width * ratio),
        hidden_act=activation(model, text, where),
        eos_token_id=LARGEST,
        bos_token_id=None,  # nothing reads it, and a small vocabulary may have no such token
        projection_dim=model["embed_dim"],
    )


def make_trunk(facts: SimpleNamespace, dim: int) -> Any:
    """Return timm's model without weights; it projects itself where there is no projection."""
    import timm

    given: dict[str, Any] = {"num_classes": 0 if facts.projection else dim}
    if facts.pool:
        given["global_pool"] = facts.pool
    try:
        usual = timm.get_pretrained_cfg(facts.name)
        if usual is not None and usual.input_size[-1] != facts.image_size:
            given["img_size"] = facts.image_size
        return timm.create_model(facts.name, pretrained=False, **given)
    except Exception as error:  # of many kinds: an unknown name, an option that it has not
        raise ConfigurationError(f"timm model {facts.name!r}: {one_line(error, 120)}") from None


def read_timm_clip(folder: Path, dtype: torch.dtype) -> TimmClip:
    """Read a model from a folder of open_clip's.

    Raises:
        ConfigurationError: the configuration or the weights are another model's, or damaged.
    """
    model = TimmClip(read_config(folder))
    state: State = {}
    for file in weight_files(folder, WEIGHTS):
        state |= read_state(file)
    named = own_names(state, str(folder))
    head = "trunk.head.bias"
    if head not in named and head in model.state_dict():  # a projection without a bias
        named[head] = torch.zeros_like(model.state_dict()[head])
    load_exactly(model, named, folder)
    return model.to(dtype)


def own_names(state: State, source: str) -> State:
    """Return weights under the names of `TimmClip`."""
    short = short_names(state, source)
    looked = {
        name.removeprefix("visual.").replace("head.proj.", "head.", 1): value
        for name, value in short.items()
        if name.startswith("visual.")
    }
    read = {n: v for n, v in short.items() if not n.startswith("visual.") and n not in SCALES}
    named = {**looked, **from_openai(read, source)}
    return {name: value for name, value in named.items() if not name.endswith(STALE)}


def load_exactly(model: nn.Module, state: State, folder: Path) -> None:
    """Load weights of which none is missing, left over, of another shape, or not finite."""
    wanted = model.state_dict()
    for kind, names in (
        ("lacks", wanted.keys() - state.keys()),
        ("holds", state.keys() - wanted.keys()),
    ):
        if names:
            raise ConfigurationError(
                f"{folder}: {kind} {min(names)}: these are not the weights of its configuration"
            )
    checked = {
        name: finite(value, name, str(folder)) if value.is_floating_point() else value
        for name, value in state.items()
    }
    try:
        model.load_state_dict(checked)
    except RuntimeError as error:
        raise ConfigurationError(f"{folder}: {one_line(error)}") from None
