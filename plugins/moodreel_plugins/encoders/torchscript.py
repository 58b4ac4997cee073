"""The tensors of a TorchScript archive, such as OpenAI's CLIP, read without loading its code."""

import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile, ZipInfo, is_zipfile

import torch
from torch import Tensor
from torch._utils import _rebuild_parameter, _rebuild_tensor_v2

DTYPES = {
    "FloatStorage": torch.float32,
    "DoubleStorage": torch.float64,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}
GELU = re.compile(rb"\b(?<!Quick)gelu\(|\bGELU\b")
MOST_CODE = 1_000_000  # bytes of one part


class Scripted:
    """A module of the archive: its attributes by name, and none of its code."""

    def __init__(self, *_: Any) -> None:
        self.held: dict[str, Any] = {}

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.held = state


class ArchiveReader(pickle.Unpickler):
    """Unpickles an archive's modules; of everything that is callable, only tensors are rebuilt.

    Args:
        file: the archive's data.pkl.
        archive: the archive, for the numbers.
        root: the folder within it.
    """

    def __init__(self, file: IO[bytes], archive: ZipFile, root: str) -> None:
        super().__init__(file)
        self.archive = archive
        self.root = root

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for.

        Raises:
            UnpicklingError: it is nothing that weights are made of.
        """
        if module.startswith("__torch__"):
            return Scripted
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return _rebuild_tensor_v2
        if module == "torch._utils" and name == "_rebuild_parameter":
            return _rebuild_parameter
        if (module, name) == ("collections", "OrderedDict"):
            return dict
        if module == "torch" and name in DTYPES:
            return name
        if module == "torch.jit._pickle":
            return lambda *given: given[0] if given else None
        raise pickle.UnpicklingError(f"{module}.{name} is not read")

    def persistent_load(self, pid: Any) -> Any:
        """Return the numbers that a tensor refers to."""
        _, kind, key, _, _ = pid
        data = self.archive.read(f"{self.root}/data/{key}")
        numbers = torch.frombuffer(bytearray(data), dtype=torch.uint8)
        return torch.storage.TypedStorage(
            wrap_storage=numbers.untyped_storage(), dtype=DTYPES[kind], _internal=True
        )


def is_torchscript(path: Path) -> bool:
    """Whether a file is an archive that holds modules with code."""
    if not is_zipfile(path):
        return False
    with ZipFile(path) as archive:
        return any("/code/" in name for name in archive.namelist())


def script_activation(path: Path) -> str:
    """Return the activation that an archive's code computes; it is read as text alone.

    The factor 1.702 is that of quick GELU. An archive without it or GELU is taken as OpenAI's,
    since nobody else publishes CLIP in this form.
    """
    with ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if is_code(part)]
        code = b"".join(archive.read(part) for part in parts)
    return "gelu" if GELU.search(code) and b"1.702" not in code else "quick_gelu"


def is_code(part: ZipInfo) -> bool:
    """Whether a part of an archive is code, and not so large that it is none."""
    return "/code/" in part.filename and part.file_size <= MOST_CODE


def read_torchscript(path: Path) -> dict[str, Tensor]:
    """Return the tensors of an archive by their names in its modules.

    Raises:
        UnpicklingError: it holds anything but modules and tensors.
    """
    with ZipFile(path) as archive:
        data = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(data) as file:
            module = ArchiveReader(file, archive, data.removesuffix("/data.pkl")).load()
    return dict(named_tensors(module))


def named_tensors(module: Any, stem: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a module and of those in it, by their dotted names."""
    for name, value in getattr(module, "held", {}).items():
        if isinstance(value, Tensor):
            yield stem + name, value
        elif isinstance(value, Scripted):
            yield from named_tensors(value, f"{stem}{name}.")
