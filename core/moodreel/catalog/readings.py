"""By which reader the frames of each video were read.

What a reader gives is a part of what every feature was made of. Where another reader, or another
version of it, is chosen now, a video's features are made again.
"""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.interfaces import VideoReader

UNCHECKED = "read by an older moodreel, whose frames may be others than those asked for"
OTHERWISE = "read by another reader than is chosen now, or by another version of it"


def stored_readers(catalog: Catalog) -> Mapping[int, str]:
    """Return the fingerprint of the reader of each video, by id; older videos are not there."""
    with catalog.reading() as connection:
        rows = connection.execute(select(schema.readings))
        return {row.video_id: row.reader for row in rows}


def outdated(reader: str | None, readers: Sequence[VideoReader]) -> str:
    """Return why a video has to be read again, or nothing.

    Args:
        reader: the fingerprint of the reader that read it; None: not known.
        readers: those that are chosen now.
    """
    if reader is None:
        return UNCHECKED
    return "" if reader in {one.fingerprint for one in readers} else OTHERWISE
