"""BLAKE2b digests, which name what is kept on disk and identify what made it.

A name on disk stays valid only while the same bytes are hashed in the same way, so every
fingerprint, cache key and file digest is made here.
"""

from functools import partial
from hashlib import blake2b
from hashlib import file_digest as hash_file
from os import PathLike

SIZE = 8
"""Bytes of a digest that identifies a configuration: 16 hexadecimal digits."""


def digest(*parts: str | bytes, size: int = SIZE) -> str:
    """Return the BLAKE2b digest of some parts as hexadecimal digits.

    Args:
        parts: hashed one after the other, as if they were joined; text as UTF-8.
        size: length of the digest in bytes; each gives two hexadecimal digits.

    >>> digest("joy", "ful") == digest(b"joyful")
    True
    """
    state = blake2b(digest_size=size)
    for part in parts:
        state.update(part.encode() if isinstance(part, str) else part)
    return state.hexdigest()


def file_digest(path: str | PathLike[str], size: int = SIZE) -> str:
    """Return the digest of a file's contents, which are read block by block.

    Args:
        path: of the file.
        size: length of the digest in bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return hash_file(file, partial(blake2b, digest_size=size)).hexdigest()
