"""Names of videos as data sets write them: with folders or without, and with any suffix."""

from pathlib import PurePosixPath
from unicodedata import normalize

from moodreel.indexing.suffixes import video_suffix


def plain_parts(name: str) -> tuple[str, ...]:
    """Return the folders and the name of a written path, without "." and with NFC letters.

    >>> plain_parts("./videos/take.01.mp4"), plain_parts("a\\\\b.avi")
    (('videos', 'take.01.mp4'), ('a', 'b.avi'))
    """
    path = PurePosixPath(normalize("NFC", name).replace("\\", "/"))
    return tuple(part for part in path.parts if part not in ("/", "."))


def bare_name(name: str) -> str:
    """Return a file's name without the suffixes of videos, of which it may have several.

    A dot is no suffix: "take.01" is a name.

    >>> bare_name("x.mov.mp4"), bare_name("take.01"), bare_name("CLIP.MP4")
    ('x', 'take.01', 'CLIP')
    """
    suffix = video_suffix(name)
    if suffix and not suffix[1:].isdigit():  # a take may be number 264
        return bare_name(name[: -len(suffix)])
    return name


def video_key(name: str) -> str:
    """Return what names of one video have in common where its file is not known.

    >>> video_key("./a/x.m4v") == video_key("a/x.mov.mp4")
    True
    """
    *folders, last = plain_parts(name) or ("",)
    return "/".join([*folders, bare_name(last)])
