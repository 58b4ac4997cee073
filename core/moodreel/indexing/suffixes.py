"""Which names are those of videos: one list of suffixes, the same on every machine.

The system's own table of types is never asked: it differs from machine to machine, and it gives
`.ts` to translations and `.mod` to music.
"""

from pathlib import PurePath

CLEAR = frozenset(
    {".mp4", ".m4v", ".mp4v", ".mpeg4", ".mov", ".qt", ".mj2", ".f4v", ".lrv", ".insv"}  # MP4
    | {".3gp", ".3g2", ".3gpp", ".3gp2"}  # phones
    | {".avi", ".divx", ".xvid", ".amv", ".dv"}
    | {".mkv", ".mk3d", ".webm", ".ogv", ".ogm", ".nut"}
    | {".wmv", ".wm", ".dvr-ms", ".wtv"}  # Windows
    | {".flv", ".rmvb", ".rv", ".nsv"}  # streaming
    | {".m2t", ".m2ts", ".tod", ".m2p", ".evo", ".mp2v", ".m1v", ".m2v", ".mpv"}  # MPEG
    | {".mxf", ".gxf", ".y4m", ".ivf", ".obu", ".mjpg", ".mjpeg"}  # studios
    | {".h264", ".264", ".avc", ".h265", ".265", ".hevc"}  # streams without a container
    | {".bik", ".smk", ".roq", ".fli", ".flc", ".gifv", ".apng"}  # animations
)
"""Suffixes of videos alone: such a file is read, and named where it cannot be."""

UNLESS_TEXT = frozenset(
    {".ts", ".mts", ".tp", ".trp", ".mpg", ".mpeg", ".mpe", ".vob"}
    | {".asf", ".rec", ".movie", ".viv", ".dif"}
)
"""Suffixes of videos and of text: TypeScript and Qt's translations (.ts), configurations (.asf)."""

IF_RECOGNISED = frozenset(
    {".mod", ".dat", ".rm", ".ogg", ".ogx", ".gif", ".webp", ".360", ".lrf", ".vdr", ".ps", ".vid"}
)
"""Suffixes of much else, such as music (.mod), pictures (.gif) and data of programs (.dat)."""

SUFFIXES = CLEAR | UNLESS_TEXT | IF_RECOGNISED


def video_suffix(name: str) -> str:
    """Return the suffix of a name in lower case where it is one of a video's, else "".

    >>> video_suffix("Trip.MOV"), video_suffix("notes.txt")
    ('.mov', '')
    """
    suffix = PurePath(name).suffix.lower()
    return suffix if suffix in SUFFIXES else ""
