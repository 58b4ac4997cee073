"""Sources of a conversion: a file or a folder of weights, and what is said of them."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import (
    CONFIG,
    WEIGHTS,
    Checkpoint,
    read_json,
    shards,
)
from moodreel_plugins.encoders.dual_encoder import refuse_naflex
from moodreel_plugins.encoders.open_clip import (
    is_open_clip,
    open_clip_facts,
    open_clip_processor,
    open_clip_tokenizer,
)
from moodreel_plugins.encoders.pixels import clip_processor, read_pixel_maker
from moodreel_plugins.encoders.shapes import ADDED, TEMPORAL, part_of
from moodreel_plugins.encoders.state_files import State, read_state
from moodreel_plugins.encoders.state_names import plain_names
from moodreel_plugins.encoders.torchscript import is_torchscript, script_activation

SUFFIXES = (".pt", ".pth", ".bin", ".safetensors", ".ckpt", ".index.json")
OPEN_CLIP = "open_clip_config.json"
OPEN_CLIP_WEIGHTS = ("open_clip_model.safetensors", "open_clip_pytorch_model.bin")
OPENAI_NUMBERS = {"input_resolution", "context_length", "vocab_size"}
"""What OpenAI's own state dicts hold beside the weights."""
PART = re.compile(r"-\d{5}-of-(\d{5})\.(?:safetensors|bin)$")


@dataclass(frozen=True)
class Source:
    """Weights by transformers' names, and what is said of them.

    Args:
        name: the file or folder, as the user gave it.
        state: the weights.
        config: the path of a configuration, where there is one.
        held: what it holds.
        activation: what the file itself says, where no configuration does.
    """

    name: str
    state: State
    config: Path | None = None
    held: dict[str, Any] = field(default_factory=dict)
    activation: str | None = None

    @property
    def beside(self) -> Path | None:
        """The folder in which the configuration lies."""
        return self.config.parent if self.config else None

    @property
    def is_vip(self) -> bool:
        """Whether these are the weights of a CLIP-ViP."""
        return ADDED in self.state or TEMPORAL in self.state

    def known(self, activation: str | None) -> dict[str, Any]:
        """Return what is stated of the model, by transformers' names.

        Args:
            activation: what the user says of it, where no configuration does.

        Raises:
            ConfigurationError: nothing says the activation; features would be wrong by a little.
        """
        if self.config:
            return self.configured(activation)
        stated = activation or self.activation or ("quick_gelu" if self.is_vip else None)
        if stated is None:
            raise ConfigurationError(
                f"{self.name}: a CLIP, and nothing says its activation: give "
                "activation=quick_gelu (OpenAI's, and open_clip's of DFN, MetaCLIP or "
                "-quickgelu), activation=gelu (open_clip's others, such as LAION's), or its "
                "configuration as config=FILE"
            )
        return {f"{half}_config": {"hidden_act": stated} for half in ("text", "vision")}

    def configured(self, activation: str | None) -> dict[str, Any]:
        """Return what a configuration states; refuse an activation that is another."""
        known = self.held
        if self.config and is_open_clip(known):
            known = open_clip_facts(known, self.config)
        told = part_of(known, "vision", self.name).get("hidden_act", "quick_gelu")
        if activation not in (None, told):
            raise ConfigurationError(
                f"{self.name}: activation={activation}, and its configuration says {told}: leave "
                "out one of them"
            )
        return known

    def processor(self, side: int) -> Any:
        """Return the image processor that is stated, or CLIP's for pictures of `side`."""
        if self.config and is_open_clip(self.held):
            return open_clip_processor(self.held, side, self.config)
        return (
            read_pixel_maker(self.beside, side).processor if self.beside else clip_processor(side)
        )

    @property
    def tokenizer(self) -> str | None:
        """The name of the tokenizer, where open_clip's configuration has one."""
        return open_clip_tokenizer(self.held) if is_open_clip(self.held) else None


def read_source(name: str, config: str | None) -> Source:
    """Read weights, and the configuration that is given or lies beside them.

    Args:
        name: a file, a folder, or the hub's name of one.
        config: the path of a configuration, of transformers' form or open_clip's.

    Raises:
        ConfigurationError: the source is not there, is damaged, or holds more than tensors.
    """
    beside, files = find_weights(name)
    given = Path(config).expanduser() if config else beside
    held = read_json(given) if given else {}
    refuse_family(held, name)
    state: State = {}
    for file in files:
        state |= read_state(file)
    said = stated_activation(files, state, name)
    return Source(name, plain_names(state, name), given, held, said)


def refuse_family(held: dict[str, Any], name: str) -> None:
    """Refuse models of other families in transformers' form, which load as they are."""
    refuse_naflex(held, name)
    family = held.get("model_type", "clip")
    if family != "clip":
        raise ConfigurationError(
            f"{name}: a {str(family)[:40]} in transformers' form is no CLIP; where it is a dual "
            "encoder it needs no conversion: give its folder as model=FOLDER"
        )


def find_weights(name: str) -> tuple[Path | None, list[Path]]:
    """Return the configuration beside a source, if there is one, and its files of weights."""
    path = Path(name).expanduser()
    if path.is_file():
        return find_file(path)
    if path.name.endswith(SUFFIXES) and not path.exists():
        raise ConfigurationError(f"{name}: no such file")
    held = next((path / held for held in OPEN_CLIP_WEIGHTS if (path / held).is_file()), None)
    if held is not None and not (path / CONFIG).is_file():
        return find_file(held)
    checkpoint = Checkpoint(name, "source")
    return checkpoint.folder / CONFIG, checkpoint.weights


def find_file(path: Path) -> tuple[Path | None, list[Path]]:
    """Return the configuration of a file that is named as in a folder of a model, and its parts."""
    files = shards(path) if path.name.endswith(".index.json") else [path]
    if part := PART.search(path.name):
        raise ConfigurationError(
            f"{path}: is one of {int(part.group(1))} parts: give the folder with all of them"
        )
    if path.name in OPEN_CLIP_WEIGHTS:
        return open_clip_config(path.parent), files
    beside = path.parent / CONFIG
    return (beside if path.name in WEIGHTS and beside.is_file() else None), files


def open_clip_config(folder: Path) -> Path | None:
    """Return open_clip's configuration in a folder, None where there is none."""
    found = folder / OPEN_CLIP
    return found if found.is_file() else None


def stated_activation(files: list[Path], state: State, name: str) -> str | None:
    """Return the activation that weights tell themselves: OpenAI's archives and state dicts do."""
    if is_torchscript(files[0]):
        return script_activation(files[0])
    numbers = {stale.rpartition(".")[2] for stale in state}
    return "quick_gelu" if numbers >= OPENAI_NUMBERS else None
