"""What an indexing run has to do: files compared with the videos of the index."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

from moodreel.catalog.records import VideoRecord
from moodreel.indexing.contents import Contents, Digest
from moodreel.indexing.scanning import VideoFile, lies_under, real_paths, stat_video
from moodreel.indexing.selection import is_hidden


@dataclass
class Plan:
    """What an indexing run has to do.

    Args:
        todo: each file to read with the record of its older version, if there is one.
        same: videos whose files have not changed.
        touched: those whose files have another time, but hold the same; with that time.
        moved: videos whose files lie elsewhere now; with that place.
        origins: the path of each moved video before, by its path now.
        elsewhere: videos whose files are there, but not among those that were found.
        overwritten: videos in whose place another one lies now.
        second_names: files that are in the index by another name, each with that path.
        gone: videos of the paths whose files are gone.
        away: those of the gone that may lie on a drive that is away, each with what speaks for it.
    """

    todo: list[tuple[VideoFile, VideoRecord | None]] = field(default_factory=list)
    same: list[VideoRecord] = field(default_factory=list)
    touched: list[VideoRecord] = field(default_factory=list)
    moved: list[VideoRecord] = field(default_factory=list)
    origins: dict[str, str] = field(default_factory=dict)
    elsewhere: list[VideoRecord] = field(default_factory=list)
    overwritten: list[VideoRecord] = field(default_factory=list)
    second_names: list[tuple[VideoFile, str]] = field(default_factory=list)
    gone: list[VideoRecord] = field(default_factory=list)
    away: list[tuple[VideoRecord, str]] = field(default_factory=list)

    @property
    def present(self) -> list[VideoRecord]:
        """The videos whose files are there."""
        return [*self.same, *self.touched, *self.moved, *self.elsewhere]


def plan_run(
    files: Sequence[VideoFile], records: Sequence[VideoRecord], paths: Sequence[str | Path]
) -> Plan:
    """Compare files with the records: what is new, changed, moved, or gone from `paths`."""
    plan, found = Plan(), {file.location for file in files}
    known = {record.location: record for record in records}
    changed = [file for file in files if not is_same(file, known.get(file.location))]
    plan.same = [known[file.location] for file in files if is_same(file, known.get(file.location))]
    firsts = sort_out_names(plan, files, changed, records)
    unfound = [record for record in records if record.location not in found]
    lost = [record for record in unfound if not os.path.exists(record.location)]
    plan.elsewhere = [record for record in unfound if os.path.isfile(record.location)]
    left = Matching(plan, known, lost).match(firsts)
    roots = real_paths(paths)
    plan.gone = [record for record in left if lies_under(record.location, roots)]
    absent = [(record, absence(record.location, roots)) for record in plan.gone]
    plan.away = [(record, reason) for record, reason in absent if reason]
    return plan


def is_same(file: VideoFile, record: VideoRecord | None) -> bool:
    """Whether a file has the size and the time of its record: then nothing of it is read."""
    return record is not None and (file.size, file.modified) == (record.size, record.modified)


def sort_out_names(
    plan: Plan,
    files: Sequence[VideoFile],
    changed: Sequence[VideoFile],
    records: Sequence[VideoRecord],
) -> list[VideoFile]:
    """Return the changed files that are no second names; those are put into the plan.

    A name that the index knows is a file's first, then the one that is met first.
    """
    known = {record.location for record in records}
    first = {file.inode: file.path for file in reversed(files) if file.location in known}
    sizes = {file.size for file in changed if file.links > 1 and file.location not in known}
    first = inodes_elsewhere(files, [r for r in records if r.size in sizes]) | first
    left = []
    for file in changed:
        is_second = file.links > 1 and any(file.inode) and not file.named
        is_second = is_second and file.location not in known
        if is_second and first.setdefault(file.inode, file.path) != file.path:
            plan.second_names.append((file, first[file.inode]))
        else:
            left.append(file)
    return left


def inodes_elsewhere(
    files: Sequence[VideoFile], records: Iterable[VideoRecord]
) -> dict[tuple[int, int], str]:
    """Return the paths of videos that are not among the files, by the numbers of their files."""
    found, inodes = {file.location for file in files}, {}
    for record in records:
        if record.location not in found:
            with suppress(OSError):
                inodes[stat_video(record.path, record.location).inode] = record.path
    return inodes


@dataclass
class Matching:
    """Finds the videos of the index that changed files hold: touched, moved or renamed ones.

    Args:
        plan: takes what is found.
        known: the records by location.
        lost: the records whose files are gone.
    """

    plan: Plan
    known: Mapping[str, VideoRecord]
    lost: Sequence[VideoRecord]
    contents: Contents = field(default_factory=Contents)
    spare: dict[int, dict[str, list[VideoRecord]]] = field(default_factory=dict)

    def match(self, changed: Sequence[VideoFile]) -> list[VideoRecord]:
        """Place every changed file, and return the records whose files are nowhere.

        A file that was changed in its place goes first, so that a copy does not take its record.
        """
        displaced = [self.known[file.location] for file in changed if file.location in self.known]
        for record in (*self.lost, *displaced):
            by_ends = self.spare.setdefault(record.size, defaultdict(list))
            by_ends[Digest.parse(record.digest).ends].append(record)
        rest = [file for file in changed if not (file.location in self.known and self.stays(file))]
        new = {file for file in rest if not self.assign(file, self.alike(file))}
        left = [record for by_ends in self.spare.values() for record in chain(*by_ends.values())]
        spare = {record.id for record in left}
        for file in changed:
            older = self.known.get(file.location)
            own = older if older and older.id in spare else None
            if file in new:
                self.plan.todo.append((file, own))
            elif own:
                self.plan.overwritten.append(own)
        return [record for record in self.lost if record.id in spare]

    def stays(self, file: VideoFile) -> bool:
        """Whether a changed file is settled by its own record, or by one of the same time."""
        alike = self.alike(file)
        near = [record for record in alike if record.modified == file.modified]
        own = [record for record in alike if record.location == file.location]
        return self.assign(file, [*near, *own])

    def alike(self, file: VideoFile) -> list[VideoRecord]:
        """Return the records of a file's size that have its ends, or whose ends are not known."""
        by_ends = self.spare.get(file.size)
        if not by_ends:
            return []
        try:
            ends = self.contents.ends_of(file.location)
        except OSError:
            return []
        return [*by_ends.get(ends, ()), *by_ends.get("", ())]

    def assign(self, file: VideoFile, candidates: Sequence[VideoRecord]) -> bool:
        """Give a file the first of some records that was made of the same; the likeliest first."""
        name = os.path.basename(file.location)
        for record in sorted(
            candidates,
            key=lambda r: (r.modified != file.modified, os.path.basename(r.location) != name),
        ):
            if self.is_held(file, record):
                self.spare[file.size][Digest.parse(record.digest).ends].remove(record)
                self.note(file, record)
                return True
        return False

    def is_held(self, file: VideoFile, record: VideoRecord) -> bool:
        """Whether a file holds what a record was made of; one that cannot be read does not."""
        try:
            return self.contents.holds(file, record)
        except OSError:
            return False

    def note(self, file: VideoFile, record: VideoRecord) -> None:
        """Put a video into the plan, with its file's place, size and time."""
        now = replace(record, size=file.size, modified=file.modified)
        if record.location == file.location:
            self.plan.touched.append(now)
            return
        self.plan.moved.append(replace(now, path=file.path, location=file.location))
        self.plan.origins[file.path] = record.path


def absence(location: str, roots: Sequence[str]) -> str:
    """Return why a file that is gone may lie on a drive that is away, "" where it is lost.

    An unmounted drive leaves an empty folder, one that cannot be listed, or none where the path to
    index was. A folder that holds something else has lost its file.
    """
    folder = os.path.dirname(location)
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    if not lies_under(folder, roots):
        return f"{next(root for root in roots if lies_under(location, [root]))} is not there"
    try:
        os.stat(location)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        return f"{folder} cannot be reached ({error.strerror})"
    try:
        return f"{folder} is empty" if all(map(is_hidden, os.listdir(folder))) else ""
    except OSError as error:
        return f"{folder} cannot be listed ({error.strerror})"
