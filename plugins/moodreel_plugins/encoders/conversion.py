"""Converting a published CLIP-ViP file, or a plain CLIP, to a folder that clip-vip loads."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

from moodreel import ConfigurationError
from moodreel.storage.atomic import atomic_path
from moodreel_plugins.encoders.checkpoints import (
    Checkpoint,
    one_line,
    quieten,
    read_json,
    weight_files,
)
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from moodreel_plugins.encoders.pixels import clip_processor
from moodreel_plugins.encoders.shapes import ADDED, HINT, TEMPORAL, State, clip_config, need
from moodreel_plugins.encoders.state_files import read_state
from moodreel_plugins.encoders.state_names import plain_names
from moodreel_plugins.encoders.tokenizers import (
    TOKENIZER,
    find_tokenizer,
    has_vocabulary,
    read_tokenizer,
)

SUFFIXES = (".pt", ".pth", ".bin", ".safetensors")
CLASS = "vision_model.embeddings.class_embedding"
OPENAI_VOCABULARY = 49408
OPENAI_TOKENIZER = "openai/clip-vit-base-patch32"
# The noise of new proxies, as a share of the class token's standard deviation: a judgement, not
# measured. It is little, so that the proxies begin where CLIP reads well.
SPREAD = 0.1
SEED = 2209  # new proxies are the same each time


def convert_clip_vip(
    source: str,
    folder: Path,
    proxies: int = 3,
    frames: int = 12,
    config: str | None = None,
    tokenizer: str | None = None,
) -> str:
    """Write config.json, model.safetensors, the processor's and the tokenizer's files.

    Args:
        source: a published state dict, or a folder or hub's name of a CLIP in transformers' form.
        folder: the folder to write; it must not exist, or be empty.
        proxies: how many proxies are added to a plain CLIP.
        frames: how many rows the temporal embedding has that is added to a plain CLIP.
        config: a config.json with what a state dict does not tell. Without it, heads are 64
            wide and the activation is quick GELU, as in every published CLIP.
        tokenizer: a folder or hub's name of the tokenizer. Without it, that of `source`, or
            OpenAI's.

    Returns:
        What was written, in one line.

    Raises:
        ConfigurationError: the source is damaged, holds more than tensors, or is no CLIP.
    """
    check_empty(folder)
    quieten()
    given, state = read_source(source)
    given = Path(config) if config else given
    state = plain_names(state, source)
    is_plain = ADDED not in state and TEMPORAL not in state
    if is_plain:
        state |= initial_proxies(need(state, CLASS, source), proxies, frames)
    made: Any = clip_config(state, read_json(given) if given else {}, source)
    extra = check_state(state, made, source)
    found = find_copy(tokenizer or given_tokenizer(given, made))
    write_folder(folder, state, made, found)
    kind = "a plain CLIP with new proxies" if is_plain else "CLIP-ViP"
    said = f"{folder}: {kind}; {described(made)}; {said_of_tokenizer(found)}"
    return said + told_extra(extra)


def check_empty(folder: Path) -> None:
    """Refuse to write over anything."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError(f"{folder}: is not empty; name a new folder with --to")


def described(config: Any) -> str:
    """Return what a user can tell a model by."""
    vision, settings = config.vision_config, ProxySettings.of(config)
    return (
        f"{vision.num_hidden_layers} layers of {vision.hidden_size}, patches of "
        f"{vision.patch_size}, {settings.added} proxies added, {settings.frames} frames"
    )


def said_of_tokenizer(tokenizer: Any) -> str:
    """Return where the tokenizer is to be found."""
    if tokenizer is None:
        return "no tokenizer is known: add its files to the folder"
    if isinstance(tokenizer, str):
        return f"tokenizer {tokenizer}, to be fetched when it is first used"
    return "tokenizer copied"


def read_source(source: str) -> tuple[Path | None, State]:
    """Return the configuration that comes with a source, if one does, and its state dict."""
    path = Path(source).expanduser()
    if path.is_file():
        return None, read_state(path)
    if path.suffix in SUFFIXES:
        raise ConfigurationError(f"{source}: no such file")
    checkpoint = Checkpoint(source, "source")
    state: State = {}
    for part in weight_files(checkpoint.folder):
        state |= read_state(part)
    return checkpoint.folder / "config.json", state


def initial_proxies(class_token: Tensor, proxies: int, frames: int) -> State:
    """Return what a plain CLIP lacks: proxies [P, W] beside the class token, and times [1, T, W].

    The proxies are the class token with a little noise, so that they begin where CLIP's image
    half reads well and can still part. The temporal embedding is zero: at first, no frame differs
    by its place. (The published code draws proxies from a standard normal distribution.)
    """
    draw = torch.Generator().manual_seed(SEED)
    noise = torch.randn(proxies, len(class_token), generator=draw).to(class_token)
    state = {ADDED: class_token + noise * class_token.std() * SPREAD} if proxies else {}
    if frames:
        state[TEMPORAL] = torch.zeros(1, frames, len(class_token)).to(class_token)
    return state


def check_state(state: State, config: Any, source: str) -> list[str]:
    """Check names and shapes against the model that a configuration describes.

    What is no part of the model, such as heads of a training, is taken out of the state.

    Returns:
        The names of what was taken out.
    """
    try:
        with torch.device("meta"):
            wanted = {name: value.shape for name, value in ClipVip(config).state_dict().items()}
    except (ValueError, ZeroDivisionError, RuntimeError) as error:
        raise ConfigurationError(f"{source}: not a CLIP: {one_line(error)}; {HINT}") from None
    return differing_names(state, wanted, f"{source}: not a CLIP-ViP")


def differing_names(state: State, wanted: Mapping[str, torch.Size], what: str) -> list[str]:
    """Take out of a state what is not wanted, and return its names.

    Args:
        state: the weights by name.
        wanted: the shapes of those that a model has.
        what: what the state is not, where it lacks some or has others.
    """
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
    for name in extra:
        del state[name]
    return extra


def told_extra(extra: Sequence[str]) -> str:
    """Say what of a source was left out."""
    more = f" and {len(extra) - 1} more" if extra[1:] else ""
    return f"; left out, being no part of it: {extra[0][:80]}{more}" if extra else ""


def given_tokenizer(given: Path | None, config: Any) -> str | None:
    """Return where the tokenizer is: beside the configuration, or OpenAI's, or not known."""
    if given and has_vocabulary(given.parent):
        return str(given.parent)
    return OPENAI_TOKENIZER if config.text_config.vocab_size == OPENAI_VOCABULARY else None


def find_copy(tokenizer: str | None) -> Any:
    """Return a tokenizer to be copied; its name, where the hub cannot be reached for now."""
    if tokenizer is None:
        return None
    if Path(tokenizer).expanduser().is_dir():
        return read_tokenizer(Path(tokenizer).expanduser())
    with suppress(ConfigurationError):
        return read_tokenizer(find_tokenizer(tokenizer))
    return tokenizer


def write_folder(folder: Path, state: State, config: Any, tokenizer: Any) -> None:
    """Write everything, whole or not at all."""
    if isinstance(tokenizer, str):
        setattr(config, TOKENIZER, tokenizer)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(folder) as partial:
            partial.mkdir()
            write_files(partial, state, config, tokenizer)
    except (OSError, SafetensorError) as error:
        raise ConfigurationError(f"{folder}: cannot be written: {one_line(error)}") from None


def write_files(folder: Path, state: State, config: Any, tokenizer: Any) -> None:
    """Write the weights, and all that is read beside them."""
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(folder)
    clip_processor(config.vision_config.image_size, square=True).save_pretrained(folder)
    if tokenizer and not isinstance(tokenizer, str):
        tokenizer.save_pretrained(folder)
