"""Retrieval metrics of a similarity matrix: exact under ties, for negative scores too, in blocks.

R@k is the share of queries with a relevant video among the first k; MdR and MnR are the median and
the mean rank of the first relevant video, from 1; MRR the mean of that rank's reciprocal; nDCG has
linear gains; mAP takes any grade above 0 as relevant, and "graded mAP" weighs by the grades. All
are means over the orders that ties leave open. A query without a relevant video is left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.evaluation.metrics import ties
from moodreel.evaluation.metrics.relevance import Relevance, as_array

CUTOFFS = (1, 5, 10)  # those that papers report
# Scores looked at at once: 16 MB in single precision. A judgement; with it 40,000 x 10,000 scores
# take less than 1 GiB (benchmarks/RESULTS.md, "Retrieval metrics").
BLOCK = 1 << 22
# Relevant columns a query up to which a pass over the scores for each is taken to be quicker than
# sorting them: a judgement, not measured.
FEW = 4

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class QueryScores:
    """The measures of each query, [Q]; nan for a query without a relevant video.

    Args:
        rank: the rank of the first relevant video, from 1.
        found: for each cutoff k, the chance that a relevant video is among the first k.
        reciprocal: the reciprocal of that rank.
        gain: nDCG with linear gains, 0 to 1.
        precision: average precision; any grade above 0 is relevant.
        graded: average precision weighted by grades; None where relevance has no grades.
    """

    rank: Floats
    found: Mapping[int, Floats]
    reciprocal: Floats
    gain: Floats
    precision: Floats
    graded: Floats | None = None

    def named(self) -> dict[str, Floats]:
        """Return the measures that are means over queries, by name."""
        named = {f"R@{k}": values for k, values in self.found.items()}
        named |= {"MnR": self.rank, "MRR": self.reciprocal, "nDCG": self.gain}
        named["mAP"] = self.precision
        return named if self.graded is None else named | {"graded mAP": self.graded}

    def summary(self, queries: Any = slice(None)) -> dict[str, float]:
        """Return the measures over all queries, or over some (an index or a mask)."""
        found = {}
        for name, values in self.named().items():
            chosen = values[queries]
            chosen = chosen[~np.isnan(chosen)]
            found[name] = float(chosen.mean()) if len(chosen) else float("nan")
            if name == "MnR":
                found["MdR"] = float(np.median(chosen)) if len(chosen) else float("nan")
        order = [*(f"R@{k}" for k in self.found), "MdR", "MnR"]
        return {name: found[name] for name in [*order, *(n for n in found if n not in order)]}

    @classmethod
    def joined(cls, parts: Sequence["QueryScores"]) -> "QueryScores":
        """Return the queries of several, one after the other."""

        def join(name: str) -> Floats:
            return np.concatenate([getattr(part, name) for part in parts])

        return cls(
            rank=join("rank"),
            found={k: np.concatenate([part.found[k] for part in parts]) for k in parts[0].found},
            reciprocal=join("reciprocal"),
            gain=join("gain"),
            precision=join("precision"),
            graded=join("graded") if parts[0].graded is not None else None,
        )


def retrieval_metrics(
    similarity: Any, relevant: Any = None, cutoffs: Sequence[int] = CUTOFFS
) -> dict[str, float]:
    """Return R@1, R@5, R@10, MdR, MnR, MRR, nDCG and mAP of a similarity matrix.

    Args:
        similarity: scores [queries, videos], higher is nearer. An array, a tensor, or an iterable
            of blocks of consecutive rows (see `similarity_blocks`), so that it need not fit in
            memory; blocks want `relevant` given.
        relevant: the relevant videos of each query. None: the diagonal; one column a query; a
            list of columns for each query; or an array [queries, videos] of truth values or grades.
        cutoffs: the cutoffs k of R@k.

    Raises:
        ValueError: shapes that do not fit, or scores that are not numbers.

    >>> retrieval_metrics(np.array([[0.9, -0.1], [-0.2, -0.5]]))["R@1"]
    0.5
    >>> retrieval_metrics(np.zeros((4, 4)))["R@1"]  # all the same is chance, not perfection
    0.25
    """
    return query_scores(similarity, relevant, cutoffs).summary()


def query_scores(
    similarity: Any, relevant: Any = None, cutoffs: Sequence[int] = CUTOFFS
) -> QueryScores:
    """Return the measures of each query; the arguments are those of `retrieval_metrics`."""
    blocks, relevance = as_blocks(similarity, relevant)
    parts, row = [], 0
    for block in blocks:
        check_block(block, row, relevance)
        parts.append(block_scores(block, relevance.part(row, row + len(block)), cutoffs))
        row += len(block)
    if row != len(relevance) or not parts:
        raise ValueError(f"scores of {row} queries, relevance of {len(relevance)}")
    scores = QueryScores.joined(parts)
    return scores if relevance.graded else replace(scores, graded=None)


def as_blocks(similarity: Any, relevant: Any) -> tuple[Iterator[NDArray], Relevance]:
    """Return blocks of rows, and relevance in its compressed form."""
    if not is_blocks(similarity):
        whole = similarity if hasattr(similarity, "shape") else np.asarray(similarity)
        if len(whole.shape) != 2 or 0 in whole.shape:
            raise ValueError(f"similarity must be [queries, videos], got {tuple(whole.shape)}")
        rows = max(1, BLOCK // whole.shape[1])
        cut = (as_array(whole[start : start + rows]) for start in range(0, len(whole), rows))
        return cut, Relevance.of(relevant, tuple(whole.shape))
    blocks = map(as_array, iter(similarity))
    first = next(blocks, np.zeros((0, 0)))
    if relevant is None:
        raise ValueError("blocks of scores need relevance given: one column a query, or more")
    relevance = (
        relevant
        if isinstance(relevant, Relevance)
        else Relevance.of(relevant, (len(relevant), first.shape[1]))
    )
    return chain_blocks(first, blocks), relevance


def is_blocks(similarity: Any) -> bool:
    """Whether scores come as blocks of rows, and not as one matrix."""
    if isinstance(similarity, list | tuple):
        return bool(similarity) and getattr(similarity[0], "ndim", 1) == 2
    return not hasattr(similarity, "shape")


def chain_blocks(first: NDArray, rest: Iterable[NDArray]) -> Iterator[NDArray]:
    """Yield a block and those after it."""
    yield first
    yield from rest


def check_block(block: NDArray, row: int, relevance: Relevance) -> None:
    """Refuse a block that does not fit, or holds what is no number."""
    if block.ndim != 2 or block.shape[1] != relevance.width or row + len(block) > len(relevance):
        raise ValueError(
            f"scores {block.shape} from row {row} do not fit relevance of {relevance.shape}"
        )
    if np.isnan(block.min(initial=0)):
        raise ValueError("scores must be numbers, found nan")


def similarity_blocks(
    queries: Any, videos: Any, rows: int | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield the inner products of vectors [Q, D] and [V, D], some rows [b, V] at a time."""
    left, right = as_array(queries), as_array(videos)
    step = rows or max(1, BLOCK // max(1, len(right)))
    for start in range(0, len(left), step):
        yield left[start : start + step] @ right.T


def block_scores(block: NDArray, relevance: Relevance, cutoffs: Sequence[int]) -> QueryScores:
    """Return the measures of a block of queries."""
    groups = tied_groups(block, relevance)
    firsts = groups.firsts
    first = (groups.above[firsts], groups.size[firsts], groups.relevant[firsts])
    queries = groups.rows[firsts]

    def spread(values: Floats) -> Floats:
        full = np.full(len(relevance), np.nan)
        full[queries] = values
        return full

    graded = groups.precision(groups.grades, groups.squares)
    plain = groups.precision(groups.relevant.astype(float), groups.relevant.astype(float))
    ideal = ideal_gain(relevance)[queries]
    return QueryScores(
        spread(ties.expected_rank(*first)),
        {k: spread(ties.chance_within(k, *first)) for k in cutoffs},
        spread(ties.expected_reciprocal(*first)),
        spread(groups.total(ties.expected_gain(groups.above, groups.size, groups.grades)) / ideal),
        spread(plain),
        spread(graded),
    )


@dataclass(frozen=True, eq=False)
class TiedGroups:
    """The groups of equal scores that hold a relevant item: by query, best first.

    Args:
        rows: the query of each group.
        above: how many items score higher than the group.
        size: how many items the group has.
        relevant: how many items of the group are relevant.
        grades: the sum of the grades of the group's items.
        squares: the sum of the squares of these grades.
    """

    rows: NDArray[np.int64]
    above: NDArray[np.int64]
    size: NDArray[np.int64]
    relevant: NDArray[np.int64]
    grades: Floats
    squares: Floats

    @property
    def firsts(self) -> NDArray[np.int64]:
        """The place of each query's best group."""
        return np.flatnonzero(np.diff(self.rows, prepend=-1))

    def total(self, values: Floats) -> Floats:
        """Return the sum over each query's groups."""
        return np.add.reduceat(values, self.firsts) if len(values) else values

    def before(self, values: Floats) -> Floats:
        """Return the sum over the query's better groups, for each group."""
        sums = np.cumsum(values) - values
        return sums - np.repeat(sums[self.firsts], np.diff(self.firsts, append=len(values)))

    def precision(self, grades: Floats, squares: Floats) -> Floats:
        """Return the average precision of each query."""
        parts = ties.expected_precision(self.above, self.size, grades, squares, self.before(grades))
        return self.total(parts) / np.maximum(self.total(grades), np.finfo(float).tiny)


def tied_groups(block: NDArray, relevance: Relevance) -> TiedGroups:
    """Find the tied groups of a block of queries."""
    rows, columns = relevance.rows, relevance.columns
    scores = block[rows, columns]
    above, size = count_scores(block, relevance, scores)
    order = np.lexsort((above, rows))
    rows, above, size, grades = rows[order], above[order], size[order], relevance.grades[order]
    new = np.flatnonzero(np.diff(rows, prepend=-1) | np.diff(above, prepend=-1))
    if not len(new):
        empty = np.zeros(0)
        return TiedGroups(rows, above, size, above, empty, empty)
    return TiedGroups(
        rows[new],
        above[new],
        size[new],
        np.diff(new, append=len(rows)),
        np.add.reduceat(grades, new),
        np.add.reduceat(grades * grades, new),
    )


def count_scores(
    block: NDArray, relevance: Relevance, scores: NDArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many scores of its row are above, and how many equal, each relevant one."""
    most = int(relevance.counts.max(initial=0))
    if most <= FEW:
        return count_by_comparing(block, relevance, scores, most)
    return count_by_sorting(block, relevance, scores)


def count_by_comparing(
    block: NDArray, relevance: Relevance, scores: NDArray, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count by a pass over the block for the first, the second... relevant item of all rows."""
    above, size = np.zeros((2, len(scores)), np.int64)
    for place in range(most):
        rows = np.flatnonzero(relevance.counts > place)
        pairs = relevance.starts[rows] + place
        chosen = block if len(rows) == len(block) else block[rows]
        against = scores[pairs, None]
        above[pairs] = np.count_nonzero(chosen > against, axis=1)
        size[pairs] = np.count_nonzero(chosen == against, axis=1)
    return above, size


def count_by_sorting(
    block: NDArray, relevance: Relevance, scores: NDArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count by looking scores up in sorted rows."""
    above, size = np.zeros((2, len(scores)), np.int64)
    ordered = np.sort(block, axis=1)
    for row, (start, stop) in enumerate(zip(relevance.starts, relevance.starts[1:], strict=False)):
        wanted = scores[start:stop]
        upto = np.searchsorted(ordered[row], wanted, "right")
        above[start:stop] = relevance.width - upto
        size[start:stop] = upto - np.searchsorted(ordered[row], wanted, "left")
    return above, size


def ideal_gain(relevance: Relevance) -> Floats:
    """Return the gain [Q] of each query's best possible order; 0 where nothing is relevant."""
    order = np.lexsort((-relevance.grades, relevance.rows))
    places = np.arange(len(order)) - np.repeat(relevance.starts[:-1], relevance.counts)
    gains = relevance.grades[order] / np.log2(places + 2.0)
    return np.bincount(relevance.rows, gains, len(relevance)).astype(np.float64)
