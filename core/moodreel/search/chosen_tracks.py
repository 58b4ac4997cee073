"""What a query's text is looked for in: the picture, and tracks of text."""

from collections.abc import Sequence
from dataclasses import dataclass

from moodreel.errors import InvalidInput, closest

VIDEO, CAPTIONS, SUBTITLES, SPEECH, SCREEN, NAMES = (
    "video", "captions", "subtitles", "speech", "screen", "names",
)  # fmt: skip
ALL = "all"
CHOICES = (VIDEO, CAPTIONS, SPEECH, SCREEN, NAMES, ALL)
"""What a user may choose."""
EVERYWHERE = (VIDEO, SUBTITLES, SPEECH, SCREEN, NAMES)
"""What `all` stands for. Captions that a captioner made say what the picture says once more, so of
captions only those count that lay beside a video: its subtitles."""
WITH_VECTORS = (CAPTIONS, SPEECH, SCREEN)
"""Tracks that can be searched by themselves as the picture is, by meaning and by mood."""


@dataclass(frozen=True)
class Chosen:
    """What was chosen.

    Args:
        base: whose vectors are ranked: the picture's, or those of the only track.
        tracks: the tracks of text that count.
        alone: whether only what a track says something of is found, whatever the picture shows.
    """

    base: str
    tracks: tuple[str, ...]
    alone: bool = False


def read_chosen(inside: str | Sequence[str]) -> Chosen:
    """Read what a user chose: one or several of `CHOICES`.

    Raises:
        InvalidInput: nothing, or something else.

    >>> read_chosen("video")
    Chosen(base='video', tracks=(), alone=False)
    >>> read_chosen(["speech", "names"])
    Chosen(base='video', tracks=('speech', 'names'), alone=True)
    """
    named = [inside] if isinstance(inside, str) else list(inside)
    for name in named:
        if name not in CHOICES:
            raise InvalidInput(f"nothing is called {name!r} to look into.{closest(name, CHOICES)}")
    if not named:
        raise InvalidInput(f"nothing to look into: choose of {', '.join(CHOICES)}")
    parts = [part for name in named for part in (EVERYWHERE if name == ALL else (name,))]
    tracks = tuple(dict.fromkeys(part for part in parts if part != VIDEO))
    if VIDEO in parts:
        return Chosen(VIDEO, tracks)
    if len(tracks) == 1 and tracks[0] in WITH_VECTORS:
        return Chosen(tracks[0], tracks)
    return Chosen(VIDEO, tracks, alone=True)
