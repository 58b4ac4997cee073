"""Whatever is asked, the answer is hits or one line: through Python, the command line and files."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodreel import Emotion
from moodreel.catalog.records import Filter
from moodreel.cli.asking import read_emotions
from moodreel.errors import MoodreelError
from moodreel.evaluation.queries import read_queries

LEVELS = st.floats() | st.integers() | st.sampled_from([-1, -0.5, 0, 1e-9, 0.5, 1])
MOODS = st.dictionaries(st.sampled_from([*Emotion]) | st.text(max_size=6), LEVELS, max_size=3)
SIGNS = st.sampled_from(["-cat", "NOT", "OR", '"a cup"', "not", "very", "\u202e", "\ud800", "\0"])
TEXTS = st.lists(st.text(max_size=8) | SIGNS, max_size=5).map(" ".join)


@pytest.mark.faults
@pytest.mark.filterwarnings("ignore::moodreel.errors.Note")
@given(TEXTS, st.none() | MOODS, st.none() | LEVELS, st.integers(-1, 3), st.text(max_size=3))
@settings(deadline=None)
def test_any_query_is_answered_or_refused_in_one_line(engine, text, moods, weight, top, path):
    told = "one line"
    try:
        hits = engine.search(text, emotions=moods, weight=weight, top=top, filter=Filter(path))
    except MoodreelError as error:
        told = str(error)
    else:
        assert len(hits) <= top
        assert all(hit.score == hit.score for hit in hits)
    assert told
    assert "\n" not in told


@pytest.mark.faults
@given(st.lists(st.text(max_size=12)))
def test_any_moods_of_the_command_line_are_read_or_refused(notation):
    told = "one line"
    try:
        read_emotions(notation)
    except MoodreelError as error:
        told = str(error)
    assert told


@pytest.mark.faults
@given(st.sampled_from([".json", ".jsonl", ".csv", ".txt"]), st.binary(max_size=60) | TEXTS)
def test_any_file_of_queries_is_read_or_refused(tmp_path_factory, suffix, held):
    path = tmp_path_factory.getbasetemp() / f"queries{suffix}"
    data = held if isinstance(held, bytes) else json.dumps([{"query": held}]).encode()
    path.write_bytes(data)
    with suppress(MoodreelError):
        assert read_queries([str(path)])
