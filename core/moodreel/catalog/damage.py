"""Damage: rows of an index that are not what their component makes.

What is stored is checked before, but an earlier moodreel let everything in. A video with such a
row is left out of what is searched and measured, named, and made again by the next indexing run.
All rows are looked at once, and marks (`moodreel.catalog.marks`) keep what was found.
"""

from collections.abc import Iterable, Iterator, Sequence
from warnings import warn

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    func,
    inspect,
    not_,
    or_,
    select,
)

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.database import get_fact, put_fact, readable_errors
from moodreel.catalog.marks import get_mark, put_mark
from moodreel.catalog.packing import is_frames_mood, whole_features, whole_frames, whole_moods
from moodreel.catalog.ranges import inside, whole_facts, whole_times
from moodreel.catalog.records import CAPTION_ENCODER, stored_parts
from moodreel.catalog.rows import find_component, stored_columns
from moodreel.errors import CatalogError, DamagedIndex
from moodreel.interfaces import Component, EmotionExtractor, VideoEncoder
from moodreel.paths import shown_path

SHOWN = 3  # names of damaged videos that a message lists
RECORD = "record"
"""The name of what no component makes: facts of videos, and the times of segments."""
ROWS_AT_ONCE = 4096  # rows looked at together: 50 MB with 12 frames of 512 numbers. A judgement.
DAMAGED = "what is stored of it is damaged"


def damaged_videos(catalog: Catalog, parts: Iterable[Component | None]) -> dict[int, str]:
    """Return the paths, by id, of the videos whose record, or what some parts made, is damaged."""
    made = (damaged_by(catalog, part) for part in stored_parts(parts))
    ids = damaged_records(catalog).union(*made)
    return {r.id: r.path for r in catalog.videos() if r.id in ids} if ids else {}


def damaged_records(catalog: Catalog) -> frozenset[int]:
    """Return the ids of the videos whose facts, or the times of whose segments, are damaged."""
    return marked(catalog, RECORD, None)


def damaged_by(catalog: Catalog, part: Component) -> frozenset[int]:
    """Return the ids of the videos of which what a component made is damaged."""
    return marked(catalog, part.fingerprint, part)


def marked(catalog: Catalog, name: str, part: Component | None) -> frozenset[int]:
    """Return the damaged videos by the mark; where there is none, look at the rows and mark them.

    An index that may only be read keeps no mark: then the catalog remembers it while it is open.
    """
    with catalog.reading() as connection:
        revision = get_fact(connection, "revision") or ""
        known = get_mark(connection, name)
    if known is not None:
        return known
    if catalog.looked_at.get(name, ("",))[0] != revision:
        catalog.looked_at[name] = revision, frozenset(look_at(catalog, part))
        keep_mark(catalog, name, *catalog.looked_at[name])
    return catalog.looked_at[name][1]


def keep_mark(catalog: Catalog, name: str, revision: str, damaged: frozenset[int]) -> None:
    """Mark some rows, unless they have changed meanwhile, or the index may only be read."""
    try:
        with readable_errors(catalog.file), catalog.engine.begin() as connection:
            put_fact(connection, "revision", revision, replace=False)  # takes the write lock
            if get_fact(connection, "revision") == revision:
                put_mark(connection, name, revision, damaged)
    except CatalogError:
        return


def look_at(catalog: Catalog, part: Component | None) -> Iterator[int]:
    """Yield the ids of videos that are damaged in a component's rows, or else in their record."""
    with catalog.reading() as connection:
        if part is None:
            yield from connection.execute(damaged_record_query()).scalars()
        elif find_component(connection, part) is not None:
            yield from look_at_rows(connection, part)


def damaged_record_query() -> Select:
    """Return the query of the videos that are damaged in facts or times."""
    v, s = schema.videos.c, schema.segments.c
    cut = select(s.video_id).join_from(schema.segments, schema.videos)
    cut = cut.where(not_(and_(whole_times(), inside())))
    return select(v.id).where(or_(not_(whole_facts()), v.id.in_(cut)))


def look_at_rows(connection: Connection, part: Component) -> Iterator[int]:
    """Yield the ids of videos of which a component's rows are damaged, or lacking."""
    if isinstance(part, VideoEncoder):
        yield from damaged_features(connection, part)
        if part.kind != CAPTION_ENCODER:  # a segment without a caption has none
            yield from lacking(connection, part, schema.features)
    elif isinstance(part, EmotionExtractor):
        yield from damaged_moods(connection, part)
        yield from lacking(connection, part, schema.emotions)
    else:
        table = schema.captions
        strange = rows_of(connection, part, table).where(func.typeof(table.c.text) != "text")
        yield from (row.video_id for row in connection.execute(strange))


def damaged_features(connection: Connection, encoder: VideoEncoder) -> Iterator[int]:
    """Yield the ids of videos with features that are no D finite numbers, or frames likewise."""
    dim, c = encoder.dim, schema.features.c
    query = rows_of(connection, encoder, schema.features, c.pooled, c.frames)
    for rows in blocks(connection, query):
        whole = [row for row in whole_features(rows, dim) if whole_frames(row.frames, dim)]
        yield from others(rows, whole)


def damaged_moods(connection: Connection, extractor: EmotionExtractor) -> Iterator[int]:
    """Yield the ids of videos with moods that are no intensities, of segments or of frames."""
    count, c = len(stored_columns(connection, extractor)), schema.emotions.c
    columns = (c.intensities, c.observed, c.evidence)
    for rows in blocks(connection, rows_of(connection, extractor, schema.emotions, *columns)):
        yield from others(rows, whole_moods(rows, count))
    if not inspect(connection).has_table(schema.frame_emotions.name):  # as in an older index
        return
    of_frames = schema.frame_emotions
    told = rows_of(connection, extractor, of_frames, of_frames.c.intensities, of_frames.c.observed)
    for rows in blocks(connection, told):
        yield from others(rows, [row for row in rows if is_frames_mood(row, count)])


def lacking(connection: Connection, part: Component, table: Table) -> Iterator[int]:
    """Yield the ids of videos that a component is done with, and that lack some of its rows."""
    done, s, maker = schema.finished.c, schema.segments.c, find_component(connection, part)
    same = and_(table.c.segment_id == s.id, table.c.component_id == maker)
    joined = schema.segments.join(schema.finished, done.video_id == s.video_id)
    query = select(s.video_id).distinct().select_from(joined.outerjoin(table, same))
    query = query.where(done.component_id == maker, table.c.segment_id.is_(None))
    yield from connection.execute(query).scalars()


def rows_of(
    connection: Connection, part: Component, table: Table, *columns: ColumnElement
) -> Select:
    """Return the query of a component's rows, with the segment and the video of each."""
    chosen = select(table.c.segment_id, schema.segments.c.video_id, *columns)
    joined = chosen.join_from(table, schema.segments)
    return joined.where(table.c.component_id == find_component(connection, part))


def blocks(connection: Connection, query: Select) -> Iterator[Sequence[Row]]:
    """Yield the rows of a query, some at a time."""
    found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(query)
    yield from found.partitions()


def others(rows: Sequence[Row], whole: Sequence[Row]) -> Iterator[int]:
    """Yield the videos of those rows that are not whole."""
    kept = {row.segment_id for row in whole}
    yield from (row.video_id for row in rows if row.segment_id not in kept)


def tell_damaged(catalog: Catalog, videos: Iterable[str]) -> None:
    """Warn of damaged videos, if there are any."""
    for note in damage_notes(catalog, videos):
        warn(note, DamagedIndex, stacklevel=2)


def damage_notes(catalog: Catalog, videos: Iterable[str]) -> list[str]:
    """Return a line that says that damaged videos are left out; none where there are none."""
    paths = [shown_path(path) for path in sorted(videos)]
    if not paths:
        return []
    more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
    told = f"{', '.join(paths[:SHOWN])}{more}"
    return [
        f"{shown_path(str(catalog.folder))}: what is stored of {told} is damaged, so it is left "
        "out; make it again with moodreel index"
    ]
