"""Fine-tuning of encoders together with a strategy, and how tuned encoders are stored.

A tuned encoder is written beside the strategy, with `tuned.yaml`: a configuration whose preset
`tuned` uses both. Where the text encoder alone was tuned, the videos' vectors stay as they are, so
an index serves it as it is; encoders tuned together have a space of their own. A strategy that
changes embeddings inside the video encoder gets one that does so: the plugin `injected`, around the
encoder that it was trained with.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from omegaconf import OmegaConf
from torch import nn

from moodreel.components import Components
from moodreel.errors import ConfigurationError, closest
from moodreel.fusion.checkpoints import TUNED
from moodreel.fusion.strategy import FusionStrategy
from moodreel.interfaces import TextEncoder, VideoEncoder
from moodreel.media import Clip
from moodreel.registry.discovery import Discovery
from moodreel.registry.registry import Registry
from moodreel.registry.settings import load_settings
from moodreel.registry.slots import SLOTS
from moodreel.storage.atomic import atomic_path
from moodreel.training.freed_memory import give_back_freed_memory
from moodreel.training.optimization import is_part
from moodreel.training.plan import TrainingPlan, Tune

FOLDER = "encoder"
INJECTED = "injected"
"""The plugin of a video encoder with a trained strategy inside, and its name in `tuned.yaml`."""
BLACK = Clip(np.zeros((1, 64, 64, 3), np.uint8), np.zeros(1))


def tunable_network(
    registry: Registry, plan: TrainingPlan, inside: VideoEncoder | None = None
) -> nn.Module | None:
    """Return the encoders' network, ready to learn what a plan says; None for nothing.

    Args:
        registry: the configuration with the encoders.
        plan: what learns.
        inside: the video encoder that the strategy changes embeddings of; None: the preset's.

    Raises:
        ConfigurationError: an encoder that cannot learn, or has no such part.
    """
    tune = plan.tune
    if tune == "none":
        return None
    encoder: TextEncoder = registry.slot("text_encoder")
    name = registry.slot_name("text_encoder")
    network = encoder.network
    if network is None:
        raise ConfigurationError(f"text encoder {name!r} cannot be tuned")
    watcher = (inside or registry.slot("video_encoder")) if tune == "all" else None
    if watcher and watcher.network is not network:
        raise ConfigurationError(
            f"video encoder {registry.slot_name('video_encoder')!r} cannot be tuned together with "
            f"its texts; --tune text tunes the text encoder alone"
        )
    encoder.tuned = True
    network.float()  # the small steps of tuning would be lost in half precision
    if not choose_parameters(encoder, watcher, network, tune):
        raise ConfigurationError(
            f"text encoder {name!r} has no projection of its own to tune; use --tune text"
        )
    freeze(network, plan.frozen)
    if plan.checkpointing:
        allow_checkpointing(network, name)
    return network


def freeze(network: nn.Module, parts: Sequence[str]) -> None:
    """Let the parameters of some parts stay as they are.

    Raises:
        ConfigurationError: the network has no such part, or nothing is left to learn.
    """
    names = [name for name, _ in network.named_parameters()]
    for part in parts:
        if not any(is_part(name, part) for name in names):
            known = closest(part, [name for name, _ in network.named_children()])
            raise ConfigurationError(f"plan.frozen: the encoders have no part {part!r}.{known}")
    for name, parameter in network.named_parameters():
        if any(is_part(name, part) for part in parts):
            parameter.requires_grad_(False)
    if not any(parameter.requires_grad for parameter in network.parameters()):
        raise ConfigurationError("plan.frozen: leaves nothing of the encoders to learn")


def allow_checkpointing(network: nn.Module, name: str) -> None:
    """Let a network make activations again in the backward pass instead of keeping them.

    Raises:
        ConfigurationError: the network cannot.
    """
    enable = getattr(network, "activation_checkpointing_enable", None)
    if enable is None:
        raise ConfigurationError(f"encoder {name!r} has no gradient checkpointing")
    enable({"use_reentrant": False})
    give_back_freed_memory()


def choose_parameters(
    encoder: TextEncoder, watcher: VideoEncoder | None, network: nn.Module, tune: Tune
) -> int:
    """Let those parameters learn that a text goes through, or a clip; return how many.

    Of a network with an image half too, those are the text half's where no clip is given to it.
    """
    network.requires_grad_(True).zero_grad()
    with torch.enable_grad():
        encoder.encode(["a text"], inject=lambda tokens: tokens).pooled.sum().backward()
        if watcher is not None:
            watcher.encode([BLACK]).pooled.sum().backward()
    chosen = 0
    for name, parameter in network.named_parameters():
        used = parameter.grad is not None and (tune != "projection" or "projection" in name)
        parameter.requires_grad_(used)
        chosen += used
    network.zero_grad()
    return chosen


def injectable_encoder(components: Components) -> VideoEncoder:
    """Return the video encoder that a strategy is to change embeddings of.

    Raises:
        ConfigurationError: nothing can be changed inside it, or nobody sees emotions in videos.
    """
    name, encoder = encoder_inside(components.registry)
    if not encoder.patch_width:
        raise ConfigurationError(
            f"the video encoder {name!r} lets nothing be injected: choose another, such as clip or "
            "clip-vip"
        )
    if components.video_emotion is None:
        raise ConfigurationError(
            "nothing sees emotions in videos to be injected: add an extractor, such as "
            "video_emotion=face"
        )
    return encoder


def encoder_inside(registry: Registry) -> tuple[str, VideoEncoder]:
    """Return the preset's video encoder and its name; of one that injects, the one inside it."""
    name, encoder = registry.slot_name("video_encoder"), registry.slot("video_encoder")
    while encoder.recipe["plugin"] == INJECTED:
        name, encoder = encoder.recipe["options"]["encoder"], encoder.encoder
    return name, encoder


def save_tuned(
    registry: Registry, folder: Path, tune: Tune, strategy: FusionStrategy | None = None
) -> Registry:
    """Write the tuned encoders beside a strategy; return the configuration that uses them.

    Args:
        registry: the configuration of the training.
        folder: the folder of the strategy, with its weights.
        tune: what was tuned.
        strategy: the strategy, where it changes embeddings inside the video encoder.
    """
    components, slots = with_slot_options(registry), dict(registry.settings.slots)
    home = folder.resolve()

    def use(slot: str, name: str, plugin: str, options: Mapping[str, Any]) -> None:
        components[SLOTS[slot]][name] = {"plugin": plugin, **options}
        slots[slot] = name

    name, video = encoder_inside(registry)
    if tune != "none":
        text: TextEncoder = registry.slot("text_encoder")
        space = None if tune == "all" else text.space
        use("text_encoder", "tuned", text.recipe["plugin"], text.save(home / FOLDER, space))
    if tune == "all":
        use("video_encoder", "tuned", video.recipe["plugin"], video.save(home / FOLDER))
        name = "tuned"
    if strategy is not None and "patches" in strategy.stages:
        use("fusion_strategy", INJECTED, strategy.recipe["plugin"], strategy.recipe["options"])
        inside = {"encoder": name, "emotion": slots["video_emotion"], "strategy": INJECTED}
        use("video_encoder", INJECTED, INJECTED, {**inside, "trained": str(home)})
    slots["fusion_strategy"] = str(home)
    preset = {**slots, "segments": registry.settings.segments}
    plugins = [str(path) for path in registry.settings.plugins]
    file = folder / TUNED
    with atomic_path(file) as partial:
        described: dict[str, Any] = {"presets": {"tuned": preset}, "components": components}
        if plugins:
            described["plugins"] = plugins
        OmegaConf.save(OmegaConf.create(described), partial)
    settings = load_settings("tuned", file, plugins=registry.settings.plugins)
    return Registry(settings, Discovery(registry.registrations))


def with_slot_options(registry: Registry) -> dict[str, dict[str, Any]]:
    """Return the configuration's components, with the options given for single slots put in."""
    components = {kind: dict(table) for kind, table in registry.settings.components.items()}
    for slot, options in registry.settings.options.items():
        if slot != "fusion_strategy":
            table, name = components[SLOTS[slot]], registry.settings.slots[slot]
            table[name] = {"plugin": name, **table.get(name, {}), **options}
    return components
