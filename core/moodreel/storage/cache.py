"""An on-disk cache of tensors that take seconds to compute, shared by processes.

A lost or damaged entry is computed again.
"""

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from moodreel.storage.atomic import atomic_path
from moodreel.storage.digests import digest

VARIABLE = "MOODREEL_USER_CACHE"


def cache_folder() -> Path:
    """Return where things are kept: MOODREEL_USER_CACHE, or the user's cache."""
    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else user_cache_path("moodreel", appauthor=False)


def cached_tensor(name: str, parts: Sequence[str], make: Callable[[], Tensor]) -> Tensor:
    """Return a tensor from the cache, or make it and put it there.

    Args:
        name: what the tensor is, such as "classes"; the file's name begins with it.
        parts: texts that identify everything the tensor depends on, such as a fingerprint.
        make: computes the tensor.
    """
    key = digest("\0".join(parts), size=16)
    file = cache_folder() / f"{name}-{key}.safetensors"
    known = load_tensor(file, name)
    if known is not None:
        return known
    made = make().contiguous()
    keep_tensor(file, name, made)
    return made


def load_tensor(file: Path, name: str) -> Tensor | None:
    """Read a tensor; None where it is not there, or damaged."""
    try:
        return load_file(file)[name]
    except (OSError, SafetensorError, KeyError):
        return None


def keep_tensor(file: Path, name: str, made: Tensor) -> None:
    """Write a tensor, whole or not at all; a disk that is full or read-only is no error."""
    with suppress(OSError, SafetensorError):
        file.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(file) as partial:
            save_file({name: made}, partial)
