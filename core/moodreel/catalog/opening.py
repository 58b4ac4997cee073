"""Opening the database of an index, also where it may only be read.

SQLite's write-ahead log lets readers read while one writer writes, and needs to make two files
beside the database. Where it cannot, as on a read-only disk or in another user's folder, the
database is read by itself. That is right as long as the log is empty, as it is when nobody writes.
"""

import sqlite3
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote
from weakref import finalize

from sqlalchemy import Engine, QueuePool, create_engine, event
from sqlalchemy.exc import DisconnectionError

from moodreel.catalog.schema import path_bytes
from moodreel.errors import CatalogError, MissingIndex
from moodreel.paths import shown_path

PATIENCE = 60  # seconds that a busy database is waited for: a judgement, not measured
PRAGMAS = ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")
"""Readers read while one writer writes, and foreign keys act."""
MADE_FROM_IT = (
    *("catalog.sqlite-wal", "catalog.sqlite-shm"),
    *("confidence", "frames", "vectors", "words"),
)
"""What lies beside the database and is of no use without it."""
REFUSED = ("readonly", "unable to open")
"""What SQLite says where it cannot write beside the database."""


def open_database(file: Path) -> Engine:
    """Return a connection pool over a database, which is made where there is none."""
    opener = Opener(file)
    engine = create_engine("sqlite://", creator=opener.connect, poolclass=QueuePool)
    event.listen(engine, "checkout", opener.renew)
    return engine


class ReadingConnection(sqlite3.Connection):
    """A connection that only reads; `state` is that of the files when it was made."""

    state: tuple[int, ...] = ()


class Opener:
    """Makes connections to one database: to write with where that is allowed, or else to read.

    One that only reads is made anew when the files have changed: a writer may have come or gone.

    Args:
        file: the database.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.copies: dict[tuple[int, ...], Path] = {}

    def renew(self, connection: Any, *_: Any) -> None:
        """Refuse a pooled connection that reads files as they are no more; another is made."""
        if isinstance(connection, ReadingConnection) and connection.state != self.state:
            raise DisconnectionError

    @property
    def state(self) -> tuple[int, ...]:
        """The sizes and times of the database and its log, as far as they are there."""
        facts = [file.stat() for file in (self.file, self.log) if file.exists()]
        return tuple(number for fact in facts for number in (fact.st_size, fact.st_mtime_ns))

    @property
    def log(self) -> Path:
        """The write-ahead log."""
        return self.file.with_name(f"{self.file.name}-wal")

    def connect(self) -> sqlite3.Connection:
        """Return a connection."""
        try:
            return self.connect_writing()
        except sqlite3.OperationalError as error:
            if not self.file.exists() or not any(part in str(error) for part in REFUSED):
                raise
            return self.connect_reading()

    def connect_writing(self) -> sqlite3.Connection:
        """Return a connection that may write."""
        connection = sqlite3.connect(self.file, PATIENCE, check_same_thread=False)
        connection.text_factory = readable_text
        try:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
            connection.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def connect_reading(self) -> sqlite3.Connection:
        """Return a connection that only reads, and makes no file in the folder.

        With something in the log, the log is read as well: by its own index where the writer left
        that, or else in a copy of both.
        """
        state = self.state
        if not self.log.exists() or not self.log.stat().st_size:
            connection = connect(self.file, "mode=ro&immutable=1")
        else:
            connection = connect(self.file, "mode=ro")
            try:
                connection.execute("SELECT count(*) FROM sqlite_master")
            except sqlite3.OperationalError:
                connection.close()
                connection = connect(self.copied(state), "mode=rw")
                connection.execute("PRAGMA query_only=ON")
        connection.state = state
        return connection

    def copied(self, state: tuple[int, ...]) -> Path:
        """Return a copy of the database and its log in a state, gone with this process."""
        if state not in self.copies:
            folder = TemporaryDirectory(prefix="moodreel-")
            finalize(self, folder.cleanup)
            target = Path(folder.name) / self.file.name
            copyfile(self.log, target.with_name(self.log.name))
            copyfile(self.file, target)
            self.copies[state] = target
        return self.copies[state]


def connect(file: Path, options: str) -> ReadingConnection:
    """Return a connection that reads, which several threads may use one after the other."""
    address = f"file:{quote(path_bytes(str(file.absolute())))}?{options}"
    connection = sqlite3.connect(
        address, PATIENCE, uri=True, check_same_thread=False, factory=ReadingConnection
    )
    connection.text_factory = readable_text
    return connection


def readable_text(held: bytes) -> str:
    """Return a stored text; what is damaged in one shall not end a query over all."""
    return held.decode("utf-8", "replace")


def check_opens(file: Path) -> None:
    """Refuse to open a database that is not there, or has lost what was in it.

    Raises:
        MissingIndex: it is not there, or empty; the message says what is lost.
        CatalogError: it may not be read.
    """
    check_there(file)
    log = file.with_name(f"{file.name}-wal")
    if not file.stat().st_size and not (log.exists() and log.stat().st_size):
        raise MissingIndex(
            f"{shown_path(str(file))} is empty: the record of the videos is lost; restore a copy "
            "of it, or delete the folder and index the videos again"
        )


def check_there(file: Path) -> None:
    """Refuse to read a database that is not there (any more).

    Raises:
        MissingIndex: it is not there; the message says what is lost.
        CatalogError: it may not be read.
    """
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise MissingIndex(tell_missing(file)) from None
    except OSError as error:
        raise CatalogError(
            f"{shown_path(str(file.parent))}: the index cannot be read: {error.strerror}"
        ) from None


def tell_missing(file: Path) -> str:
    """Say why there is no index, what of it is lost, and what to do."""
    folder = shown_path(str(file.parent))
    make = f"moodreel index VIDEOS --index {folder}"
    if file.parent.is_symlink() and not file.parent.exists():
        place = shown_path(str(file.parent.readlink()))
        return (
            f"{folder} holds no index: it is a link to {place}, which is not there; if that is on "
            f"a drive, connect it, or make an index elsewhere: {make}"
        )
    if not file.parent.exists():
        return (
            f"{folder} holds no index, for there is no such folder; if it is on a drive, connect "
            f"that; or make one: {make}"
        )
    left = [name for name in MADE_FROM_IT if file.with_name(name).exists()]
    if left:
        return (
            f"{folder} holds no index any more: {file.name}, the record of the videos, is lost, "
            f"and what is left ({', '.join(left)}) was made from it; restore a copy of "
            f"{file.name}, or index the videos again: {make}"
        )
    return f"{folder} holds no index; make one: {make}"
