"""Finding video files, and what has changed since they were indexed."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from mimetypes import guess_type
from pathlib import Path

from moodreel.catalog.records import VideoRecord
from moodreel.errors import InvalidInput
from moodreel.storage.digests import file_digest

MORE_SUFFIXES = {".gif", ".m2ts", ".mts", ".mxf", ".ogv", ".vob", ".divx", ".f4v", ".mkv", ".webm"}


@dataclass(frozen=True)
class VideoFile:
    """A file as found: `path` as given, `location` absolute, `size` in bytes, `modified` in ns.

    `digest` identifies the contents; it is read only where size and time do not settle it.
    """

    path: str
    location: str
    size: int
    modified: int
    digest: str = ""


@dataclass
class Plan:
    """What an indexing run has to do.

    `todo` pairs each file with the record of its older version, if there is one.
    """

    todo: list[tuple[VideoFile, VideoRecord | None]] = field(default_factory=list)
    same: list[VideoRecord] = field(default_factory=list)
    moved: list[VideoRecord] = field(default_factory=list)
    gone: list[VideoRecord] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)


def find_videos(paths: Iterable[str | Path]) -> Iterator[VideoFile]:
    """Yield the video files under `paths`, each once, folders in alphabetical order.

    In a folder, files are taken by their suffix; a file that is named itself is always taken.

    Raises:
        InvalidInput: a path does not exist.
    """
    seen: set[str] = set()
    for path in paths:
        if not os.path.lexists(path):
            raise InvalidInput(f"{path}: no such file or folder")
        for found in walk_videos(path) if os.path.isdir(path) else [str(path)]:
            location = os.path.realpath(found)
            if location not in seen:
                seen.add(location)
                yield stat_video(found, location)


def walk_videos(folder: str | Path) -> Iterator[str]:
    """Yield the paths of video files in a folder and those below it."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and is_video_name(name):
                yield os.path.join(place, name)


def is_video_name(name: str) -> bool:
    """Whether a file's suffix is one of a video's."""
    kind, _ = guess_type(name)
    return (kind or "").startswith("video/") or Path(name).suffix.lower() in MORE_SUFFIXES


def stat_video(path: str, location: str) -> VideoFile:
    """Return a file with its size and time; one that cannot be read has size -1."""
    try:
        facts = os.stat(location)
    except OSError:
        return VideoFile(path, location, -1, 0)
    return VideoFile(path, location, facts.st_size, facts.st_mtime_ns)


def plan_run(
    files: Iterable[VideoFile], records: Sequence[VideoRecord], paths: Sequence[str | Path]
) -> Plan:
    """Compare files with the records: what is new, changed, moved, or gone from `paths`."""
    plan = Plan()
    known = {record.location: record for record in records}
    gone = [record for record in records if not os.path.exists(record.location)]
    for file in files:
        record = known.get(file.location)
        if record and (file.size, file.modified) == (record.size, record.modified):
            plan.same.append(record)
        else:
            compare_contents(plan, file, record, gone)
    plan.gone = videos_under(gone, paths)
    return plan


def compare_contents(
    plan: Plan, file: VideoFile, record: VideoRecord | None, gone: list[VideoRecord]
) -> None:
    """Place a file whose size or time is not the record's, by what is in it.

    A new file with the contents of one that is gone is that one, moved: it leaves `gone`.
    """
    try:
        file = replace(file, digest=content_digest(file.location))
    except OSError as error:
        plan.failed.append((file.path, f"cannot be read: {error.strerror}"))
        return
    candidates = [record] if record else gone
    twin = next((other for other in candidates if other.digest == file.digest), None)
    if twin is None:
        plan.todo.append((file, record))
        return
    plan.moved.append(relocate(twin, file))
    if twin in gone:
        gone.remove(twin)


def relocate(record: VideoRecord, file: VideoFile) -> VideoRecord:
    """Return the record with the file's place, size and time."""
    path = record.path if record.location == file.location else file.path
    return replace(
        record, path=path, location=file.location, size=file.size, modified=file.modified
    )


def content_digest(location: str) -> str:
    """Return the digest of a video file's contents, 32 hexadecimal digits."""
    return file_digest(location, size=16)


def videos_under(records: Iterable[VideoRecord], paths: Sequence[str | Path]) -> list[VideoRecord]:
    """Return the videos that are one of the paths or lie below one."""
    roots = [os.path.realpath(path) for path in paths]
    return [record for record in records if lies_under(record.location, roots)]


def lies_under(location: str, roots: Iterable[str]) -> bool:
    """Whether a location is one of the roots or below one."""
    return any(location == root or location.startswith(os.path.join(root, "")) for root in roots)
