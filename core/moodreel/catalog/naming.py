"""Which video a user means by a path.

A video is its location: two files can have been indexed by one relative path, from two working
directories, and what lies at a path now can be another file than was indexed by it.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from moodreel.catalog import schema
from moodreel.catalog.records import Filter, VideoRecord
from moodreel.errors import InvalidInput, NotIndexed
from moodreel.paths import resolved_path, same_path, shown_path


def videos_named(connection: Connection, written: str, exact: bool) -> list[VideoRecord]:
    """Return the videos that a path may mean, by the first of the ways that finds any.

    It may be where one lies, or the path that some were given by; or, unless it is to be `exact`,
    either of them composed otherwise (NFC, NFD) or copied from where it was shown.
    """
    v = schema.videos.c
    places = {written, resolved_path(written)}
    for fits in (v.location.in_(places), v.path == written):
        found = read_videos(connection, fits)
        if found:
            return found
    if exact:
        return []
    return [
        record
        for record in read_videos(connection)
        if same_path(record.path, written)
        or any(same_path(record.location, place) for place in places)
    ]


def read_videos(connection: Connection, *conditions: Any) -> list[VideoRecord]:
    """Return the videos that meet all conditions, in the order they were added."""
    query = select(schema.videos).where(*conditions).order_by(schema.videos.c.id)
    return [VideoRecord(**row._mapping) for row in connection.execute(query)]


def videos_passing(connection: Connection, filter: Filter) -> set[int]:
    """Return the ids of the videos that pass a filter.

    Paths are compared here and not by SQLite, which knows upper and lower case in ASCII alone. A
    path that several videos share is compared as it is shown: as where each of them lies.
    """
    v = schema.videos.c
    query = select(v.id, v.path, v.location)
    if filter.longer is not None:
        query = query.where(v.duration >= filter.longer)
    if filter.shorter is not None:
        query = query.where(v.duration <= filter.shorter)
    rows = connection.execute(query).all()
    shared = shared_paths(connection) if filter.path else set()
    names = {row.id: row.location if row.path in shared else row.path for row in rows}
    return {r.id for r in rows if not filter.path or filter.fits(names[r.id], r.location)}


def shared_paths(connection: Connection) -> set[str]:
    """Return the paths that more than one video was given by when indexed."""
    path = schema.videos.c.path
    found = connection.execute(select(path).group_by(path).having(func.count() > 1))
    return set(found.scalars())


def choose_video(folder: Path, written: str, found: Sequence[VideoRecord]) -> VideoRecord:
    """Return the one video that a path may mean.

    Args:
        folder: the folder of the index.
        written: the path as the user wrote it.
        found: the videos that it may mean.

    Raises:
        InvalidInput: there are several.
        NotIndexed: there is none, or another file lies at the path.
    """
    name, index = shown_path(written), shown_path(str(folder))
    if not found:
        raise NotIndexed(f"{name}: not in the index {index}")
    if len(found) > 1:
        places = ", ".join(shown_path(record.location) for record in found)
        raise InvalidInput(
            f"{name}: {len(found)} videos of the index have this path; name one of them by where "
            f"it lies: {places}"
        )
    if names_another(found[0], written):
        raise NotIndexed(
            f"{name}: not in the index {index}, which has another file by this path: "
            f"{shown_path(found[0].location)}; index this one, or name that one"
        )
    return found[0]


def names_another(record: VideoRecord, written: str) -> bool:
    """Whether a path leads to another file than the video that was indexed by it.

    A file in the place of one that is gone, and as long, is taken for it, moved.
    """
    place = resolved_path(written)
    if place == record.location or not os.path.isfile(place):
        return False
    return os.path.exists(record.location) or os.path.getsize(place) != record.size


def titles(records: Iterable[VideoRecord]) -> dict[str, str]:
    """Return what each video, by its location, is called: its path, or else where it lies.

    A path that several videos were indexed by names none of them.
    """
    listed = list(records)
    counts: dict[str, int] = {}
    for record in listed:
        counts[record.path] = counts.get(record.path, 0) + 1
    return {r.location: r.path if counts[r.path] == 1 else r.location for r in listed}
