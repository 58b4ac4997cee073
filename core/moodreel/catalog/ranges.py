"""Which numbers the record of a video may hold, as conditions of queries."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func

from moodreel.catalog import schema

LONGEST = 1e9  # seconds, 31 years; only a damaged record holds more: a judgement
SLACK = 1.0  # seconds after its video's end at which a segment may end: a judgement
MOST = 1e6  # pixels, and frames a second: a judgement


def within(column: ColumnElement[Any], most: float, *types: str) -> ColumnElement[bool]:
    """Whether a column holds a number from 0 to `most`; SQLite keeps what it is given."""
    kept = func.typeof(column).in_(types or ("real", "integer"))
    return and_(kept, column >= 0, column <= most)


def whole_times() -> ColumnElement[bool]:
    """Whether a segment begins and ends as one can."""
    s = schema.segments.c
    return and_(within(s.start, LONGEST), within(s.end, LONGEST), s.start <= s.end)


def inside() -> ColumnElement[bool]:
    """Whether a segment ends with its video at the latest; of a query over both tables."""
    return schema.segments.c.end <= schema.videos.c.duration + SLACK


def whole_facts() -> ColumnElement[bool]:
    """Whether a video is as long, as large and as fast as one can be."""
    v = schema.videos.c
    sizes = [within(column, MOST, "integer") for column in (v.width, v.height)]
    return and_(within(v.duration, LONGEST), within(v.fps, MOST), *sizes)
