"""Reading files of weights without running code in them, and saying what else a file is."""

import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import torch
from safetensors.torch import load_file
from torch import Tensor

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import one_line
from moodreel_plugins.encoders.torchscript import is_torchscript, read_torchscript

State = dict[str, Tensor]
LOOKED_AT = 1024  # bytes of a file that say what it is
WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "ema",
    "params",
)
"""Keys under which training scripts keep the weights, the surest first."""
DEEPEST = 4  # wrappers within each other


def read_state(path: Path) -> State:
    """Read a state dict: safetensors, PyTorch's own files, or an archive of TorchScript.

    What training scripts wrap around the weights is taken off, and their counters left out.

    Raises:
        ConfigurationError: the file is no such thing, is damaged, or holds anything but tensors.
    """
    refuse_others(path)
    state = read_file(path)
    if not isinstance(state, Mapping) or not state:
        raise ConfigurationError(f"{path}: no state dict: it holds a {type(state).__name__}")
    held = unwrapped(state)
    if held is state:
        for name, value in held.items():
            check_tensor(path, name, value)
        return dict(held)
    kept = {name: value for name, value in held.items() if isinstance(value, Tensor)}
    for name, value in kept.items():
        check_tensor(path, name, value)
    return kept


def refuse_others(path: Path) -> None:
    """Say what a file is that holds no weights."""
    try:
        with path.open("rb") as file:
            head = file.read(LOOKED_AT)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    told = describe_other(head)
    if told:
        raise ConfigurationError(f"{path}: {told}")


def describe_other(head: bytes) -> str:
    """Return what a file without weights is by its first bytes, and what to do; "" for others.

    >>> describe_other(b"<!DOCTYPE html><html>")
    'is a page of the web, not weights: download the file itself'
    """
    start = head.lstrip()[:64].lower()
    if start.startswith(b"version https://git-lfs"):
        size = re.search(rb"size (\d+)", head)
        large = f" of {int(size.group(1)) / 1e6:,.0f} MB" if size else ""
        return (
            f"is a pointer of Git LFS; the weights{large} lie elsewhere: run git lfs pull beside it"
        )
    if start.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "is a page of the web, not weights: download the file itself"
    if start.startswith((b"{", b"[")) and not head[:8].strip(b"{[ \r\n\t").startswith(b"\0"):
        return "is JSON, not weights"
    return "" if head.strip(b"\0") else "is empty: download it again"


def read_file(path: Path) -> Any:
    """Return what a file of weights holds, whatever its suffix says."""
    try:
        if is_safetensors(path):
            return load_file(path)
        if is_zipfile(path) and is_torchscript(path):
            return read_torchscript(path)
        with warnings.catch_warnings(action="ignore"):  # what is odd is refused by the caller
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ConfigurationError(
            f"{path}: refused: it is damaged, or holds code and objects beside tensors"
        ) from None
    except Exception as error:  # of many kinds, by what is damaged
        raise ConfigurationError(f"{path}: cannot be read: {one_line(error, 100)}") from None


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: a length, and JSON."""
    with path.open("rb") as file:
        head = file.read(9)
    return head[8:] == b"{" or path.suffix == ".safetensors"


def unwrapped(state: Mapping[str, Any], depth: int = DEEPEST) -> Mapping[str, Any]:
    """Return the mapping of tensors that a checkpoint wraps; itself, where it holds them."""
    for key in WRAPPERS if depth else ():
        inner = state.get(key)
        if isinstance(inner, Mapping) and inner:
            return unwrapped(inner, depth - 1)
    return state


def check_tensor(path: Path, name: Any, value: Any) -> None:
    """Refuse what is no plain tensor, and one that claims to be larger than what is stored."""
    plain = isinstance(name, str) and isinstance(value, Tensor) and value.layout == torch.strided
    if not plain or value.is_quantized:
        raise ConfigurationError(
            f"{path}: no state dict: {str(name)[:80]!r} is no plain tensor; weights are looked for "
            f"under {', '.join(WRAPPERS)}"
        )
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise ConfigurationError(f"{path}: refused: {name[:80]!r} is larger than what is stored")
