"""Search over 100,000 x 512 vectors: all of `search` but encoding the text, against bare FAISS."""

from statistics import median
from time import perf_counter

import faiss
import numpy as np
import pytest
import torch
from large_index import DIM, SEGMENTS, VIDEOS, drawn_units
from results import table, write_section

from moodreel import EmotionScores
from moodreel.interfaces import TextFeatures
from moodreel.search.query import EncodedQuery, Query
from moodreel.search.ranking import find_moments

MOST = 1.5  # times what FAISS takes
ROUNDS = 40
TOP = 10


@pytest.fixture(scope="module")
def bare_faiss():
    index = faiss.index_factory(DIM, "SQfp16", faiss.METRIC_INNER_PRODUCT)
    for number in range(VIDEOS):
        index.add(drawn_units(number, SEGMENTS))
    return index


@pytest.fixture(scope="module")
def queries():
    return drawn_units(VIDEOS, ROUNDS)


@pytest.fixture(scope="module")
def through_engine(large_index):
    """Return the hits for a text's vector, found as `Engine.search` finds them."""
    source, fused = large_index.source, large_index.fused

    def find(vector):
        text, wanted = TextFeatures(torch.from_numpy(vector[None])), EmotionScores.of([{"joy": 1}])
        asked = fused.strategy.fuse_text(text, wanted).numpy()
        encoded = EncodedQuery(text, wanted, asked)
        return find_moments(Query("drawn", top=TOP), encoded, fused, source)

    return find


def timed(call, *arguments):
    """Return the milliseconds that a call takes."""
    start = perf_counter()
    call(*arguments)
    return (perf_counter() - start) * 1000


def test_the_same_segments_are_found(through_engine, bare_faiss, queries, large_index):
    """Without a mood the engine ranks as the bare index does: nothing is traded for speed."""
    source, fused = large_index.source, large_index.fused
    text = TextFeatures(torch.from_numpy(queries[:1]))
    wanted = EmotionScores.unobserved(1)
    asked = fused.strategy.fuse_text(text, wanted).numpy()
    encoded = EncodedQuery(text, wanted, asked)
    hits = find_moments(Query("drawn", top=TOP, merge=False), encoded, fused, source)
    scores, rows = bare_faiss.search(queries[:1], TOP)
    np.testing.assert_allclose([hit.score for hit in hits], scores[0], atol=1e-5)
    assert [hit.video for hit in hits] == [f"videos/{row // SEGMENTS:03}.mp4" for row in rows[0]]
    assert len(through_engine(queries[0])) == TOP


@pytest.mark.benchmark(group="search of 100,000 x 512")
def test_engine(benchmark, through_engine, queries):
    assert len(benchmark(through_engine, queries[0])) == TOP


@pytest.mark.benchmark(group="search of 100,000 x 512")
def test_faiss(benchmark, bare_faiss, queries):
    benchmark(bare_faiss.search, queries[:1], TOP)


def test_the_engine_takes_little_more_than_faiss(through_engine, bare_faiss, queries):
    """Both take turns, so that what else the machine does meets both."""
    timed(through_engine, queries[0]), timed(bare_faiss.search, queries[:1], TOP)
    pairs = [
        (timed(through_engine, query), timed(bare_faiss.search, query[None], TOP))
        for query in queries
    ]
    ours, theirs = (median(times) for times in zip(*pairs, strict=True))
    rows = [
        ["FAISS, SQfp16 flat, called directly", f"{theirs:.1f}", "1"],
        ["moodreel: fused, found, looked up, merged", f"{ours:.1f}", f"{ours / theirs:.2f}"],
    ]
    head = ["search of 100,000 x 512, top 10", "ms, median", "times FAISS"]
    note = f"One query at a time, {ROUNDS} queries, in turns. At most {MOST} times is allowed."
    write_section("Search", f"{note}\n\n{table(head, rows)}")
    assert ours / theirs <= MOST
