"""Full-text search over what is captioned, said, shown in letters and named, by SQLite's FTS5.

The tables are derived from the catalog and kept in `words/KEY-REVISION.sqlite`; losing them costs
seconds, and an older index gets them when it is first searched. Words are found in all their
English forms (Porter's stemmer).
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import RLock

import numpy as np
from numpy.typing import NDArray

from moodreel.search.wording import has_phrase, plain_words, spaced
from moodreel.storage.atomic import atomic_path

TOKENIZER = "porter unicode61 remove_diacritics 2"
ROWS_A_QUERY = 5000


@dataclass(frozen=True, eq=False)
class FullText:
    """The tables of some tracks: a text for each segment, or for each video where it is a name.

    One connection serves several threads, one at a time.
    """

    connection: sqlite3.Connection
    tracks: Sequence[str]
    lock: RLock

    def with_word(self, track: str, word: str) -> NDArray[np.int64]:
        """Return the ids of the texts that have a word, or neighbouring words, in any form."""
        asked = " ".join(plain_words(word))
        if not asked:
            return np.zeros(0, np.int64)
        query = f'SELECT rowid FROM "{track}" WHERE "{track}" MATCH ? ORDER BY rowid'
        with self.lock:
            rows = self.connection.execute(query, [f'"{asked}"']).fetchall()
        return np.array([row[0] for row in rows], np.int64)

    def with_phrase(self, track: str, phrase: str) -> NDArray[np.int64]:
        """Return the ids of the texts in which the words of a phrase follow each other as given."""
        texts = self.texts(track, self.with_word(track, phrase).tolist())
        return np.array([id for id, text in texts.items() if has_phrase(text, phrase)], np.int64)

    def texts(self, track: str, ids: Sequence[int]) -> dict[int, str]:
        """Return texts by id."""
        found: dict[int, str] = {}
        with self.lock:
            for start in range(0, len(ids), ROWS_A_QUERY):
                part = ids[start : start + ROWS_A_QUERY]
                marks = ",".join("?" * len(part))
                query = f'SELECT rowid, words FROM "{track}" WHERE rowid IN ({marks})'
                found.update(self.connection.execute(query, part).fetchall())
        return found

    def close(self) -> None:
        """Close the connection."""
        with self.lock:
            self.connection.close()


def open_full_text(
    folder: Path, key: str, revision: int, tracks: Mapping[str, Iterable[tuple[int, str]]]
) -> FullText:
    """Open the tables of an index as it is now, or make and keep them.

    Args:
        folder: the folder of the index; where it cannot be written, they are made in memory.
        key: identifies the components whose texts they are.
        revision: of the catalog.
        tracks: by name, ids and texts, which are read only where the tables have to be made.
    """
    file = folder / "words" / f"{key}-{revision}.sqlite"
    if not file.exists():
        with suppress(OSError, sqlite3.OperationalError):
            file.parent.mkdir(exist_ok=True)
            with atomic_path(file) as partial, closing(sqlite3.connect(partial)) as connection:
                fill_tables(connection, tracks)
            drop_older(file, key)
    if file.exists():
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
    else:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        fill_tables(connection, tracks)
    return FullText(connection, tuple(tracks), RLock())


def fill_tables(
    connection: sqlite3.Connection, tracks: Mapping[str, Iterable[tuple[int, str]]]
) -> None:
    """Make a table for each track and fill it."""
    for track, texts in tracks.items():
        connection.execute(
            f'CREATE VIRTUAL TABLE "{track}" USING fts5(words, tokenize="{TOKENIZER}")'
        )
        rows = ((id, spaced(text)) for id, text in texts)
        connection.executemany(f'INSERT INTO "{track}" (rowid, words) VALUES (?, ?)', rows)
    connection.commit()


def drop_older(file: Path, key: str) -> None:
    """Remove the tables of the same components and other revisions."""
    for other in file.parent.glob(f"{key}-*.sqlite"):
        if other != file:
            other.unlink(missing_ok=True)
