"""Reading files of weights without running code in them, whatever is wrapped around them."""

import argparse
import pathlib
import pickle
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from moodreel import ConfigurationError
from moodreel_plugins.encoders.checkpoints import one_line
from moodreel_plugins.encoders.file_kinds import refuse_others
from moodreel_plugins.encoders.torchscript import is_torchscript, read_torchscript

State = dict[str, Tensor]
WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model_state",
    "model",
    "module",
    "net",
    "network",
    "weights",
    "params",
    "ema",
    "ema_state_dict",
    "model_ema",
    "ema_model",
    "params_ema",
)
"""Keys under which training scripts keep the weights, the surest first."""
BESIDE = re.compile(r"optim|sched|scaler|callback|loops|rng|state$")
"""What else training scripts keep, with tensors of its own."""
DEEPEST = 4  # wrappers within each other
SCALAR = np.float64(0).__reduce__()[0]  # makes a number of NumPy's from bytes
HARMLESS: list[Any] = [
    argparse.Namespace,
    (pathlib.PosixPath, "pathlib.PosixPath"),
    *((SCALAR, f"numpy.{place}.multiarray.scalar") for place in ("core", "_core")),
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("f4", "f8", "i4", "i8")),
]
"""What training scripts keep beside weights, and whose making runs no code of the file's."""
ZIP = b"PK\x03\x04"


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
        kept = dict(held)
    else:
        kept = {name: value for name, value in held.items() if isinstance(value, Tensor)}
    for name, value in kept.items():
        check_tensor(path, name, value)
    if not kept:
        seen = ", ".join(str(key)[:40] for key in list(held)[:4])
        raise ConfigurationError(f"{path}: no state dict: no tensors among {seen}")
    return kept


def read_file(path: Path) -> Any:
    """Return what a file of weights holds, whatever its suffix says."""
    try:
        if is_safetensors(path):
            return load_file(path)
        if is_zip(path):
            check_zip(path)
            if is_torchscript(path):
                return read_torchscript(path)
        quiet = warnings.catch_warnings(action="ignore")  # what is odd is refused by the caller
        safe = torch.serialization.safe_globals(HARMLESS)
        with quiet, safe, path.open("rb") as file:  # of a path, the suffix would count
            return torch.load(file, map_location="cpu", weights_only=True)
    except ConfigurationError:
        raise
    except pickle.UnpicklingError as error:
        raise ConfigurationError(f"{path}: refused: {described_refusal(error)}") from None
    except Exception as error:  # of many kinds, by what is damaged
        raise ConfigurationError(f"{path}: cannot be read: {described_failure(error)}") from None


def described_refusal(error: BaseException) -> str:
    """Return why a pickle is not read, with the first object in it that is no tensor."""
    named = re.search(r"GLOBAL ([\w.]{1,80})|^([\w.]{1,80}) is not read", str(error))
    if named is None:
        return "it is damaged, or holds code and objects beside tensors"
    what = named.group(1) or named.group(2)
    return (
        f"it is damaged, or holds code and objects beside tensors ({what}): where you trust it, "
        "save its state_dict() alone"
    )


def described_failure(error: BaseException) -> str:
    """Return why a file is not read, and what to do where that is known."""
    text = one_line(error, 120)
    if isinstance(error, pickle.UnpicklingError):
        return described_refusal(error)
    if "legacy .tar" in str(error):
        return (
            "it has PyTorch's form of before 2017 (tar): where you trust it, load it there with "
            "weights_only=False and save its state_dict()"
        )
    if "deserializing header" in text or "incomplete" in text.lower():
        return f"it is cut short or damaged; download it again ({text})"
    return text


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: a length, and JSON."""
    with path.open("rb") as file:
        return file.read(9)[8:] == b"{"


def is_zip(path: Path) -> bool:
    """Whether a file begins as a zip does; one that is cut short too."""
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def check_zip(path: Path) -> None:
    """Refuse a zip that is cut short, or that PyTorch did not write."""
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
    except BadZipFile:
        size = f"{path.stat().st_size / 1e6:,.1f} MB"
        raise ConfigurationError(
            f"{path}: is cut short or damaged, at {size}: download it again"
        ) from None
    if not any(name.endswith("data.pkl") for name in names):
        arrays = "of NumPy's arrays" if any(n.endswith(".npy") for n in names) else "of files"
        seen = ", ".join(name[:40] for name in names[:3]) or "nothing"
        raise ConfigurationError(
            f"{path}: is a zip {arrays}, not PyTorch's weights: it holds {seen}; "
            "unpack it, or save a state dict"
        )


def unwrapped(state: Mapping[Any, Any], depth: int = DEEPEST) -> Mapping[Any, Any]:
    """Return the mapping of tensors that a checkpoint wraps; itself, where it holds them.

    Under a key that is not known, it is taken where no other mapping holds tensors.
    """
    for key in WRAPPERS if depth else ():
        inner = state.get(key)
        if isinstance(inner, Mapping) and holds_tensors(inner, depth - 1):
            return unwrapped(inner, depth - 1)
    if not depth or any(isinstance(value, Tensor) for value in state.values()):
        return state
    able = [
        value
        for key, value in state.items()
        if isinstance(value, Mapping) and not BESIDE.search(str(key))
    ]
    able = [part for part in able if holds_tensors(part, depth - 1)]
    return unwrapped(able[0], depth - 1) if len(able) == 1 else state


def holds_tensors(held: Mapping[Any, Any], depth: int) -> bool:
    """Whether a mapping holds tensors, or wraps some."""
    if any(isinstance(value, Tensor) for value in held.values()):
        return True
    inner = [value for value in held.values() if isinstance(value, Mapping)]
    return depth > 0 and any(holds_tensors(part, depth - 1) for part in inner)


def check_tensor(path: Path, name: Any, value: Any) -> None:
    """Refuse what is no plain tensor, and one that claims to be larger than what is stored."""
    plain = type(value) in (Tensor, nn.Parameter) and value.layout == torch.strided
    if not isinstance(name, str) or not plain or value.is_quantized or value.is_meta:
        raise ConfigurationError(
            f"{path}: no state dict: {str(name)[:80]!r} is no plain tensor; weights are looked for "
            f"under {', '.join(WRAPPERS)}"
        )
    if value.numel() * value.element_size() > value.untyped_storage().nbytes():
        raise ConfigurationError(f"{path}: refused: {name[:80]!r} is larger than what is stored")
