"""What every conversion of a CLIP does: read a source, check its weights, write a folder."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn
from transformers import CLIPConfig

from moodreel import ConfigurationError
from moodreel.storage.atomic import atomic_path
from moodreel_plugins.encoders.checkpoints import one_line
from moodreel_plugins.encoders.foreign_parts import refuse_unknown
from moodreel_plugins.encoders.shapes import HINT, State
from moodreel_plugins.encoders.sources import Source
from moodreel_plugins.encoders.tokenizers import (
    TOKENIZER,
    find_tokenizer,
    has_vocabulary,
    read_tokenizer,
)

OPENAI_VOCABULARY = 49408
OPENAI_TOKENIZER = "openai/clip-vit-base-patch32"


@dataclass(frozen=True)
class Converted:
    """What is written: weights, the configuration, the pictures' processor and the tokenizer.

    Args:
        state: the weights by transformers' names.
        config: the configuration.
        processor: the image processor.
        tokenizer: a tokenizer to be copied, the name of one, or None where none is known.
    """

    state: State
    config: CLIPConfig
    processor: Any
    tokenizer: Any

    def write(self, folder: Path) -> None:
        """Write everything, whole or not at all."""
        if isinstance(self.tokenizer, str):
            setattr(self.config, TOKENIZER, self.tokenizer)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(folder) as partial:
                partial.mkdir()
                self.write_files(partial)
        except (OSError, SafetensorError) as error:
            raise ConfigurationError(f"{folder}: cannot be written: {one_line(error)}") from None

    def write_files(self, folder: Path) -> None:
        """Write the weights, and all that is read beside them."""
        save_file(self.state, folder / "model.safetensors", metadata={"format": "pt"})
        self.config.save_pretrained(folder)
        self.processor.save_pretrained(folder)
        if self.tokenizer and not isinstance(self.tokenizer, str):
            self.tokenizer.save_pretrained(folder)

    @property
    def told_tokenizer(self) -> str:
        """Where the tokenizer is to be found."""
        if self.tokenizer is None:
            return "no tokenizer is known: add its files to the folder"
        if isinstance(self.tokenizer, str):
            return f"tokenizer {self.tokenizer}, to be fetched when it is first used"
        return "tokenizer copied"


def check_empty(folder: Path) -> None:
    """Refuse to write over anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder}: is not empty; name a new folder with --to")


def check_weights(
    state: State, network: type[nn.Module], config: CLIPConfig, what: str
) -> list[str]:
    """Check names and shapes against the network that a configuration describes.

    What is known to stand beside a model, such as heads of a training, is taken out of the state.

    Args:
        state: the weights by name.
        network: the class of the network.
        config: its configuration.
        what: the source and what it is not, where it lacks something or has other shapes.

    Returns:
        The names of what was taken out.
    """
    try:
        with torch.device("meta"):
            made = network(config).state_dict()
    except Exception as error:  # of many kinds, by what a configuration spoils
        raise ConfigurationError(f"{what}: {one_line(error)}; {HINT}") from None
    return differing_names(state, {name: value.shape for name, value in made.items()}, what)


def differing_names(state: State, wanted: Mapping[str, torch.Size], what: str) -> list[str]:
    """Take out of a state what is not wanted, and return its names."""
    differing = {
        "lacks": sorted(wanted.keys() - state.keys()),
        "has another shape of": sorted(
            name for name in wanted.keys() & state.keys() if wanted[name] != state[name].shape
        ),
    }
    for how, names in differing.items():
        if names:
            more = f" and {len(names) - 1} more" if names[1:] else ""
            raise ConfigurationError(f"{what}: it {how} {names[0][:80]}{more}")
    extra = sorted(state.keys() - wanted.keys())
    refuse_unknown(extra, what.partition(": ")[0])
    for name in extra:
        del state[name]
    return extra


def choose_tokenizer(source: Source, config: CLIPConfig, given: str | None) -> Any:
    """Return a tokenizer to be copied, the name of one to be fetched, or None.

    It is the one that is given, or lies beside the configuration, or that it names, or OpenAI's.
    """
    text: Any = config.text_config
    known = OPENAI_TOKENIZER if text.vocab_size == OPENAI_VOCABULARY else None
    beside = source.beside
    here = str(beside) if beside and has_vocabulary(beside) else None
    return find_copy(given or here or source.tokenizer or known)


def find_copy(tokenizer: str | None) -> Any:
    """Return a tokenizer to be copied; its name, where the hub cannot be reached for now."""
    if tokenizer is None:
        return None
    if Path(tokenizer).expanduser().is_dir():
        return read_tokenizer(Path(tokenizer).expanduser())
    with suppress(ConfigurationError):
        return read_tokenizer(find_tokenizer(tokenizer))
    return tokenizer
