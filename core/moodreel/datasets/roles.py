"""The roles of a text about a video, as in CLIP-ViP's pre-training (Xue et al. 2023)."""

from collections.abc import Mapping
from typing import Any

from moodreel.errors import InvalidInput, closest

CAPTION, SUBTITLE, AUXILIARY = "", "subtitle", "auxiliary"
"""A text that somebody wrote of the video, what is said in it, and what a captioner says of its
middle frame, which no query is made of."""

_SPELLED: Mapping[str, str] = {
    "": CAPTION,
    "caption": CAPTION,
    "subtitle": SUBTITLE,
    "subtitles": SUBTITLE,
    "speech": SUBTITLE,
    "transcript": SUBTITLE,
    "auxiliary": AUXILIARY,
    "auxiliary caption": AUXILIARY,
}


def row_role(row: Mapping[str, Any], where: str) -> str:
    """Return the role of a row's texts.

    >>> row_role({"role": "Speech"}, "row 1")
    'subtitle'

    Raises:
        InvalidInput: it names a role that there is not.
    """
    said = str(row.get("role") or "").strip().lower()
    if said not in _SPELLED:
        known = [name for name in _SPELLED if name]
        raise InvalidInput(f"{where}: unknown role {said!r}.{closest(said, known)}")
    return _SPELLED[said]
