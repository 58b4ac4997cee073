"""Shapley values: what content and each emotion contributed to the score of a hit.

A strategy's score may depend on several emotions at once. So each emotion gets its Shapley value
(Shapley 1953): what it adds on average, over all orders in which the query's emotions could have
been named one after the other. The values sum to what mood contributed as a whole.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.emotions import Emotion, EmotionScores
from moodreel.interfaces import TextEncoder, TextFeatures, VideoFeatures
from moodreel.search.query import EncodedQuery, Query, encode_content, refine_text
from moodreel.search.ranking import rerank_scores
from moodreel.search.vectors import FusedVectors, Source, fuse_block

NOTHING = 1e-9  # contributions nearer to 0 are rounding, in double precision

Vector = NDArray[np.float64]
Subset = tuple[Emotion, ...]


@dataclass(frozen=True)
class Contributions:
    """The parts of a score; all of them sum to it.

    Args:
        score: the score, after reranking.
        content: what the content contributed. Where mood has dimensions of its own, the inner
            product over the others; else that of the vectors before any fusion. Words that were
            found in captions, speech, on screen or in names are content as well.
        emotions: what each emotion contributed that the query wants or the segment shows.
        reranking: what reranking added; 0 for strategies that do not rerank.
        other: what no emotion accounts for.
    """

    score: float
    content: float
    emotions: dict[str, float]
    reranking: float = 0.0
    other: float = 0.0

    def with_texts(self, gain: float) -> "Contributions":
        """Return the parts with what words added to the content."""
        return replace(self, score=self.score + gain, content=self.content + gain)


@dataclass(frozen=True, eq=False)
class Pair:
    """A query and a segment under one strategy.

    Args:
        query: the query as the user asked it.
        encoded: the query as the strategy encoded it.
        fused: the fitted strategy and the store of its vectors.
        source: the catalog, and the components whose outputs are searched.
        encoder: the text encoder.
        stored: the segment's vector as the store scores it, [D'].
        segment: the segment's id.
    """

    query: Query
    encoded: EncodedQuery
    fused: FusedVectors
    source: Source
    encoder: TextEncoder
    stored: Vector
    segment: int

    @property
    def ids(self) -> NDArray[np.int64]:
        """The segment's id as the catalog takes it, [1]."""
        return np.array([self.segment], np.int64)

    def asked(self, wanted: EmotionScores) -> Vector:
        """Return the query's vector [D'] if it wanted other emotions, [1, 8]."""
        strategy = self.fused.strategy
        text = self.text(wanted)
        weight = self.encoded.weight
        weighed = {} if weight is None else {"weight": weight}
        return doubles(strategy.fuse_text(text, wanted, **weighed))[0]

    def text(self, wanted: EmotionScores) -> TextFeatures:
        """Return the text's features [1, D] if the query wanted other emotions."""
        if "tokens" not in self.fused.strategy.stages:
            return self.encoded.text
        text = encode_content(self.query.text, self.encoder, self.fused.strategy, wanted)
        examples = self.query.examples
        return text if examples is None else refine_text(text, self.query, examples)

    def shown(self, seen: EmotionScores) -> Vector:
        """Return vectors [n, D'] of the segment if it showed other emotions, [n, 8]."""
        _, pooled = self.source.catalog.load_features(self.source.encoder, self.ids)
        rows = np.repeat(self.ids, len(seen))
        video = VideoFeatures(torch.from_numpy(pooled).expand(len(seen), -1))
        return doubles(fuse_block(self.source, self.fused.strategy, rows, video, seen))

    def content(self) -> Vector:
        """Return the segment's features [D] before any fusion."""
        _, pooled = self.source.catalog.load_features(self.source.encoder, self.ids)
        return np.asarray(pooled[0], np.float64)


def doubles(values: torch.Tensor) -> Vector:
    """Return a tensor in double precision."""
    return np.asarray(values.float().numpy(force=True), np.float64)


@torch.inference_mode()
def split_score(pair: Pair) -> Contributions:
    """Split the score of a pair into what content and each emotion contributed."""
    wanted, seen = pair.encoded.wanted, pair.source.load_emotions(pair.ids)
    score = float(pair.encoded.vector[0].astype(np.float64) @ pair.stored)
    rounding = pair.stored - pair.shown(seen)[0]
    content = content_of(pair, rounding)

    def asking(subset: Subset) -> float:
        query = pair.asked(keep_wanted(wanted, subset))
        return float(query @ pair.stored) - content(query)

    nothing = pair.asked(keep_wanted(wanted, ()))

    def showing(subset: Subset) -> float:
        video = pair.shown(keep_seen(seen, subset))[0] + rounding
        return float(nothing @ video) - content(nothing)

    asked = shapley_values(named(wanted), asking)
    shown = shapley_values(observed(seen), showing) if abs(asking(())) > NOTHING else {}
    parts = {e: asked.get(e, 0.0) + shown.get(e, 0.0) for e in Emotion if e in asked or e in shown}
    told = content(pair.encoded.vector[0].astype(np.float64))
    final = final_score(pair, score)
    rest = score - told - sum(parts.values())
    return Contributions(final, told, {e.value: v for e, v in parts.items()}, final - score, rest)


def content_of(pair: Pair, rounding: Vector) -> Callable[[Vector], float]:
    """Return what gives the content's part of the score for a query's vector."""
    dim = pair.fused.dim
    if len(pair.stored) > dim:
        return lambda query: float(query[:dim] @ pair.stored[:dim])
    plain = doubles(pair.text(EmotionScores.unobserved(1)).pooled)[0]
    fixed = float(plain @ (pair.content() + rounding))
    return lambda query: fixed


def final_score(pair: Pair, score: float) -> float:
    """Return the score after reranking."""
    if "rerank" not in pair.fused.strategy.stages:
        return score
    scores = np.array([score], np.float32)
    better = rerank_scores(pair.encoded, pair.fused, pair.source, pair.ids, scores)
    return float(better[0]) if better[0] != scores[0] else score


def shapley_values(
    players: Sequence[Emotion], value: Callable[[Subset], float]
) -> dict[Emotion, float]:
    """Return what each player adds to a value on average over all orders of joining."""
    size = len(players)
    known = {
        subset: value(subset)
        for count in range(size + 1)
        for subset in combinations(players, count)
    }
    found = dict.fromkeys(players, 0.0)
    for subset, worth in known.items():
        for player in (p for p in players if p not in subset):
            joined = tuple(p for p in players if p in subset or p == player)
            share = 1 / (size * comb(size - 1, len(subset)))
            found[player] += share * (known[joined] - worth)
    return found


def named(wanted: EmotionScores) -> list[Emotion]:
    """Return the emotions that a query wants or refuses."""
    return [e for e in Emotion if wanted.values[0, e.column]]


def observed(seen: EmotionScores) -> list[Emotion]:
    """Return the emotions that were looked for in a segment."""
    return [e for e in Emotion if seen.observed[0, e.column]]


def keep_wanted(wanted: EmotionScores, subset: Subset) -> EmotionScores:
    """Return what a query wants with all but some emotions at 0."""
    kept = [e.column for e in subset]
    values = np.zeros_like(wanted.values)
    values[:, kept] = wanted.values[:, kept]
    return replace(wanted, values=values)


def keep_seen(seen: EmotionScores, subset: Subset) -> EmotionScores:
    """Return what a segment shows with all but some emotions unobserved."""
    kept = [e.column for e in subset]
    looked = np.zeros_like(seen.observed)
    looked[:, kept] = seen.observed[:, kept]
    return replace(seen, observed=looked)
