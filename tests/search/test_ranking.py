"""From a query's vector to hits: what is stored is fetched once."""

import pytest

from moodreel.search.query import Query
from nearness import ROUNDING


def test_the_vectors_of_hits_are_fetched_once(engine, monkeypatch):
    index, query = engine.search_index, Query("a joyful person", top=5)
    store = index.fused().store
    index.answer(query)  # thresholds are fitted now, where they are not kept yet
    fetched, vectors = [], store.vectors
    monkeypatch.setattr(store, "vectors", lambda ids: fetched.append(len(ids)) or vectors(ids))
    answer = index.answer(query)
    assert fetched == [5]
    for hit in answer.hits:
        total = hit.content_score + hit.emotion_score
        assert total == pytest.approx(hit.score, abs=ROUNDING)


def test_no_hits_are_an_answer_too(engine):
    answer = engine.search_index.answer(Query("a joyful person", min_score=2.0))
    assert answer.hits == []
    assert answer.lookup.query.min_score == 2.0
