"""The tables of the catalog."""

import os
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)

VERSION = "2"
metadata = MetaData()


class PathText(TypeDecorator):
    """A path: text, or the bytes of a name that is no UTF-8, which SQLite takes as they are."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | bytes | None:
        """Return what is stored."""
        return value if value is None or is_encodable(value) else path_bytes(value)

    def process_result_value(self, value: str | bytes | None, dialect: Any) -> str | None:
        """Return the path as Python has it."""
        return os.fsdecode(value) if isinstance(value, bytes) else value


class HeldText(TypeDecorator):
    """Text, also where a damaged index holds bytes in its place."""

    impl = String
    cache_ok = True

    def process_result_value(self, value: str | bytes | None, dialect: Any) -> str | None:
        """Return what is stored as text."""
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value


def path_bytes(path: str) -> bytes:
    """Return the bytes of a name; what can be no name becomes bytes that no name has."""
    try:
        return os.fsencode(path)
    except UnicodeEncodeError:
        return path.encode("utf-8", "surrogatepass")


def is_encodable(text: str) -> bool:
    """Whether UTF-8 can encode a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def video_key(**options: Any) -> Column:
    """A foreign key to a video; the row is deleted with it."""
    return Column("video_id", ForeignKey("videos.id", ondelete="CASCADE"), **options)


def segment_key() -> Column:
    """A foreign key to a segment; the row is deleted with it."""
    return Column("segment_id", ForeignKey("segments.id", ondelete="CASCADE"), primary_key=True)


def component_key() -> Column:
    """A foreign key to the component that made the row."""
    return Column("component_id", ForeignKey("components.id"), primary_key=True)


facts = Table(
    "facts",
    metadata,
    Column("key", String, primary_key=True),
    Column("value", Text, nullable=False),
)

components = Table(
    "components",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String, unique=True, nullable=False),
    Column("kind", String, nullable=False),
    # The order that the emotions had when the rows were written, so that none is ever misread.
    Column("columns", Text, nullable=False, default=""),
)

videos = Table(
    "videos",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("path", PathText, nullable=False),  # as given when indexed
    Column("location", PathText, unique=True, nullable=False),  # absolute
    Column("size", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),  # nanoseconds
    Column("digest", HeldText, nullable=False, index=True),
    Column("duration", Float, nullable=False),
    Column("fps", Float, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sidecar", PathText, nullable=False, default=""),  # which captions beside it were read
    sqlite_autoincrement=True,
)

segments = Table(
    "segments",
    metadata,
    Column("id", Integer, primary_key=True),
    video_key(nullable=False, index=True),
    Column("start", Float, nullable=False),
    Column("end", Float, nullable=False),
    sqlite_autoincrement=True,  # ids are never used again, so a stale vector names no new segment
)

features = Table(
    "features",
    metadata,
    segment_key(),
    component_key(),
    Column("pooled", LargeBinary, nullable=False),  # float16 [D]
    Column("frames", LargeBinary),  # float16 [T, D]
)

emotions = Table(
    "emotions",
    metadata,
    segment_key(),
    component_key(),
    Column("intensities", LargeBinary, nullable=False),  # float32 [8]
    Column("observed", LargeBinary, nullable=False),  # bool [8]
    Column("evidence", Integer, nullable=False, default=0),  # such as the number of faces
)

# The emotions of single frames, from extractors that tell them. Older indexes have no such table.
frame_emotions = Table(
    "frame_emotions",
    metadata,
    segment_key(),
    component_key(),
    Column("intensities", LargeBinary, nullable=False),  # float16 [T, 8]
    Column("observed", LargeBinary, nullable=False),  # bool [T, 8]
)

captions = Table(
    "captions", metadata, segment_key(), component_key(), Column("text", Text, nullable=False)
)

# What is said or written in videos, by when. Older indexes have no such table.
tracks = Table(
    "tracks",
    metadata,
    Column("id", Integer, primary_key=True),
    video_key(nullable=False, index=True),
    Column("component_id", ForeignKey("components.id"), nullable=False, index=True),
    Column("start", Float, nullable=False),
    Column("end", Float, nullable=False),
    Column("text", HeldText, nullable=False),
    Column("confidence", Float, nullable=False, default=1.0),
    sqlite_autoincrement=True,
)

finished = Table("finished", metadata, video_key(primary_key=True), component_key())

# By which reader a video's frames were read: its fingerprint. Older indexes have no such table.
readings = Table(
    "readings", metadata, video_key(primary_key=True), Column("reader", String, nullable=False)
)
