"""Indexes as an earlier moodreel left them: with rows that are not what their component makes."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from moodreel import Engine
from moodreel.search.index import SearchIndex

OF_VIDEO = "segment_id IN (SELECT id FROM segments WHERE video_id = :video)"
MADE_BY = "component_id IN (SELECT id FROM components WHERE kind = '{}')"
FEATURES = f"UPDATE features SET {{}} WHERE {OF_VIDEO} AND {MADE_BY.format('video_encoder')}"
CAPTIONED = f"UPDATE features SET {{}} WHERE {OF_VIDEO} AND {MADE_BY.format('caption_encoder')}"
MOODS = f"UPDATE emotions SET {{}} WHERE {OF_VIDEO}"
FRAME_MOODS = f"UPDATE frame_emotions SET {{}} WHERE {OF_VIDEO}"
TIMES = "UPDATE segments SET {} WHERE video_id = :video"
FACTS = "UPDATE videos SET {} WHERE id = :video"

NAN_TAIL = "joined(substr(pooled, 1, length(pooled) - 16), :nan)"
NAN_HALF = np.full(8, np.nan, np.float16).tobytes()


def single(number: float) -> bytes:
    return np.full(8, number, np.float32).tobytes()


SEEN = np.ones(8, bool).tobytes()
DAMAGES = {
    "features that are NaN": FEATURES.format("pooled = " + NAN_TAIL),
    "features cut short": FEATURES.format("pooled = substr(pooled, 1, 7)"),
    "features of no length": FEATURES.format("pooled = x''"),
    "features that are text": FEATURES.format("pooled = 'none'"),
    "features that are lost": FEATURES.replace("UPDATE", "DELETE FROM").replace("SET {} ", ""),
    "ragged frames": FEATURES.format("frames = substr(pooled, 1, length(pooled) - 2)"),
    "frames that are NaN": FEATURES.format("frames = " + NAN_TAIL),
    "frames that are a number": FEATURES.format("frames = 7"),
    "moods cut short": MOODS.format("intensities = substr(intensities, 1, 5)"),
    "moods of another number": MOODS.format("intensities = joined(intensities, intensities)"),
    "moods that are NaN": MOODS.format("intensities = :nans, observed = :seen"),
    "moods that are infinite": MOODS.format("intensities = :infinite, observed = :seen"),
    "moods below zero": MOODS.format("intensities = :negative, observed = :seen"),
    "moods beyond all": MOODS.format("intensities = :huge, observed = :seen"),
    "moods of nothing": MOODS.format("observed = x''"),
    "moods of frames cut short": FRAME_MOODS.format("intensities = substr(intensities, 1, 5)"),
    "moods of frames that are NaN": FRAME_MOODS.format("intensities = :nan, observed = :seen"),
    "moods of frames that are text": FRAME_MOODS.format("observed = 'none'"),
    "evidence in words": MOODS.format("evidence = 'some'"),
    "moods that are lost": f"DELETE FROM emotions WHERE {OF_VIDEO}",
    "an endless segment": TIMES.format("end = 9e999"),
    "a segment before the start": TIMES.format("start = -5.0"),
    "a segment backwards": TIMES.format("start = 3.0, end = 1.0"),
    "a time in words": TIMES.format("start = 'soon'"),
    "a time after the end": TIMES.format("start = 90.0, end = 95.0"),
    "a time beyond all": TIMES.format("start = 1e299, end = 1e300"),
    "an endless video": FACTS.format("duration = 9e999"),
    "a width in words": FACTS.format("width = 'wide'"),
    "a negative rate": FACTS.format("fps = -25.0"),
}
"""What can be wrong with a video, by what is written to make it so."""
CAPTION_DAMAGES = {
    "captions of another length": CAPTIONED.format("pooled = joined(pooled, pooled)"),
    "captions that are NaN": CAPTIONED.format("pooled = " + NAN_TAIL),
}
VALUES = {
    "nan": NAN_HALF,
    "nans": single(np.nan),
    "infinite": single(np.inf),
    "negative": single(-0.5),
    "huge": single(1e38),
    "seen": SEEN,
}


@contextmanager
def turned_to(engine: Engine, folder: Path) -> Iterator[Engine]:
    """Let an engine, with its models and worker processes, search another index for a while."""
    own, engine.search_index = engine.search_index, SearchIndex(engine.components, folder)
    try:
        yield engine
    finally:
        engine.search_index.close()
        engine.search_index = own


def video_id(folder: Path, name: str) -> int:
    """Return the id of the video whose path ends so."""
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        found = connection.execute("SELECT id FROM videos WHERE path LIKE ?", (f"%{name}",))
        return found.fetchone()[0]


def damage(folder: Path, name: str, command: str) -> None:
    """Write into the record of a video, as a moodreel that knows no marks would have done."""
    video = video_id(folder, name)
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.create_function("joined", 2, lambda one, other: one + other)
        assert connection.execute(command, {**VALUES, "video": video}).rowcount > 0
        connection.execute("UPDATE facts SET value = value + 1 WHERE key = 'revision'")
        connection.commit()
