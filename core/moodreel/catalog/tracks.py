"""Tracks of a video: what was said in it, or was to be read on screen, by when."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, delete, insert, inspect, select

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.database import chunks
from moodreel.catalog.rows import find_component, keep_component
from moodreel.interfaces import Component
from moodreel.media import Segment, TimedText


def replace_track(
    connection: Connection, component: Component, video: int, texts: Sequence[TimedText]
) -> None:
    """Store what a component heard or read in a video, in the place of what it had before."""
    maker = keep_component(connection, component)
    t = schema.tracks.c
    connection.execute(delete(schema.tracks).where(t.video_id == video, t.component_id == maker))
    rows = [
        {
            "video_id": video,
            "component_id": maker,
            "start": text.start,
            "end": text.end,
            "text": text.text,
            "confidence": text.confidence,
        }
        for text in texts
    ]
    if rows:
        connection.execute(insert(schema.tracks), rows)


def load_texts(
    catalog: Catalog, component: Component, videos: Collection[int] | None = None
) -> dict[int, list[TimedText]]:
    """Return what a component heard or read, in time, by the id of the video.

    Args:
        catalog: the catalog.
        component: a transcriber or a text spotter.
        videos: ids of videos; None: all.
    """
    found: dict[int, list[TimedText]] = defaultdict(list)
    t = schema.tracks.c
    with catalog.reading() as connection:
        if not inspect(connection).has_table(schema.tracks.name):  # as in an older index
            return {}
        query = select(schema.tracks).where(t.component_id == find_component(connection, component))
        query = query.order_by(t.video_id, t.start, t.id)
        for part in [None] if videos is None else chunks(videos):
            chosen = query if part is None else query.where(t.video_id.in_(part))
            for row in connection.execute(chosen):
                text = TimedText(row.text, row.start, row.end, row.confidence)
                found[row.video_id].append(text)
    return dict(found)


def texts_in(texts: Sequence[TimedText], segment: Segment) -> list[TimedText]:
    """Return the texts that are heard or seen in a segment, in part at least.

    One that only reaches into it, by less than half of its time, is the neighbour's.
    """
    return [text for text in texts if share_inside(text, segment) >= 0.5] or [
        text for text in texts if text.start <= segment.start and segment.end <= text.end
    ]


def share_inside(text: TimedText, segment: Segment) -> float:
    """Return the share of a text's time that lies in a segment; 1 for a moment inside."""
    if text.end <= text.start:
        return float(segment.start <= text.start < segment.end)
    inside = min(text.end, segment.end) - max(text.start, segment.start)
    return max(inside, 0.0) / (text.end - text.start)


def joined_words(texts: Sequence[TimedText], segment: Segment) -> str:
    """Return the words of a segment as one text."""
    return " ".join(text.text.strip() for text in texts_in(texts, segment))
