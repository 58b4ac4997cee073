"""Tensors that were made elsewhere, checked where they come in."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from moodreel.errors import InvalidInput


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by name, as float32.

    Raises:
        InvalidInput: it is no file of tensors, or one of them holds no floating-point numbers.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        held = load_file(path)
    except (OSError, SafetensorError, ValueError) as error:
        raise InvalidInput(f"{path}: not a file of tensors: {error}") from None
    for name, tensor in held.items():
        if not tensor.is_floating_point():
            raise InvalidInput(
                f"{path}: {name!r} holds {tensor.dtype}, which is no vector: float32, or another "
                "floating-point type, is wanted"
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


def unit_length(vectors: Tensor) -> Tensor:
    """Return vectors [n, D] that are not zero at length 1, however large or small they are."""
    scaled = vectors / vectors.abs().amax(-1, keepdim=True)
    return torch.nn.functional.normalize(scaled, dim=-1)


def vector_problem(vector: Tensor, length: int) -> str:
    """Return what is wrong with a vector [D] or the vectors of frames [T, D], or nothing."""
    if vector.ndim not in (1, 2) or not vector.numel():
        return f"has the shape {list(vector.shape)}; [D] is wanted, or [T, D] for T frames"
    if vector.shape[-1] != length:
        turned = " (its other side has: is it transposed?)" if vector.shape[0] == length else ""
        told = f"has {vector.shape[-1]} numbers, where most vectors of the file have {length}"
        return told + turned
    if not torch.isfinite(vector).all():
        return "holds NaN or infinite numbers"
    whole = vector.mean(0) if vector.ndim == 2 else vector
    return "" if whole.any() else "is zero, so it points nowhere"
