"""The FAISS store: exact search over half-precision vectors in memory."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import CatalogError, Register, hookimpl
from moodreel.interfaces import Requirement, VectorStore

# FAISS's widest kernel wants dimensions in multiples of 16; zeros change no score. Without padding,
# late's 520 dimensions cost 17% more time.
LANES = 16


class FaissStore(VectorStore):
    """Any index that FAISS can make from a description, by inner product.

    Args:
        index: FAISS's description of the index. "SQfp16" is exact over half-precision vectors;
            beyond a million vectors, "HNSW32,SQfp16" or "IVF4096,SQfp16" trade exactness for
            speed.
    """

    requires = (Requirement("faiss", 'pip install "moodreel[starter]"', "MIT"),)

    def __init__(self, index: str = "SQfp16") -> None:
        self.description = index
        self._index: Any = None
        self._dim = 0
        self._rows: dict[int, int] = {}
        self._ids = np.zeros(0, np.int64)

    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors [n, D]; ids must be new."""
        ids, vectors = np.asarray(ids, np.int64), np.ascontiguousarray(vectors, np.float32)
        self.check_new(ids, vectors)
        if self._index is None:
            self._dim = vectors.shape[1]
            self._index = self.make_index(padded(vectors))
        self._index.add(padded(vectors))
        self._ids = np.concatenate([self._ids, ids])
        self._rows.update(zip(ids.tolist(), range(self.count - len(ids), self.count), strict=True))

    def check_new(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Refuse ids that are taken, vectors of another length, and numbers that are not finite."""
        if len(ids) != len(vectors) or len(set(ids.tolist())) != len(ids):
            raise ValueError(
                f"need one new id for each vector: {len(ids)} ids, {len(vectors)} vectors"
            )
        taken = [id for id in ids.tolist() if id in self._rows]
        if taken:
            raise ValueError(f"id {taken[0]} is stored already")
        if self._index is not None and vectors.shape[1] != self._dim:
            raise ValueError(f"vectors have {vectors.shape[1]} dimensions, the store {self._dim}")
        if not np.isfinite(vectors).all():
            raise ValueError("vectors must be finite")

    def make_index(self, vectors: NDArray[np.float32]) -> Any:
        """Make an empty index for vectors like these, trained on them where it needs that."""
        import faiss

        try:
            index = faiss.index_factory(
                vectors.shape[1], self.description, faiss.METRIC_INNER_PRODUCT
            )
        except RuntimeError:
            raise ValueError(f"FAISS knows no index called {self.description!r}") from None
        if not index.is_trained:
            index.train(vectors)
        return index

    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove vectors by rebuilding the index without them."""
        gone = np.isin(self._ids, np.asarray(ids, np.int64))
        if not gone.any():
            return
        kept = self._ids[~gone]
        vectors = self.vectors(kept)
        self._index, self._rows, self._ids = None, {}, np.zeros(0, np.int64)
        if len(kept):
            self.add(kept, vectors)

    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return ids and scores [q, min(k, count)], best first."""
        k = min(k, self.count)
        if k < 1:
            empty = (len(vectors), 0)
            return np.zeros(empty, np.int64), np.zeros(empty, np.float32)
        scores, rows = self._index.search(padded(np.asarray(vectors, np.float32)), k)
        return self._ids[rows], scores

    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return stored vectors [n, D], decoded from half precision."""
        rows = np.array([self._rows[int(id)] for id in ids], np.int64)
        return self._index.reconstruct_batch(rows)[:, : self._dim]

    @property
    def count(self) -> int:
        """How many vectors are stored."""
        return 0 if self._index is None else int(self._index.ntotal)

    def save(self, path: Path) -> None:
        """Write the index and its ids to one file."""
        import faiss

        held = np.zeros(0, np.uint8) if self._index is None else faiss.serialize_index(self._index)
        with path.open("wb") as file:
            np.save(file, self._ids)
            np.save(file, np.array(self._dim))
            np.save(file, held)

    def load(self, path: Path) -> None:
        """Read a file that `save` wrote.

        Raises:
            CatalogError: the file is damaged.
        """
        import faiss

        try:
            with path.open("rb") as file:
                ids, dim, held = (np.load(file) for _ in range(3))
            index = faiss.deserialize_index(held) if len(held) else None
        except (OSError, ValueError, EOFError, RuntimeError) as error:
            raise CatalogError(f"{path}: not a vector file: {error}") from None
        if len(ids) != (index.ntotal if index else 0):
            raise CatalogError(f"{path}: holds {len(ids)} ids for another number of vectors")
        self._index, self._ids, self._dim = index, ids, int(dim)
        self._rows = {id: row for row, id in enumerate(ids.tolist())}


def padded(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vectors [n, D] with zeros after them, up to a multiple of LANES."""
    rest = -vectors.shape[1] % LANES
    return np.ascontiguousarray(np.pad(vectors, ((0, 0), (0, rest))))


@hookimpl
def register_vector_stores(register: Register) -> None:
    """Register the FAISS store."""
    register("faiss", FaissStore)
