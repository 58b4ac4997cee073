"""Videos that lie elsewhere, or twice: what was made of them goes along, and nothing is encoded."""

from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy import Connection, Table, delete, insert, literal, select, update

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.marks import copy_marks
from moodreel.catalog.records import CAPTION_ENCODER, GIVEN, VideoRecord
from moodreel.catalog.rows import segment_ids

PLACE = ("path", "location", "size", "modified")


def move_videos(
    catalog: Catalog, records: Sequence[VideoRecord], overwritten: Collection[int]
) -> None:
    """Note where videos lie now and how old their files are, all in one transaction.

    Two may have each other's place: each is first put where no file lies.

    Args:
        records: the videos as they are to be stored.
        overwritten: the ids of videos in whose place another one lies now; they are forgotten.
    """
    if not records and not overwritten:
        return
    videos = schema.videos
    with catalog.writing() as connection:
        for id in overwritten:
            connection.execute(delete(videos).where(videos.c.id == id))
        for record in records:
            aside = update(videos).where(videos.c.id == record.id)
            connection.execute(aside.values(location=f"moving/{record.id}"))
        for record in records:
            place = {name: getattr(record, name) for name in PLACE}
            connection.execute(update(videos).where(videos.c.id == record.id).values(**place))


MADE = (schema.features, schema.emotions, schema.frame_emotions, schema.captions)
"""The tables of what components made of segments."""


def copy_video(
    catalog: Catalog, source: VideoRecord, copy: VideoRecord, replaces: int | None = None
) -> int:
    """Store a video with all that was made of another one that holds the same; return its id.

    Captions beside the other video are not the copy's, nor is what was made of them.

    Args:
        source: the video that has been encoded.
        copy: the other's record.
        replaces: the id of what lay in the copy's place before, forgotten in the transaction.
    """
    assert source.id is not None
    values = {key: value for key, value in asdict(copy).items() if key != "id"}
    with catalog.writing() as connection:
        if replaces is not None:
            connection.execute(delete(schema.videos).where(schema.videos.c.id == replaces))
        key = connection.execute(insert(schema.videos).values(**values)).inserted_primary_key
        assert key is not None
        makers = copied_makers(connection, with_captions=not source.sidecar)
        copy_made(connection, source.id, int(key[0]), makers)
        copy_marks(connection, source.id, int(key[0]))
    return int(key[0])


def copied_makers(connection: Connection, with_captions: bool) -> list[int]:
    """Return the ids of the components whose work a copy shares."""
    c = schema.components.c
    query = select(c.id)
    if not with_captions:
        query = query.where(c.kind != CAPTION_ENCODER, c.fingerprint != GIVEN.fingerprint)
    return list(connection.execute(query).scalars())


def copy_made(connection: Connection, source: int, copy: int, makers: Sequence[int]) -> None:
    """Copy the segments of a video, and what some components made of them."""
    s = schema.segments.c
    old = select(literal(copy), s.start, s.end).where(s.video_id == source).order_by(s.id)
    connection.execute(insert(schema.segments).from_select(["video_id", "start", "end"], old))
    pairs = zip(segment_ids(connection, source), segment_ids(connection, copy), strict=True)
    for pair in pairs:
        for table in MADE:
            copy_rows(connection, table, "segment_id", pair, makers)
    copy_rows(connection, schema.tracks, "video_id", (source, copy), makers)
    copy_rows(connection, schema.finished, "video_id", (source, copy), makers)
    r = schema.readings.c
    reading = select(literal(copy), r.reader).where(r.video_id == source)
    connection.execute(insert(schema.readings).from_select(["video_id", "reader"], reading))


def copy_rows(
    connection: Connection, table: Table, key: str, ids: tuple[int, int], makers: Sequence[int]
) -> None:
    """Copy the rows of some components from one key to another."""
    others = [column for column in table.c if column.name not in (key, "id")]
    rows = select(literal(ids[1]), *others).where(
        table.c[key] == ids[0], table.c.component_id.in_(makers)
    )
    connection.execute(insert(table).from_select([key, *(c.name for c in others)], rows))
