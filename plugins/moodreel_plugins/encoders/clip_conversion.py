"""Converting OpenAI's and open_clip's files, or wrapped ones, to a folder that clip loads."""

from pathlib import Path
from typing import Any

from transformers import CLIPModel

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import Activation, quieten
from moodreel_plugins.encoders.clip_vip import SETTINGS
from moodreel_plugins.encoders.conversion import (
    Converted,
    check_empty,
    check_weights,
    choose_tokenizer,
)
from moodreel_plugins.encoders.foreign_parts import told_extra
from moodreel_plugins.encoders.shapes import assumed_heads, clip_config
from moodreel_plugins.encoders.sources import read_source


def convert_clip(
    source: str,
    folder: Path,
    config: str | None = None,
    tokenizer: str | None = None,
    activation: Activation | None = None,
) -> str:
    """Write config.json, model.safetensors, the processor's and the tokenizer's files.

    Args:
        source: a file of weights, or a folder of open_clip's or in transformers' form.
        folder: the folder to write; it must not exist, or be empty.
        config: a configuration with what weights do not tell, in transformers' form or
            open_clip's. A folder has its own.
        tokenizer: a folder or hub's name of the tokenizer. Without it, that of `source`, or
            OpenAI's.
        activation: which one a single file has that no configuration comes with.

    Returns:
        What was written, in one line.

    Raises:
        ConfigurationError: the source is damaged, holds more than tensors, is no CLIP, or does
            not say its activation.
    """
    check_empty(folder)
    quieten()
    found = read_source(source, config)
    if found.is_vip:
        raise ConfigurationError(f"{source}: this is a CLIP-ViP: moodreel convert clip-vip")
    known = found.known(activation)
    made: Any = clip_config(found.state, known, source)
    delattr(made, SETTINGS)
    made.architectures = [CLIPModel.__name__]
    extra = check_weights(found.state, CLIPModel, made, f"{source}: not a CLIP")
    vision = made.vision_config
    processor = found.processor(vision.image_size)
    written = Converted(found.state, made, processor, choose_tokenizer(found, made, tokenizer))
    written.write(folder)
    said = f"{vision.num_hidden_layers} layers of {vision.hidden_size}, {vision.hidden_act}"
    more = assumed_heads(known, made, source) + told_extra(extra)
    return f"{folder}: a CLIP; {said}; {written.told_tokenizer}{more}"
