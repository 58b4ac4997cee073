"""A strategy's scores of all queries against all videos, made block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.errors import InvalidInput
from moodreel.evaluation.material import Material
from moodreel.evaluation.metrics.ranking import BLOCK
from moodreel.evaluation.tuned import as_seen_by
from moodreel.features.texts import text_features
from moodreel.fusion.strategy import FusionStrategy, check_lengths
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.search.ranking import RERANKED

ROWS_AT_ONCE = 1024  # rows fused at once, which bounds memory: a judgement, not measured


@dataclass(frozen=True)
class Costs:
    """The costs of a strategy, apart from those of the encoders.

    Args:
        fuse_seconds: seconds to fuse the whole collection.
        query_ms: milliseconds to fuse a query, and to rerank where the strategy does; the mean
            over all queries.
        dimensions: D', the length of a stored vector.
        kilobytes: the size of a thousand stored vectors in half precision.
        parameters: how many parameters the strategy learned.
    """

    fuse_seconds: float
    query_ms: float
    dimensions: int
    kilobytes: float
    parameters: int


@dataclass(frozen=True, eq=False)
class Scoring:
    """A fitted strategy with the vectors that it made of a collection and of queries.

    Args:
        name: the component's name, or the folder of a trained strategy.
        strategy: the strategy, fitted to the collection.
        material: the videos and queries.
        queries: the fused vectors of the queries, [Q, D'].
        segments: the fused vectors of the segments, [S, D'].
        costs: the time and space that the strategy takes.
        seed: the seed of first values.
    """

    name: str
    strategy: FusionStrategy
    material: Material
    queries: NDArray[np.float32]
    segments: NDArray[np.float32]
    costs: Costs
    seed: int = 0

    def others(self, material: Material) -> "Scoring":
        """Return the scores of other queries against the same videos."""
        texts = strategy_texts(self.strategy, material)
        queries = fuse_texts(self.strategy, texts, material.wanted)
        return replace(self, material=material, queries=queries)

    def is_same(self, other: "Scoring") -> bool:
        """Whether another run made the same vectors."""
        return np.array_equal(self.queries, other.queries) and np.array_equal(
            self.segments, other.segments
        )

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the scores [b, V] of some queries after the others, reranked as a search does."""
        videos, reranks = self.material.videos, "rerank" in self.strategy.stages
        step = max(1, BLOCK // len(self.segments))
        for start in range(0, len(self.queries), step):
            scores = self.queries[start : start + step] @ self.segments.T
            if reranks:
                for row in range(len(scores)):
                    scores[row] = self.reranked(start + row, scores[row])
            yield videos.by_video(scores)

    def video_blocks(self) -> Iterator[NDArray[np.float32]]:
        """Yield the scores [v, Q] of some videos after the others, by inner product alone."""
        videos = self.material.videos
        starts = np.append(videos.starts, len(self.segments))
        step = max(1, BLOCK // max(1, len(self.queries)))
        first = 0
        while first < len(starts) - 1:
            inside = np.searchsorted(starts, starts[first] + step, "right") - 1
            last = max(first + 1, int(inside))
            scores = self.segments[starts[first] : starts[last]] @ self.queries.T
            yield np.maximum.reduceat(scores, starts[first:last] - starts[first], axis=0)
            first = last

    def matrix(self) -> NDArray[np.float32]:
        """Return all scores [Q, V]."""
        return np.concatenate(list(self.blocks()))

    @torch.inference_mode()
    def reranked(self, query: int, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores [S] of one query with those of its best segments put right.

        The shortlist is ordered anew and stays above the rest, as in a search.
        """
        best = np.argsort(-scores, kind="stable")[:RERANKED]
        one, videos = slice(query, query + 1), self.material.videos
        better = self.strategy.rerank(
            self.material.texts[one],
            self.material.wanted[one],
            videos.features[best],
            videos.emotions[best],
        )
        if better is None:
            return scores
        found = better.float().numpy(force=True)
        rest = np.delete(scores, best)
        lift = rest.max() - found.min() + 1 if len(rest) and found.min() <= rest.max() else 0.0
        changed = scores.copy()
        changed[best] = found + lift
        return changed


def score_strategy(material: Material, name: str, seed: int = 0, **options: Any) -> Scoring:
    """Fit a strategy to the collection, as a search does, and fuse everything with it.

    Args:
        material: the videos and queries.
        name: a component's name, or the folder of a trained strategy.
        seed: the seed of the first values of a strategy that is not trained.
        options: options of the strategy, over those of the configuration.

    A strategy that was trained together with encoders is scored with what these make of both.
    """
    material = as_seen_by(material, name)
    strategy = material.components.strategy(name, seed, **options)
    check_content(strategy, material)
    began = perf_counter()
    segments = fuse_videos(strategy, material.videos.features, material.videos.emotions)
    fused = perf_counter()
    texts = strategy_texts(strategy, material)
    asked = perf_counter()
    queries = np.zeros((0, segments.shape[1]), np.float32)
    if len(material.wanted):
        queries = fuse_texts(strategy, texts, material.wanted)
        check_lengths(strategy, torch.from_numpy(queries), torch.from_numpy(segments))
    scoring = Scoring(name, strategy, material, queries, segments, Costs(0, 0, 0, 0, 0))
    spent = perf_counter() - asked + rerank_seconds(scoring)
    costs = Costs(
        fused - began,
        1000 * spent / max(1, len(queries)),
        segments.shape[1],
        segments.shape[1] * 2000 / 1024,
        sum(value.numel() for value in strategy.parameters() if value.requires_grad),
    )
    return replace(scoring, costs=costs, seed=seed)


def check_content(strategy: FusionStrategy, material: Material) -> None:
    """Refuse a strategy that learns or learned for vectors of another length."""
    made_for = strategy.dims.content if strategy.dims else material.videos.dim
    if made_for != material.videos.dim and any(True for _ in strategy.parameters()):
        raise InvalidInput(
            f"{type(strategy).__name__} was made for vectors of {made_for} numbers, those of "
            f"{material.dataset.name} have {material.videos.dim}: choose the preset that made them"
        )


def rerank_seconds(scoring: Scoring, tried: int = 5) -> float:
    """Return the seconds that reranking all queries takes, extrapolated from a few of them."""
    if "rerank" not in scoring.strategy.stages or not len(scoring.queries):
        return 0.0
    chosen = range(min(tried, len(scoring.queries)))
    began = perf_counter()
    for query in chosen:
        scoring.reranked(query, scoring.queries[query] @ scoring.segments.T)
    return (perf_counter() - began) / len(chosen) * len(scoring.queries)


def strategy_texts(strategy: FusionStrategy, material: Material) -> TextFeatures:
    """Return the queries' features, encoded anew for a strategy that changes their tokens."""
    if "tokens" not in strategy.stages:
        return material.texts
    encoder = material.components.text_encoder
    return text_features(material.queries.texts, encoder, strategy, material.wanted, tokens=True)


@torch.inference_mode()
def fuse_videos(
    strategy: FusionStrategy, features: VideoFeatures, emotions: EmotionScores
) -> NDArray[np.float32]:
    """Fit a strategy to a collection of segments and return their vectors [S, D']."""
    strategy.adapt(VideoFeatures(features.pooled), emotions)
    parts = []
    given = features if strategy.needs_frames else VideoFeatures(features.pooled)
    for rows in blocks_of(len(given)):
        fused = strategy.fuse_video(given[rows], emotions[rows])
        parts.append(fused.float().numpy(force=True))
    return np.concatenate(parts)


@torch.inference_mode()
def fuse_texts(
    strategy: FusionStrategy, texts: TextFeatures, wanted: EmotionScores
) -> NDArray[np.float32]:
    """Return the vectors [Q, D'] of queries."""
    parts = []
    for rows in blocks_of(len(texts)):
        fused = strategy.fuse_text(texts[rows], wanted[rows])
        parts.append(fused.float().numpy(force=True))
    return np.concatenate(parts)


def blocks_of(count: int) -> Sequence[slice]:
    """Return the slices of rows that are fused at once."""
    return [slice(start, start + ROWS_AT_ONCE) for start in range(0, count, ROWS_AT_ONCE)]
