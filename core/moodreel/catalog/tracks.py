"""Tracks of a video: what was said in it, or was to be read on screen, by when."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, insert, inspect, select

from moodreel.catalog import schema
from moodreel.catalog.catalog import Catalog
from moodreel.catalog.database import chunks
from moodreel.catalog.rows import find_component, keep_component
from moodreel.interfaces import Component
from moodreel.media import Segment, TimedText

STILL_SHOWN = 10.0  # seconds from one frame with a line to the next with the same: a judgement
NOTICED = 1.0  # seconds of a text that a viewer notices: a judgement, not measured


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


def overlapping_texts(texts: Sequence[TimedText], segment: Segment) -> list[TimedText]:
    """Return the texts that a viewer of a segment hears or sees, so that a search finds it.

    A second of a text is enough, or half of a shorter one, so two neighbours may share one.
    """
    return [text for text in texts if is_noticed(text, segment)]


def is_noticed(text: TimedText, segment: Segment) -> bool:
    """Whether a second of a text, or half of a shorter one, lies in a segment."""
    inside = share_inside(text, segment)
    return inside >= 0.5 or inside * (text.end - text.start) >= NOTICED


def overlapping_words(texts: Sequence[TimedText], segment: Segment) -> str:
    """Return the words that a viewer of a segment hears or sees, as one text."""
    return " ".join(text.text.strip() for text in overlapping_texts(texts, segment))


def join_lines(texts: Sequence[TimedText]) -> list[TimedText]:
    """Return lines that were read in single frames, in time; one that stays on screen is one.

    It is kept as it was read with the most confidence.

    >>> join_lines([TimedText("Exit", 1, 1, 0.9), TimedText("EXIT", 6, 6, 0.8)])
    [TimedText(text='Exit', start=1, end=6, confidence=0.9)]
    """
    found: list[TimedText] = []
    shown: dict[str, int] = {}
    for text in texts:
        place = shown.get(text.text.casefold())
        if place is None or text.start - found[place].end > STILL_SHOWN:
            shown[text.text.casefold()] = len(found)
            found.append(text)
        else:
            best = max(found[place], text, key=lambda line: line.confidence)
            found[place] = replace(best, start=found[place].start, end=text.end)
    return found
