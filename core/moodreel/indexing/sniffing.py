"""Telling a video from what shares its suffix, by the first bytes of the file.

A suffix such as `.ts` belongs to videos and to source code. A file is passed over only where its
contents say that it is something else; what may be a damaged video is left for the reader to name.
"""

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import BinaryIO

from moodreel.indexing.suffixes import IF_RECOGNISED, UNLESS_TEXT

# Enough for the sync bytes of some hundred transport packets and for the headers of every
# container below: a judgement, not measured.
HEAD = 64 * 1024
ANIMATED_WEBP = "is an animated WebP, which FFmpeg does not decode; convert it to MP4 or GIF"
TEXT_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")  # byte order marks
# What text may hold below the space: tab, line feed, form feed, carriage return, escape.
TEXT_CONTROLS = frozenset(b"\t\n\f\r\x1b")
PACKET_SIZES = (188, 192, 204)  # of MPEG transport streams: plain, with a time, with a checksum
PACKETS = 5  # sync bytes in a row that chance does not give: a judgement, not measured


def passed_over_reason(path: str) -> str:
    """Return why a file with a video's suffix is none by its contents, "" where it may be one.

    Raises:
        OSError: the file cannot be read.
    """
    suffix = PurePath(path).suffix.lower()
    if suffix in UNLESS_TEXT:
        return "is text, not a video" if is_text(read_head(path)) else ""
    if suffix not in IF_RECOGNISED:
        return ""
    head = read_head(path)
    if is_moving(path, head):
        return ""
    return "is a still picture" if is_picture(head) else "holds no video that is recognised"


def refusal(path: str) -> str:
    """Return why a file is a video that nothing here can read, "" where it may be read."""
    if PurePath(path).suffix.lower() != ".webp":
        return ""
    try:
        return ANIMATED_WEBP if is_animated_webp(read_head(path)) else ""
    except OSError:
        return ""


def read_head(path: str) -> bytes:
    """Return the first bytes of a file."""
    with open(path, "rb") as file:
        return file.read(HEAD)


def is_text(head: bytes) -> bool:
    """Whether bytes are text: marked as such, or UTF-8 or Latin-1 without control characters."""
    if not head:
        return False
    return head.startswith(TEXT_MARKS) or all(byte >= 32 or byte in TEXT_CONTROLS for byte in head)


def is_moving(path: str, head: bytes) -> bool:
    """Whether a file is a video of any kind that is recognised."""
    if head.startswith((b"GIF87a", b"GIF89a")):
        return has_two_images(path)
    return any(recognises(head) for recognises in CONTAINERS)


def is_picture(head: bytes) -> bool:
    """Whether bytes begin a picture, moving or still."""
    return head.startswith((b"GIF8", b"\xff\xd8\xff", b"\x89PNG", b"BM")) or is_riff(head, b"WEBP")


def is_riff(head: bytes, *forms: bytes) -> bool:
    """Whether bytes begin a RIFF file of one of the forms."""
    return head[:4] in (b"RIFF", b"RIFX") and head[8:12] in forms


def is_riff_video(head: bytes) -> bool:
    """Whether bytes begin an AVI file or the image of a Video CD's track."""
    return is_riff(head, b"AVI ", b"AVIX", b"CDXA")


def is_animated_webp(head: bytes) -> bool:
    """Whether bytes begin a WebP picture that moves: its header says so."""
    return is_riff(head, b"WEBP") and head[12:16] == b"VP8X" and bool(first_byte(head[20:]) & 2)


def is_program_stream(head: bytes) -> bool:
    """Whether bytes begin an MPEG program stream, or MPEG video by itself."""
    return head[:3] == b"\0\0\1" and head[3:4] in (b"\xba", b"\xb3")


def is_transport_stream(head: bytes) -> bool:
    """Whether the sync bytes of MPEG transport packets follow each other, from wherever."""
    return any(
        head[start : start + size * PACKETS : size] == b"\x47" * PACKETS
        for size in PACKET_SIZES
        for start in range(size)
    )


def is_realmedia_video(head: bytes) -> bool:
    """Whether bytes begin a RealMedia file with a video stream, not with sound alone."""
    return head.startswith(b".RMF") and (b"video/" in head or b"VIDO" in head)


def is_ogg_video(head: bytes) -> bool:
    """Whether bytes begin an Ogg file whose streams name a video codec."""
    codecs = (b"\x80theora", b"OVP80", b"BBCD\0", b"\1video\0\0\0")
    return head.startswith(b"OggS") and any(codec in head[:4096] for codec in codecs)


def is_other_container(head: bytes) -> bool:
    """Whether bytes begin MP4 or QuickTime, Matroska, Flash video, or Windows media."""
    boxes = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
    starts = (b"\x1a\x45\xdf\xa3", b"FLV\1", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11")
    return head[4:8] in boxes or head.startswith(starts)


CONTAINERS: tuple[Callable[[bytes], bool], ...] = (
    is_riff_video,
    is_animated_webp,
    is_program_stream,
    is_transport_stream,
    is_realmedia_video,
    is_ogg_video,
    is_other_container,
)


def has_two_images(path: str) -> bool:
    """Whether a GIF holds a second image, found by walking over its blocks."""
    with open(path, "rb") as file:
        skip_colours(file, file.read(13)[10:11])
        images = 0
        while images < 2 and (block := file.read(1)) in (b"\x2c", b"\x21"):
            if block == b"\x2c":
                images += 1
                skip_colours(file, file.read(9)[8:9])
            file.seek(1, os.SEEK_CUR)  # the label of an extension, the code size of an image
            while length := first_byte(file.read(1)):
                file.seek(length, os.SEEK_CUR)
        return images > 1


def skip_colours(file: BinaryIO, flags: bytes) -> None:
    """Pass over the table of colours that the flags before it announce, if there is one."""
    announced = first_byte(flags)
    if announced & 0x80:
        file.seek(3 << ((announced & 7) + 1), os.SEEK_CUR)


def first_byte(held: bytes) -> int:
    """Return the first byte, 0 past the end."""
    return held[0] if held else 0
