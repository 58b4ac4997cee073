"""The contract of a vector store."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from moodreel.errors import CatalogError
from moodreel.interfaces import VectorStore
from moodreel.testing.boundary import conformance
from moodreel.testing.samples import SEGMENTS, sample_text, sample_video

IDS = np.arange(SEGMENTS, dtype=np.int64) * 7 + 3


@conformance
def check_vector_store(store: VectorStore) -> None:
    """Check an empty store: adding, exact search, removing, the count, saving and loading.

    A store of approximate search finds all of 40 vectors, too.
    """
    vectors = sample_video().pooled.numpy()
    assert store.count == 0, "the store to check must be empty"
    assert store.search(vectors[:1], 5)[0].shape == (1, 0), "an empty store finds nothing"
    store.add(IDS[:30], vectors[:30])
    store.add(IDS[30:], vectors[30:])
    assert store.count == SEGMENTS, f"{SEGMENTS} vectors were added, count is {store.count}"
    check_search(store, IDS, vectors)
    store.remove(np.append(IDS[:10], 999_999))
    assert store.count == SEGMENTS - 10, "remove takes known ids away and ignores others"
    check_search(store, IDS[10:], vectors[10:])
    check_file(store, IDS[10:], vectors[10:])


def check_search(store: VectorStore, ids: np.ndarray, vectors: np.ndarray) -> None:
    """Check that search finds the largest inner products, negative ones too."""
    queries = sample_text().pooled.numpy()
    exact = queries @ vectors.T
    found, scores = store.search(queries, len(ids) + 5)
    assert found.shape == scores.shape == exact.shape, "k is at most the count"
    assert set(found[0].tolist()) == set(ids.tolist()), "search returns the ids that were added"
    assert (np.diff(scores, axis=1) <= 1e-5).all(), "best first"
    np.testing.assert_allclose(scores, -np.sort(-exact, axis=1), rtol=0, atol=2e-3)
    held = store.vectors(found[0])
    np.testing.assert_allclose(held @ queries[0], scores[0], rtol=0, atol=1e-5)


def check_file(store: VectorStore, ids: np.ndarray, vectors: np.ndarray) -> None:
    """Check that `load` replaces what is held by what `save` wrote, and refuses another file."""
    with TemporaryDirectory() as folder:
        file, other = Path(folder) / "vectors", Path(folder) / "other"
        store.save(file)
        assert file.is_file(), "save writes one file"
        store.remove(ids[:5])
        store.load(file)
        assert store.count == len(ids), "load replaces the contents by those of the file"
        check_search(store, ids, vectors)
        other.write_bytes(b"not vectors")
        try:
            store.load(other)
        except CatalogError:
            return
    raise AssertionError("load must raise CatalogError for a file that save did not write")
