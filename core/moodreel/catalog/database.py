"""The SQLite database of a catalog: its tables, the facts it keeps, and its errors in words."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateIndex, CreateTable

from moodreel.catalog import schema
from moodreel.errors import CatalogError
from moodreel.paths import shown_path

# SQLite takes 32,766 parameters a statement unless it was compiled otherwise; 5,000 stay well
# below it. A judgement, not measured.
IDS_A_QUERY = 5000
NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
"""Milliseconds since 1970, in SQL."""


def make_tables(connection: Connection) -> None:
    """Make the tables that are not there. Each statement is safe beside another process's."""
    for table in schema.metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))


def get_fact(connection: Connection, key: str) -> str | None:
    """Return one fact."""
    return connection.execute(
        select(schema.facts.c.value).where(schema.facts.c.key == key)
    ).scalar_one_or_none()


def put_fact(connection: Connection, key: str, value: str, replace: bool = True) -> None:
    """Store one fact; without `replace` an older value stays."""
    command = upsert(schema.facts).values(key=key, value=value)
    if replace:
        command = command.on_conflict_do_update(index_elements=["key"], set_={"value": value})
    else:
        command = command.on_conflict_do_nothing()
    connection.execute(command)


def raise_revision(connection: Connection) -> tuple[str, str]:
    """Note a change; return the revisions before and after. It takes the write lock.

    Revisions are milliseconds since 1970, or the next number where that has passed: so no revision
    comes twice, not even after a lost catalog was made again or an older copy was restored, and
    what was kept of the other is never taken for this one's.
    """
    put_fact(connection, "revision", "0", replace=False)  # the write lock, before anything is read
    before = get_fact(connection, "revision") or ""
    raised = f"CAST(max(CAST(value AS INTEGER) + 1, {NOW}) AS TEXT)"
    connection.execute(text(f"UPDATE facts SET value = {raised} WHERE key = 'revision'"))
    return before, get_fact(connection, "revision") or ""


def chunks(ids: Iterable[int]) -> Iterator[list[int]]:
    """Cut ids into lists that fit into one query."""
    ids = list(ids)
    return (ids[i : i + IDS_A_QUERY] for i in range(0, len(ids), IDS_A_QUERY))


@contextmanager
def readable_errors(file: Path) -> Iterator[None]:
    """Turn the database's and the disk's errors into one line each."""
    try:
        yield
    except DBAPIError as error:
        told = explain_database(str(error.orig))
        raise CatalogError(f"{shown_path(str(file))}: {told}") from error
    except OSError as error:
        raise CatalogError(f"{shown_path(str(file.parent))}: {error.strerror or error}") from error


def explain_database(message: str) -> str:
    """Return what a message of SQLite means to a user and what to do."""
    known = {
        "disk is full": "the disk is full; free some space and run the command again",
        "disk I/O error": "the disk could not be written or read; check its space and health",
        "no such table": "not an index, or made by an older moodreel; index again elsewhere",
        "not a database": "not an index of moodreel, or damaged; restore it, or index elsewhere",
        "malformed": "damaged; restore a copy, or delete the folder and index again",
        "locked": "another process is writing to it; try again when it is done",
        "readonly": "may not be written; check the permissions of the folder",
        "unable to open": "cannot be opened; check that the folder exists and may be written",
    }
    meaning = next((text for part, text in known.items() if part in message), "")
    return f"{meaning} ({message})" if meaning else message
