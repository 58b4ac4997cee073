"""Finding the video files under some paths, with an account of everything that was met."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from moodreel.catalog.records import VideoRecord
from moodreel.errors import InvalidInput
from moodreel.indexing.selection import Selection
from moodreel.indexing.walking import Entry, Walk, judge_named
from moodreel.paths import shown_path

LAST_TIME = 2**63 - 1  # the largest number that the catalog keeps: the year 2262, in nanoseconds


@dataclass(frozen=True)
class VideoFile:
    """A file as found: `path` as given, `location` absolute, `size` in bytes, `modified` in ns.

    `inode` is the number of the device and that of the file, (0, 0) where there is none; `links`
    counts its names. `named` says that the user named the file itself.
    """

    path: str
    location: str
    size: int
    modified: int
    inode: tuple[int, int] = (0, 0)
    links: int = 1
    named: bool = False


@dataclass
class Scan:
    """What some paths hold. Each entry is in one list: `found` counts them.

    Args:
        found: how many files there are, and folders that were not walked through.
        taken: the video files.
        passed_over: paths that are not read, each with the reason.
        failed: paths that cannot be read, each with the reason.
    """

    found: int = 0
    taken: list[VideoFile] = field(default_factory=list)
    passed_over: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Scanner:
    """Sorts entries into a scan. One that is met twice, by two of the paths, counts once."""

    scan: Scan = field(default_factory=Scan)
    met: set[str] = field(default_factory=set)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, entry: Entry) -> None:
        """Sort one entry in."""
        place = real_place(entry.path)
        if place in self.met:
            return
        self.met.add(place)
        self.scan.found += 1
        if entry.verdict == "taken":
            self.take(entry)
        else:
            group = self.scan.failed if entry.verdict == "failed" else self.scan.passed_over
            group.append((entry.path, entry.reason))

    def take(self, entry: Entry) -> None:
        """Take a file. Of a file and links to it, the file itself is taken."""
        path, location = entry.path, os.path.realpath(entry.path)
        try:
            file = replace(stat_video(path, location), named=entry.named)
        except OSError as error:
            self.scan.failed.append((path, f"cannot be read: {error.strerror}"))
            return
        other = self.places.setdefault(location, len(self.scan.taken))
        if other == len(self.scan.taken):
            self.scan.taken.append(file)
            return
        first = self.scan.taken[other]
        if os.path.islink(first.path) and not os.path.islink(path):
            self.scan.taken[other], file, first = file, first, file
        self.scan.passed_over.append((file.path, f"is a link to {first.path}"))


def scan_paths(
    paths: Iterable[str | Path],
    selection: Selection | None = None,
    records: Iterable[VideoRecord] = (),
) -> Scan:
    """Return what lies at and under `paths`, folders in alphabetical order.

    In a folder, files are taken by their suffix, and by their contents where others share it; a
    file that is named itself is taken whatever its suffix.

    Args:
        selection: which entries of folders to take or to pass over.
        records: the videos of the index; the contents of those that have not changed are not read.

    Raises:
        InvalidInput: a path does not exist.
    """
    known = {record.location: (record.size, record.modified) for record in records}
    scanner, walk = Scanner(), Walk(selection or Selection(), known)
    for path in paths:
        check_path(path)
        named = [judge_named(str(path))] if not os.path.isdir(path) else walk.entries(str(path))
        for entry in named:
            scanner.add(entry)
    return scanner.scan


def check_path(path: str | Path) -> None:
    """Refuse a path where nothing is.

    Raises:
        InvalidInput: it does not exist.
    """
    if not os.path.lexists(path):
        raise InvalidInput(f"{shown_path(str(path))}: no such file or folder")


def walk_videos(folder: str | Path) -> Iterator[str]:
    """Yield the paths of video files in a folder and those below it, links to them as well."""
    return (entry.path for entry in Walk().entries(str(folder)) if entry.verdict == "taken")


def real_place(path: str) -> str:
    """Return where an entry lies, by the true path of its folder; a link stays a link."""
    folder, name = os.path.split(os.path.abspath(path))
    return os.path.join(os.path.realpath(folder), name)


def stat_video(path: str, location: str) -> VideoFile:
    """Return a file with its size, time and number.

    Raises:
        OSError: it cannot be read.
    """
    facts = os.stat(location)
    inode = (facts.st_dev, facts.st_ino) if facts.st_ino else (0, 0)
    modified = max(-LAST_TIME, min(facts.st_mtime_ns, LAST_TIME))
    return VideoFile(path, location, facts.st_size, modified, inode, facts.st_nlink)


def videos_under(records: Iterable[VideoRecord], paths: Sequence[str | Path]) -> list[VideoRecord]:
    """Return the videos that are one of the paths or lie below one."""
    roots = real_paths(paths)
    return [record for record in records if lies_under(record.location, roots)]


def lies_under(location: str, roots: Iterable[str]) -> bool:
    """Whether a location is one of the roots or below one."""
    return any(location == root or location.startswith(os.path.join(root, "")) for root in roots)


def real_paths(paths: Sequence[str | Path]) -> list[str]:
    """Return the absolute paths behind some paths, links followed."""
    return [os.path.realpath(path) for path in paths]
