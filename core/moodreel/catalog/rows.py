"""Packing what a component made into rows of the catalog's tables."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, delete, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from moodreel.catalog import schema
from moodreel.catalog.database import chunks
from moodreel.catalog.marks import mend_mark
from moodreel.catalog.packing import half_precision
from moodreel.catalog.records import CAPTION_ENCODER, SegmentFeatures, SegmentRows
from moodreel.emotions import Emotion, EmotionScores, FrameEmotions
from moodreel.interfaces import Component


def insert_rows(
    connection: Connection, component: Component, made: SegmentRows, ids: Sequence[int]
) -> None:
    """Insert one row for each segment."""
    component_id = keep_component(connection, component)
    order = stored_columns(connection, component)
    table, rows = packed_rows(made, order, component)
    if len(rows) != len(ids):
        raise ValueError(f"{len(rows)} rows for {len(ids)} segments")
    keys = [{"segment_id": id, "component_id": component_id} for id in ids]
    replace_rows(connection, table, keys, rows)
    if isinstance(made, EmotionScores) and made.frames is not None:
        replace_rows(connection, schema.frame_emotions, keys, packed_frames(made.frames, order))


def replace_rows(
    connection: Connection,
    table: Table,
    keys: Sequence[dict[str, Any]],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Insert rows under their keys, in the place of those that are there."""
    if rows:
        command = upsert(table).prefix_with("OR REPLACE")
        connection.execute(command, [key | row for key, row in zip(keys, rows, strict=True)])


def mark_finished(connection: Connection, component: Component, video: int) -> None:
    """Note that a component is done with a video."""
    done = {"video_id": video, "component_id": keep_component(connection, component)}
    connection.execute(upsert(schema.finished).on_conflict_do_nothing(), done)
    mend_mark(connection, component.fingerprint, video)


def note_reader(connection: Connection, video: int, reader: str) -> None:
    """Note by which reader a video's frames were read."""
    command = upsert(schema.readings).values(video_id=video, reader=reader)
    connection.execute(
        command.on_conflict_do_update(index_elements=["video_id"], set_={"reader": reader})
    )


def forget_captioned(connection: Connection, video: int, ids: Sequence[int]) -> None:
    """Forget the features that were made from a video's captions, whoever made them."""
    c = schema.components.c
    makers = select(c.id).where(c.kind == CAPTION_ENCODER).scalar_subquery()
    made, done = schema.features, schema.finished
    for part in chunks(ids):
        connection.execute(
            delete(made).where(made.c.segment_id.in_(part), made.c.component_id.in_(makers))
        )
    connection.execute(
        delete(done).where(done.c.video_id == video, done.c.component_id.in_(makers))
    )


def forget_rows(connection: Connection, encoder: Component, videos: Sequence[int]) -> None:
    """Forget the features that an encoder made of videos."""
    made, s = schema.features.c, schema.segments.c
    maker = find_component(connection, encoder)
    for part in chunks(videos):
        ids = select(s.id).where(s.video_id.in_(part))
        gone = delete(schema.features).where(made.component_id == maker)
        connection.execute(gone.where(made.segment_id.in_(ids)))


def packed_rows(
    made: SegmentRows, emotions: Sequence[str], component: Component
) -> tuple[Table, list[dict[str, Any]]]:
    """Return the table for what a component made, and its rows, arrays as bytes.

    Args:
        made: the component's outputs for n segments.
        emotions: the order of emotions in which the component's rows are stored.
        component: the component, which is named where what it made cannot be kept.
    """
    if isinstance(made, list):
        return schema.captions, [{"text": text} for text in made]
    if isinstance(made, SegmentFeatures):
        return schema.features, [
            {
                "pooled": half_precision(pooled, component),
                "frames": None if frames is None else half_precision(frames, component),
            }
            for pooled, frames in zip(made.pooled, made.frames, strict=True)
        ]
    order = [Emotion.named(name).column for name in emotions]
    return schema.emotions, [
        {
            "intensities": values[order].tobytes(),
            "observed": observed[order].tobytes(),
            "evidence": int(count),
        }
        for values, observed, count in zip(made.values, made.observed, made.evidence, strict=True)
    ]


def packed_frames(frames: FrameEmotions, emotions: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of the emotions of single frames, columns in the order of `emotions`."""
    order = [Emotion.named(name).column for name in emotions]
    return [
        {
            "intensities": values[:, order].astype(np.float16).tobytes(),
            "observed": observed[:, order].tobytes(),
        }
        for values, observed in zip(frames.values, frames.observed, strict=True)
    ]


def segment_ids(connection: Connection, video: int) -> list[int]:
    """Return the ids of a video's segments, in the order they were given."""
    c = schema.segments.c
    rows = connection.execute(select(c.id).where(c.video_id == video).order_by(c.id))
    return [row.id for row in rows]


def find_component(connection: Connection, component: Component) -> int | None:
    """Return the id of a component's rows, None before there are any."""
    c = schema.components.c
    return connection.execute(
        select(c.id).where(c.fingerprint == component.fingerprint)
    ).scalar_one_or_none()


def keep_component(connection: Connection, component: Component) -> int:
    """Return the id of a component's rows, noting the component if it is new."""
    known = find_component(connection, component)
    if known is not None:
        return known
    row = {
        "fingerprint": component.fingerprint,
        "kind": component.kind,
        "columns": ",".join(Emotion),
    }
    key = connection.execute(insert(schema.components).values(**row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def stored_columns(connection: Connection, component: Component) -> list[str]:
    """Return the order of emotions that a component's rows were written in."""
    c = schema.components.c
    return (
        connection.execute(select(c.columns).where(c.fingerprint == component.fingerprint))
        .scalar_one()
        .split(",")
    )
