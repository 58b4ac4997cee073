"""Encoders that learn together with a strategy, and how they are kept.

A tuned encoder is written beside the strategy, with `tuned.yaml`: a configuration whose preset
`tuned` uses both. The videos' vectors stay as they are, so an index serves it as it is.
"""

from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from torch import nn

from moodreel.errors import ConfigurationError
from moodreel.interfaces import TextEncoder
from moodreel.registry import Registry
from moodreel.settings import SLOTS
from moodreel.training.plan import Tune

CONFIG, FOLDER = "tuned.yaml", "text_encoder"


def tunable_network(registry: Registry, tune: Tune) -> nn.Module | None:
    """Return the text encoder's network, ready to learn what `tune` says; None for nothing.

    Raises:
        ConfigurationError: an encoder that cannot learn, or has no such part.
    """
    if tune == "none":
        return None
    if tune == "all":
        name = registry.slot_name("video_encoder")
        raise ConfigurationError(
            f"video encoder {name!r} cannot be tuned: its features are made once; "
            "--tune text tunes the text encoder"
        )
    encoder: TextEncoder = registry.slot("text_encoder")
    name = registry.slot_name("text_encoder")
    network = encoder.network
    if network is None:
        raise ConfigurationError(f"text encoder {name!r} cannot be tuned")
    if not choose_parameters(encoder, network, tune):
        raise ConfigurationError(
            f"text encoder {name!r} has no projection of its own to tune; use --tune text"
        )
    return network


def choose_parameters(encoder: TextEncoder, network: nn.Module, tune: Tune) -> int:
    """Let those parameters learn that a text goes through; return how many.

    Of a network with an image half too, those are the text half's.
    """
    network.requires_grad_(True).zero_grad()
    with torch.enable_grad():
        encoder.encode(["a text"], lambda tokens: tokens).pooled.sum().backward()
    chosen = 0
    for name, parameter in network.named_parameters():
        used = parameter.grad is not None and (tune != "projection" or "projection" in name)
        parameter.requires_grad_(used)
        chosen += used
    network.zero_grad()
    return chosen


def save_tuned(registry: Registry, strategy: Path) -> Registry:
    """Write the tuned text encoder beside a strategy; return the configuration that uses it."""
    encoder: TextEncoder = registry.slot("text_encoder")
    options = encoder.save(strategy.resolve() / FOLDER)
    components = with_slot_options(registry)
    components["text_encoder"]["tuned"] = {"plugin": encoder.recipe["plugin"], **options}
    slots = {**registry.settings.slots, "text_encoder": "tuned"}
    slots["fusion_strategy"] = str(strategy.resolve())
    preset = {**slots, "segments": registry.settings.segments}
    file = strategy / CONFIG
    OmegaConf.save(OmegaConf.create({"presets": {"tuned": preset}, "components": components}), file)
    return Registry.load("tuned", file)


def with_slot_options(registry: Registry) -> dict[str, dict[str, Any]]:
    """Return the configuration's components, with the options given for single slots put in."""
    components = {kind: dict(table) for kind, table in registry.settings.components.items()}
    for slot, options in registry.settings.options.items():
        if slot != "fusion_strategy":
            table, name = components[SLOTS[slot]], registry.settings.slots[slot]
            table[name] = {"plugin": name, **table.get(name, {}), **options}
    return components
