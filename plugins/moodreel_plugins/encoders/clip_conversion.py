"""Converting OpenAI's and open_clip's files, or wrapped ones, to a folder that clip loads."""

from pathlib import Path
from typing import Any

import torch
from transformers import CLIPModel

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import Checkpoint, one_line, quieten, read_json
from moodreel_plugins.encoders.clip_vip import SETTINGS
from moodreel_plugins.encoders.conversion import (
    check_empty,
    differing_names,
    find_copy,
    given_tokenizer,
    said_of_tokenizer,
    told_extra,
    write_folder,
)
from moodreel_plugins.encoders.shapes import ADDED, HINT, State, clip_config
from moodreel_plugins.encoders.state_files import read_state
from moodreel_plugins.encoders.state_names import plain_names

OPEN_CLIP = "open_clip_config.json"
OPEN_CLIP_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")


def convert_clip(
    source: str, folder: Path, config: str | None = None, tokenizer: str | None = None
) -> str:
    """Write config.json, model.safetensors, the processor's and the tokenizer's files.

    Args:
        source: a file of weights, or a folder of open_clip's or in transformers' form.
        folder: the folder to write; it must not exist, or be empty.
        config: a config.json with what a state dict does not tell. Without it, heads are 64 wide
            and the activation is quick GELU, as in OpenAI's; a folder of open_clip's says itself.
        tokenizer: a folder or hub's name of the tokenizer. Without it, that of `source`, or
            OpenAI's.

    Returns:
        What was written, in one line.

    Raises:
        ConfigurationError: the source is damaged, holds more than tensors, or is no CLIP.
    """
    check_empty(folder)
    quieten()
    given, known, state = read_clip(source)
    known = read_json(Path(config)) if config else known
    state = plain_names(state, source)
    if ADDED in state:
        raise ConfigurationError(f"{source}: this is a CLIP-ViP: moodreel convert clip-vip")
    made: Any = clip_config(state, known, source)
    delattr(made, SETTINGS)
    made.architectures = [CLIPModel.__name__]
    extra = check_clip(state, made, source)
    found = find_copy(tokenizer or given_tokenizer(Path(config) if config else given, made))
    write_folder(folder, state, made, found)
    vision = made.vision_config
    said = f"{vision.num_hidden_layers} layers of {vision.hidden_size}, {vision.hidden_act}"
    return f"{folder}: a CLIP; {said}; {said_of_tokenizer(found)}{told_extra(extra)}"


def read_clip(source: str) -> tuple[Path | None, dict[str, Any], State]:
    """Return where a configuration lies, what is known of the model, and its state dict."""
    path = Path(source).expanduser()
    if path.is_file():
        return None, {}, read_state(path)
    held = next((path / name for name in OPEN_CLIP_WEIGHTS if (path / name).is_file()), None)
    if held is not None:
        return path / OPEN_CLIP, open_clip_facts(path / OPEN_CLIP), read_state(held)
    checkpoint = Checkpoint(source, "source")
    state: State = {}
    for part in checkpoint.weights:
        state |= read_state(part)
    return checkpoint.folder / "config.json", checkpoint.config, state


def open_clip_facts(path: Path) -> dict[str, Any]:
    """Return what open_clip's configuration tells that shapes do not; its own default is GELU."""
    if not path.is_file():
        raise ConfigurationError(f"{path}: is needed: it says which activation the model has")
    model = read_json(path).get("model_cfg", {})
    known: dict[str, Any] = {}
    for half in ("text", "vision"):
        part = model.get(f"{half}_cfg", {})
        known[f"{half}_config"] = {
            "hidden_act": "quick_gelu" if model.get("quick_gelu") else "gelu"
        }
        if "heads" in part:
            known[f"{half}_config"]["num_attention_heads"] = part["heads"]
    return known


def check_clip(state: State, config: Any, source: str) -> list[str]:
    """Check names and shapes against transformers' CLIP; take out and return what is beside it."""
    try:
        with torch.device("meta"):
            wanted = {name: value.shape for name, value in CLIPModel(config).state_dict().items()}
    except (ValueError, ZeroDivisionError, RuntimeError) as error:
        raise ConfigurationError(f"{source}: not a CLIP: {one_line(error)}; {HINT}") from None
    return differing_names(state, wanted, f"{source}: not a CLIP")
