"""Whether a part of a file is missing, by what its container says of its own size."""

import struct
from pathlib import Path
from typing import Any

HEAD = 4096  # bytes in which a container states its size


def lacks_bytes(path: Path, stream: Any) -> bool:
    """Whether a file is shorter than its index, or its own header, says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(HEAD)
    entries = stream.index_entries
    last = max((entry.pos + entry.size for entry in entries), default=0)
    return last > size or stated_size(head) > size


def stated_size(head: bytes) -> int:
    """Return the bytes that the head of an AVI or Matroska file states; 0 where it does not."""
    if head[:4] == b"RIFF" and len(head) >= 8:
        return 8 + struct.unpack("<I", head[4:8])[0]
    place = head.find(b"\x18\x53\x80\x67")  # the segment of Matroska, which holds all the rest
    if head[:4] == b"\x1a\x45\xdf\xa3" and place > 0:
        return place + 4 + element_size(head[place + 4 :])
    return 0


def element_size(held: bytes) -> int:
    """Return the length that a Matroska element states after its name, itself included.

    0 where it is left open, as in streams.
    """
    if not held or not held[0]:
        return 0
    length = 9 - held[0].bit_length()
    if len(held) < length:
        return 0
    value = int.from_bytes(held[:length], "big") & ((1 << 7 * length) - 1)
    return 0 if value == (1 << 7 * length) - 1 else length + value
