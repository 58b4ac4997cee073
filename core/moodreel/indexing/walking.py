"""The walk through folders: every entry is taken, passed over, or failed, with the reason."""

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from moodreel.catalog.catalog import FILE
from moodreel.indexing.selection import Selection, is_hidden
from moodreel.indexing.sniffing import passed_over_reason, refusal
from moodreel.indexing.suffixes import video_suffix

Verdict = Literal["taken", "passed over", "failed"]

NO_VIDEO_SUFFIX = "has no suffix of a video"
LINKED_FOLDER = "is a linked folder; index its target, or take it with --include"
ENTERED = "is a link to a folder that is walked through already"
# Folders of systems, cameras' cards and network drives: bins, snapshots, thumbnails. In lower case.
SYSTEM_FOLDERS = frozenset(
    {
        "$extend",
        "$recycle.bin",
        "recycler",
        "recycled",
        "system volume information",
        "lost+found",
        "@eadir",
        "@recycle",
        "@recently-snapshot",
        "@tmp",
        "@quarantine",
        "#recycle",
        "#snapshot",
        ".trash",
        ".trashes",
        ".snapshot",
        ".snapshots",
        ".zfs",
        ".spotlight-v100",
        ".fseventsd",
        ".@__thumb",
        "network trash folder",
        "temporary items",
        "__macosx",
    }
)
SYSTEM_FOLDER_STARTS = (".trash-", "found.")
SPECIAL_FILES = (
    (stat.S_ISFIFO, "is a FIFO"),
    (stat.S_ISSOCK, "is a socket"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISCHR, "is a device"),
)


@dataclass(frozen=True)
class Entry:
    """An entry of a folder, or a path that the user named, and what becomes of it."""

    path: str
    verdict: Verdict
    reason: str = ""
    named: bool = False


@dataclass
class Walk:
    """Walks through folders, each once, by whatever links they are reached.

    Args:
        selection: which entries the user takes or passes over.
        known: the size and time of the videos of the index, by location: what has not changed
            since is taken unread.
    """

    selection: Selection = field(default_factory=Selection)
    known: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    entered: set[str] = field(default_factory=set)

    def entries(self, root: str) -> Iterator[Entry]:
        """Yield the entries of a folder and of those below it, in alphabetical order.

        A folder that is walked through is no entry itself; one that is passed over is one.
        """
        folders = [""]
        while folders:
            inside = folders.pop()
            found = self.enter(root, inside)
            if isinstance(found, Entry):
                yield found
                continue
            below = []
            for entry in found:
                verdict = self.judge(entry, join_inside(inside, entry.name))
                if verdict is None:
                    below.append(join_inside(inside, entry.name))
                else:
                    yield verdict
            folders.extend(reversed(below))

    def enter(self, root: str, inside: str) -> list[os.DirEntry[str]] | Entry:
        """Return what a folder holds, nothing if it has been entered, or why it cannot be."""
        path = os.path.join(root, inside) if inside else root
        try:
            place = os.path.realpath(path, strict=True)
            if place in self.entered:
                linked = os.path.islink(path)
                return Entry(path, "passed over", ENTERED) if linked else []
            self.entered.add(place)
            with os.scandir(path) as listed:
                return sorted(listed, key=lambda entry: entry.name)
        except OSError as error:
            return Entry(path, "failed", f"cannot be listed: {error.strerror}")

    def judge(self, entry: os.DirEntry[str], inside: str) -> Entry | None:
        """Return what becomes of an entry; None for a folder that is to be walked through."""
        try:
            if entry.is_dir():
                reason = self.folder_reason(entry, inside)
            elif self.is_other(entry, inside):
                reason = NO_VIDEO_SUFFIX
            else:
                return judge_file(entry.path, self.file_reason(entry, inside))
        except OSError as error:
            if self.is_other(entry, inside):
                return Entry(entry.path, "passed over", NO_VIDEO_SUFFIX)
            return Entry(entry.path, "failed", f"cannot be read: {error.strerror}")
        return Entry(entry.path, "passed over", reason) if reason else None

    def is_other(self, entry: os.DirEntry[str], inside: str) -> bool:
        """Whether a file does not look like a video by its name; links to nowhere are files."""
        if video_suffix(entry.name) or self.selection.includes(inside):
            return False
        return entry.is_symlink() or entry.is_file(follow_symlinks=False)

    def folder_reason(self, entry: os.DirEntry[str], inside: str) -> str:
        """Return why a folder is passed over, "" where it is walked through."""
        if self.selection.excludes(inside):
            return "is excluded"
        if self.selection.includes(inside):
            return ""
        name = entry.name.lower()
        if name in SYSTEM_FOLDERS or name.startswith(SYSTEM_FOLDER_STARTS):
            return "is a bin or a folder of the system"
        if entry.is_symlink():
            return LINKED_FOLDER
        if is_hidden(name):
            return "is a hidden folder"
        return "is an index" if os.path.isfile(os.path.join(entry.path, FILE)) else ""

    def file_reason(self, entry: os.DirEntry[str], inside: str) -> str:
        """Return why a file is passed over, "" where it is taken."""
        if self.selection.excludes(inside):
            return "is excluded"
        included = self.selection.includes(inside)
        if is_hidden(entry.name) and not included:
            return "is hidden"
        if (reason := special_reason(entry.path)) or included or self.is_known(entry):
            return reason
        return passed_over_reason(entry.path)

    def is_known(self, entry: os.DirEntry[str]) -> bool:
        """Whether a file is in the index as it is."""
        facts = entry.stat()
        known = self.known.get(os.path.realpath(entry.path)) if self.known else None
        return known == (facts.st_size, facts.st_mtime_ns)


def judge_file(path: str, reason: str = "") -> Entry:
    """Return what becomes of a file that is passed over for a reason, or read if there is none."""
    if reason:
        return Entry(path, "passed over", reason)
    problem = refusal(path)
    return Entry(path, "failed", problem) if problem else Entry(path, "taken")


def special_reason(path: str) -> str:
    """Return what a path is that is no file: a FIFO, a socket or a device; "" for a file.

    Raises:
        OSError: nothing is there, or it may not be seen.
    """
    mode = os.stat(path).st_mode
    return next((reason for is_kind, reason in SPECIAL_FILES if is_kind(mode)), "")


def judge_named(path: str) -> Entry:
    """Return what becomes of a file that the user named: it is taken whatever its suffix."""
    try:
        return replace(judge_file(path, special_reason(path)), named=True)
    except OSError as error:
        return Entry(path, "failed", f"cannot be read: {error.strerror}")


def join_inside(folder: str, name: str) -> str:
    """Return the path of an entry below the root, with slashes."""
    return f"{folder}/{name}" if folder else name
