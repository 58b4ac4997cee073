"""Marks: which components' rows have been looked at, at which revision, and what was damaged.

What is written is checked before, so a mark goes along with every change that is made here. An
older moodreel raises the revision and knows no marks: then all is looked at again.
"""

from collections.abc import Collection

from sqlalchemy import Connection, select, text

from moodreel.catalog import schema
from moodreel.catalog.database import get_fact, put_fact

PREFIX = "checked:"
CARRY = (
    "UPDATE facts SET value = :after || substr(value, length(:before) + 1) "
    f"WHERE key GLOB '{PREFIX}*' AND (value = :before OR value GLOB :before || ' *')"
)


def get_mark(connection: Connection, name: str) -> frozenset[int] | None:
    """Return the ids of the videos that are damaged in some rows; None: not looked at."""
    mark = (get_fact(connection, PREFIX + name) or "").split()
    if not mark or mark[0] != get_fact(connection, "revision"):
        return None
    return frozenset(int(id) for id in mark[1:] if id.isdigit())


def put_mark(connection: Connection, name: str, revision: str, damaged: Collection[int]) -> None:
    """Note that some rows were looked at, at a revision, and which videos are damaged in them."""
    put_fact(connection, PREFIX + name, " ".join([revision, *map(str, sorted(damaged))]))


def carry_marks(connection: Connection, before: str, after: str) -> None:
    """Let the marks of one revision hold for the next, whose changes are checked ones."""
    connection.execute(text(CARRY), {"before": before, "after": after})


def mend_mark(connection: Connection, name: str, video: int) -> None:
    """Note that some rows of a video have been made again."""
    damaged = get_mark(connection, name)
    if damaged and video in damaged:
        put_mark(connection, name, get_fact(connection, "revision") or "", damaged - {video})


def copy_marks(connection: Connection, source: int, copy: int) -> None:
    """Note that a video is damaged as the other one is that it was copied from."""
    key = schema.facts.c.key
    for held in connection.execute(select(key).where(key.startswith(PREFIX))).scalars().all():
        name = held.removeprefix(PREFIX)
        damaged = get_mark(connection, name)
        if damaged and source in damaged:
            put_mark(connection, name, get_fact(connection, "revision") or "", damaged | {copy})
