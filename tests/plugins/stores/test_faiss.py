"""The FAISS store: exact, by the caller's ids, on disk whole or refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodreel.errors import CatalogError
from moodreel_plugins.stores.faiss_store import FaissStore
from nearness import assert_near

IDS = np.arange(300, dtype=np.int64) * 3 + 11


def drawn(count=300, dim=24, seed=0):
    return np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)


def halved(vectors):
    """Return vectors as the store holds them, in half precision."""
    return vectors.astype(np.float16).astype(np.float32)


@pytest.fixture
def store():
    store = FaissStore()
    store.add(IDS, drawn())
    return store


def test_search_is_exact_over_what_is_held(store):
    queries = drawn(7, seed=1)
    exact = queries @ halved(drawn()).T
    best = -np.sort(-exact, axis=1)[:, :10]
    found, scores = store.search(queries, 10)
    assert all(len(set(ids)) == 10 for ids in found.tolist())
    assert_near(np.take_along_axis(exact, np.searchsorted(IDS, found), 1), best)
    assert_near(scores, best)


@settings(max_examples=25, deadline=None)
@given(count=st.integers(1, 40), dim=st.integers(1, 40), k=st.integers(1, 60))
def test_any_size_is_exact(count, dim, k):
    store, vectors, query = FaissStore(), drawn(count, dim), drawn(1, dim, seed=1)
    store.add(np.arange(count), vectors)
    _, scores = store.search(query, k)
    exact = -np.sort(-(query @ halved(vectors).T), axis=1)[:, :k]
    assert_near(scores, exact)


def test_vectors_come_back_in_the_order_asked(store):
    ids = IDS[[5, 0, 299]]
    np.testing.assert_array_equal(store.vectors(ids), halved(drawn())[[5, 0, 299]])


def test_removed_ids_are_gone_and_can_come_again(store):
    store.remove(IDS[:100])
    assert store.count == 200
    assert not np.isin(store.search(drawn(3, seed=1), 300)[0], IDS[:100]).any()
    store.add(IDS[:1], drawn()[:1])
    assert store.vectors(IDS[:1]).shape == (1, 24)
    store.remove(IDS)
    assert store.count == 0


def test_nothing_is_found_for_no_hits(store):
    assert store.search(drawn(2, seed=1), 0)[0].shape == (2, 0)
    assert FaissStore().search(drawn(2), 5)[1].shape == (2, 0)


@pytest.mark.parametrize(
    ("ids", "vectors", "message"),
    [
        ([1, 1], drawn(2), "one new id"),
        ([1], drawn(2), "one new id"),
        ([11], drawn(1), "id 11 is stored already"),
        ([1], drawn(1, 23), "23 dimensions, the store 24"),
        ([1], np.full((1, 24), np.nan, np.float32), "finite"),
        ([1], np.full((1, 24), np.inf, np.float32), "finite"),
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(store, ids, vectors, message):
    with pytest.raises(ValueError, match=message):
        store.add(np.array(ids), vectors)
    assert store.count == 300


def test_an_unknown_description_is_refused():
    with pytest.raises(ValueError, match="FAISS knows no index called 'Nonsense'"):
        FaissStore("Nonsense").add(IDS, drawn())


@pytest.mark.parametrize("index", ["Flat", "SQ8", "HNSW16,SQfp16", "IVF4,SQfp16"])
def test_other_indexes_find_a_stored_vector(index):
    store, vectors = FaissStore(index), drawn()
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    store.add(IDS, vectors)
    assert store.search(vectors[:1], 1)[0][0, 0] == IDS[0]


def test_a_saved_store_is_the_same_when_loaded(store, tmp_path):
    store.save(tmp_path / "vectors")
    again = FaissStore()
    again.load(tmp_path / "vectors")
    np.testing.assert_array_equal(again.vectors(IDS), store.vectors(IDS))
    (mine, scores), (theirs, others) = (one.search(drawn(3, seed=1), 20) for one in (store, again))
    assert [set(row) for row in mine.tolist()] == [set(row) for row in theirs.tolist()]
    assert_near(scores, others)
    again.add(np.array([1]), drawn(1, seed=2))
    assert again.count == 301


def test_an_empty_store_is_saved_and_loaded(tmp_path):
    FaissStore().save(tmp_path / "vectors")
    store = FaissStore()
    store.add(IDS, drawn())
    store.load(tmp_path / "vectors")
    assert store.count == 0


@pytest.mark.parametrize("kept", [0, 10, 200, 3000, -1])
def test_a_damaged_file_is_refused_and_the_store_stays(store, tmp_path, kept):
    file = tmp_path / "vectors"
    store.save(file)
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(CatalogError, match="vectors"):
        store.load(file)
    assert store.count == 300


def test_another_kind_of_file_and_none_are_refused(store, tmp_path):
    (tmp_path / "text").write_text("not vectors")
    for name in ("text", "none"):
        with pytest.raises(CatalogError, match=name):
            store.load(tmp_path / name)


def test_ids_that_do_not_fit_the_index_are_refused(store, tmp_path):
    store.save(tmp_path / "vectors")
    with (tmp_path / "vectors").open("rb") as file:
        _, *rest = (np.load(file) for _ in range(3))
    with (tmp_path / "vectors").open("wb") as file:
        for part in (IDS[:5], *rest):
            np.save(file, part)
    with pytest.raises(CatalogError, match="5 ids for another number"):
        store.load(tmp_path / "vectors")
