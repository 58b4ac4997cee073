"""Saying what a file is that holds no weights, by its first bytes and its name."""

import re
from pathlib import Path

from moodreel import ConfigurationError

LOOKED_AT = 1024  # bytes of a file that say what it is
SHOWN = 40  # characters of a text that are shown
AGAIN = "download the file itself"
KINDS = (
    (b"\x93NUMPY", "is an array of NumPy's, without the names of weights: save a state dict"),
    (b"GGUF", "is a GGUF, whose weights are quantised: take safetensors"),
    (b"\x89HDF", "is an HDF5 of Keras or MATLAB, not PyTorch's: take safetensors"),
    (b"\x1f\x8b", "is packed by gzip: unpack it first"),
    (b"BZh", "is packed by bzip2: unpack it first"),
    (b"\xfd7zXZ", "is packed by xz: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "is packed by zstd: unpack it first"),
    (b"7z\xbc\xaf", "is packed by 7-zip: unpack it first"),
    (b"Rar!", "is packed by RAR: unpack it first"),
    (b"%PDF", "is a PDF, not weights"),
    (b"\x89PNG", "is a picture, not weights"),
    (b"\xff\xd8\xff", "is a picture, not weights"),
    (b"SQLite format 3", "is a database of SQLite, not weights"),
)
"""How files begin that hold other things."""
SUFFIXES = {
    ".onnx": "is an ONNX graph, not weights by name: take the model that it was exported from",
    ".msgpack": "holds Flax's weights, not PyTorch's: take safetensors",
    ".h5": "holds Keras's weights, not PyTorch's: take safetensors",
    ".ckpt.index": "is TensorFlow's, not PyTorch's: take safetensors",
    ".pb": "is TensorFlow's, not PyTorch's: take safetensors",
    ".distcp": "is a part of a distributed checkpoint: join it with "
    "python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE",
}
"""Names that other frameworks give."""


def refuse_others(path: Path) -> None:
    """Say what a file is that holds no weights.

    Raises:
        ConfigurationError: saying what it is, and what to do.
    """
    head = first_bytes(path)
    named = (said for suffix, said in SUFFIXES.items() if path.name.endswith(suffix))
    if told := describe_other(head) or next(named, ""):
        raise ConfigurationError(f"{path}: {told}")


def first_bytes(path: Path) -> bytes:
    """Return the bytes of a file that say what it is."""
    try:
        with path.open("rb") as file:
            return file.read(LOOKED_AT)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None


def describe_other(head: bytes) -> str:
    """Return what a file without weights is by its first bytes, and what to do; "" for others.

    >>> describe_other(b"<!DOCTYPE html><html>")
    'is a page of the web, not weights: download the file itself'
    """
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:64].lower()
    if start.startswith(b"version https://git-lfs"):
        return describe_pointer(head)
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body", b"<!--")):
        return f"is a page of the web, not weights: {AGAIN}"
    if not head.strip(b"\0"):
        return "is empty: download it again"
    known = next((said for begin, said in KINDS if head.startswith(begin)), "")
    return known or describe_text(head)


def describe_pointer(head: bytes) -> str:
    """Return what is said of a pointer of Git LFS, with the size of what it points to."""
    size = re.search(rb"size (\d{1,15})\b", head)
    large = f" of {int(size.group(1)) / 1e6:,.0f} MB" if size else ""
    return f"is a pointer of Git LFS; the weights{large} lie elsewhere: run git lfs pull beside it"


def describe_text(head: bytes) -> str:
    """Return what a text or JSON says in place of weights; "" for bytes.

    >>> describe_text(b"Entry not found")
    "is a text, not weights: it begins 'Entry not found'; download the file itself"
    """
    if head.lstrip().startswith((b"{", b"[")) and b"\0" not in head[:8]:
        return f"is JSON, not weights: {AGAIN}, or give the folder that it lies in"
    text = head.decode("ascii", "replace").strip()
    words = " ".join(text.split())
    plain = words.isprintable() and "\ufffd" not in words
    if not plain or not re.search(r"[A-Za-z]{3,}[,.:]? ", text.partition("\n")[0]):
        return ""  # an old pickle is printable too, but has no words in its first line
    return f"is a text, not weights: it begins {words[:SHOWN]!r}; {AGAIN}"
