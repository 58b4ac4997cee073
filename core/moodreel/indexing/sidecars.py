"""Finding the captions that lie beside videos."""

import os
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from moodreel.errors import InvalidInput
from moodreel.indexing.suffixes import video_suffix
from moodreel.subtitles.cues import SUFFIXES
from moodreel.subtitles.names import FORCED, CaptionTags, split_names

# The built-in text encoders read English best, so English captions are searched best.
PREFERRED = "en"
# Part of a file's version: a release that reads captions better counts it up, and every file is
# read anew by the next indexing run, without decoding a video.
READING = 2


@dataclass(frozen=True)
class Sidecar:
    """A caption file beside a video: its name, and what that says."""

    name: str
    tags: CaptionTags

    @property
    def suffix(self) -> str:
        """The suffix in lower case, which says the format."""
        return os.path.splitext(self.name)[1].lower()

    @property
    def precedence(self) -> tuple[bool, int, str, int, int, int, str]:
        """What the files of one video are sorted by; the first is taken.

        Subtitles before JSON, which may hold something else; English, then no language, then the
        others by code; full captions, then those for the hard of hearing, then automatic ones;
        formats as in `SUFFIXES`; the shorter name; the name.
        """
        language = (PREFERRED, "").index(self.tags.language) if self.plain_language else 2
        form = SUFFIXES.index(self.suffix)
        code = self.tags.language if language == 2 else ""
        order = (language, code, self.tags.kind, form, len(self.name), self.name)
        return (self.suffix == ".json", *order)

    @property
    def plain_language(self) -> bool:
        """Whether the captions are in the preferred language, or in one that is not named."""
        return self.tags.language in (PREFERRED, "")


class Sidecars:
    """Finds the captions beside videos. A folder is listed once.

    For `clip.mp4` these are `clip.srt` and the like, the same after the full name
    (`clip.mp4.srt`), and with a language or a kind (`clip.en.srt`, `clip.en.sdh.srt`). A file
    belongs to the video with the longest name that fits: `trip.en.srt` to `trip.en.mp4` where
    there is one. Upper and lower case count only in the video's own name, and accents may be
    written in one character or two.
    """

    def __init__(self) -> None:
        self._folders: dict[str, Mapping[str, list[Sidecar]]] = {}

    def find(self, video: str) -> Sidecar | None:
        """Return the captions beside a video, by its location; None where there are none."""
        folder, name = os.path.split(video)
        if folder not in self._folders:
            self._folders[folder] = list_sidecars(folder)
        known = self._folders[folder]
        found = [file for owner in owner_names(name) for file in known.get(owner, ())]
        return min(found, key=lambda file: file.precedence, default=None)


def list_sidecars(folder: str) -> Mapping[str, list[Sidecar]]:
    """Return the caption files in a folder, by the video's name that each belongs to.

    A folder that cannot be listed has none.
    """
    names = list_names(folder)
    owners = {owner for name in names if video_suffix(name) for owner in owner_names(name)}
    pictures = {os.path.splitext(name)[0] for name in names if name.lower().endswith(".idx")}
    found: dict[str, list[Sidecar]] = defaultdict(list)
    for name in names:
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in SUFFIXES and not (suffix.lower() == ".sub" and stem in pictures):
            add_sidecar(found, name, owners)
    return found


def add_sidecar(found: dict[str, list[Sidecar]], name: str, owners: Collection[str]) -> None:
    """Add a caption file under the name of its video, unless it holds forced subtitles only."""
    stem, suffix = os.path.splitext(composed(name))
    readings = list(split_names(stem))
    if suffix.lower() == ".json":
        readings = readings[:1]
    owned = [reading for reading in readings if reading[0] in owners]
    for owner, tags in owned[:1] or readings:
        if tags.kind != FORCED:
            found[owner].append(Sidecar(name, tags))


def owner_names(video: str) -> tuple[str, str]:
    """Return the names under which captions of a video may lie: without and with its suffix."""
    name = composed(video)
    return os.path.splitext(name)[0], name


def composed(name: str) -> str:
    """Return a name with each accent in one character with its letter (NFC)."""
    return unicodedata.normalize("NFC", name)


def list_names(folder: str) -> list[str]:
    """Return the names in a folder in order, none where it cannot be listed."""
    with suppress(OSError):
        return sorted(os.listdir(folder))
    return []


def sidecar_version(path: Path) -> str:
    """Return what changes whenever a file does: its name, size and time, and how it is read.

    Raises:
        InvalidInput: the file cannot be looked at.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None
    return f"{path.name}:{facts.st_size}:{facts.st_mtime_ns}:{READING}"
