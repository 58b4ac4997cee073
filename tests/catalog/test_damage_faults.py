"""Whatever stands in the rows of an index, every verb answers or refuses in one line."""

import math
import shutil
import sqlite3
from contextlib import closing, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from damaged_index import turned_to
from hard_videos import write_video
from moodreel.errors import MoodreelError
from moodreel.evaluation.queries import index_videos
from moodreel.explanation.explaining import explain_hits
from moodreel.search.query import Query

PLACES = {
    "features": ("pooled", "frames"),
    "emotions": ("intensities", "observed", "evidence"),
    "captions": ("text",),
    "segments": ("start", "end"),
    "videos": ("duration", "fps", "width", "height", "size", "modified", "digest", "sidecar"),
    "readings": ("reader",),
}
NUMBERS = st.floats(width=32) | st.integers(-(2**62), 2**62)
VALUES = NUMBERS | st.text(max_size=5) | st.binary(max_size=40)
WRITES = st.sampled_from([(table, c) for table, columns in PLACES.items() for c in columns])
CHANGES = st.lists(st.tuples(WRITES, st.integers(0, 50), VALUES, st.booleans()), max_size=4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, engine_at):
    """An engine with an index of two small videos, and these."""
    folder = tmp_path_factory.mktemp("fuzzed")
    videos = [folder / "a.mp4", folder / "b.mp4"]
    for name, size in (("a", (64, 48)), ("b", (80, 48))):
        write_video(folder / f"{name}.mp4", frames=30, size=size)
        (folder / f"{name}.srt").write_text("1\n00:00:00,100 --> 00:00:00,900\nA cat.\n")
    with engine_at(folder / "index") as engine:
        assert len(engine.index(videos).added) == 2
        for inside in ("video", "captions"):  # keeps the thresholds, which take long
            assert engine.search("a cat", inside=inside)
        shutil.rmtree(engine.folder / "vectors")
        yield engine, videos


def write(file, changes):
    """Put values into rows, or into their ends; what a column refuses stays out."""
    with closing(sqlite3.connect(file)) as connection:
        connection.create_function("spliced", 2, spliced)
        for (table, column), row, value, ending in changes:
            rows = connection.execute(f"SELECT rowid FROM {table} ORDER BY rowid").fetchall()
            new = f'spliced("{column}", ?)' if ending else "?"
            command = f'UPDATE {table} SET "{column}" = {new} WHERE rowid = ?'
            with suppress(sqlite3.IntegrityError):
                connection.execute(command, (value, rows[row % len(rows)][0]))
        connection.execute("DELETE FROM facts WHERE key LIKE 'checked:%'")  # as in older ones
        connection.commit()


def spliced(held, value):
    """Return bytes with their end replaced by a value's."""
    if not isinstance(held, bytes) or not isinstance(value, bytes):
        return value
    return held[: max(len(held) - len(value), 0)] + value


def ask_all(engine, one):
    """Yield the calls of every verb that reads an index, some of them about one video."""
    yield lambda: engine.search("a cat", top=5)
    yield lambda: engine.search("a cup", top=5, inside="captions")
    yield lambda: engine.mood({"joy": 1.0}, top=5)
    yield lambda: engine.similar(one, top=5)
    yield lambda: [found.hit for found in engine.recommend([one])]
    yield lambda: index_videos(engine.search_index) and []
    index = engine.search_index
    yield lambda: explain_hits(index, index.answer(Query("a cat"))) and []
    yield lambda: engine.timeline(one) and []


@pytest.mark.faults
@pytest.mark.filterwarnings("ignore::moodreel.errors.Note")
@given(changes=CHANGES)
@settings(deadline=None, max_examples=max(10, settings().max_examples // 10))
def test_any_rows_of_an_index_are_read_around(whole, tmp_path_factory, changes):
    own, videos = whole
    folder = tmp_path_factory.getbasetemp() / "any-index"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(own.folder, folder)
    write(folder / "catalog.sqlite", changes)
    with turned_to(own, folder) as engine:
        for ask in ask_all(engine, str(videos[0])):
            check(ask)
        report = engine.index(videos)
        assert (len(report.taken), report.failed) == (2, [])
        source = engine.search_index.source
        assert (len(source.load_content()[0]), source.damaged) == (2, {})


def check(ask):
    """Ask, and hold the hits to be numbers, or the refusal to be one line."""
    told = "one line"
    try:
        hits = ask()
    except MoodreelError as error:
        told = str(error)
    else:
        for hit in hits:
            assert all(map(math.isfinite, (hit.score, hit.start, hit.end)))
            assert all(map(math.isfinite, hit.emotions.values()))
    assert told
    assert "\n" not in told
