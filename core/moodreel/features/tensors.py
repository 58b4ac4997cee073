"""Tensors that were made elsewhere, checked where they come in."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from moodreel.errors import InvalidInput


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by name, as float32.

    Raises:
        InvalidInput: it is no file of tensors, or one of them holds no real numbers.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        held = load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise InvalidInput(f"{path}: not a file of tensors: {error}") from None
    strange = [name for name, tensor in held.items() if tensor.is_complex()]
    if strange:
        raise InvalidInput(
            f"{path}: {strange[0]!r} holds {held[strange[0]].dtype}, no real numbers"
        )
    return {name: tensor.float() for name, tensor in held.items()}


def check_vectors(path: Path, vectors: Mapping[str, Tensor]) -> None:
    """Refuse vectors [D], or of frames [T, D], that cannot be compared with each other.

    Raises:
        InvalidInput: one is of another form or length than most, empty, zero, NaN or infinite.
    """
    lengths = [vector.shape[-1] for vector in vectors.values() if vector.ndim]
    usual = max(set(lengths), key=lengths.count, default=0)
    for name, vector in vectors.items():
        problem = vector_problem(vector, usual)
        if problem:
            raise InvalidInput(f"{path}: {name!r} {problem}")


def vector_problem(vector: Tensor, length: int) -> str:
    """Return what is wrong with a vector [D] or the vectors of frames [T, D], or nothing."""
    if vector.ndim not in (1, 2) or not vector.numel():
        return f"has the shape {list(vector.shape)}; [D] is wanted, or [T, D] for T frames"
    if vector.shape[-1] != length:
        return f"has {vector.shape[-1]} numbers, where most vectors of the file have {length}"
    if not torch.isfinite(vector).all():
        return "holds NaN or infinite numbers"
    whole = vector.mean(0) if vector.ndim == 2 else vector
    return "" if whole.any() else "is zero, so it points nowhere"
