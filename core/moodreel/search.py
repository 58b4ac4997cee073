"""From a query to a vector, from a vector to moments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import signature

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.emotions import Emotion, EmotionScores, intensity
from moodreel.errors import InvalidInput
from moodreel.feedback import Examples
from moodreel.fusion import FusionStrategy
from moodreel.interfaces import EmotionExtractor, TextEncoder, TextFeatures, VideoFeatures
from moodreel.media import Hit
from moodreel.segments import Scored, merge_moments
from moodreel.vectors import FusedVectors, Source, equally_long

SHORTLIST = 4  # segments looked up for each hit wanted, so that neighbours can be joined
WIDER = 8  # times more segments are looked up where a filter left too few
RERANKED = 50  # the least number of segments that a strategy's rerank sees


@dataclass(frozen=True)
class Query:
    """What is asked for.

    Args:
        text: what it shows; empty: anything.
        emotions: intensities wanted, -1 to 1. None: those that the text itself names.
        weight: of mood against content, 0 to 1. None: the strategy's own.
        top: how many hits.
        min_score: hits below it are left out.
        merge: whether neighbouring hits of one video become one.
        examples: moments and pictures that hits should be like, or unlike.
        within: ids of the only segments that count; None: all.
        without: ids of segments that do not count.
    """

    text: str = ""
    emotions: Mapping[str, float] | None = None
    weight: float | None = None
    top: int = 10
    min_score: float | None = None
    merge: bool = True
    examples: Examples | None = None
    within: NDArray[np.int64] | None = None
    without: NDArray[np.int64] | None = None

    @property
    def shows(self) -> bool:
        """Whether the query says what is to be seen, and not by mood alone."""
        return bool(self.text.strip()) or self.examples is not None

    def counts(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which of some segments count."""
        kept = np.ones(len(ids), bool) if self.within is None else np.isin(ids, self.within)
        return kept if self.without is None else kept & ~np.isin(ids, self.without)

    def __post_init__(self) -> None:
        if self.top < 1:
            raise InvalidInput(f"the number of hits must be 1 or more, got {self.top}")
        if not self.shows and not any((self.emotions or {}).values()):
            raise InvalidInput("an empty query finds nothing: give a text, an emotion, or both")


@dataclass(frozen=True, eq=False)
class EncodedQuery:
    """A query as a strategy sees it: text [1, D], emotions [1, 8], and its fused vector [1, D'].

    `weight` is the one it was fused with, None for the strategy's own.
    """

    text: TextFeatures
    wanted: EmotionScores
    vector: NDArray[np.float32]
    weight: float | None = None


@dataclass(frozen=True)
class Found:
    """Hits, and how much each shows what was asked for, whatever the strategy makes of it.

    Args:
        likeness: the cosine of the query's content and the moment's best part, [n]; None where
            mood alone was asked for.
    """

    hits: list[Hit]
    likeness: NDArray[np.float32] | None


def wanted_emotions(query: Query, extractor: EmotionExtractor | None = None) -> EmotionScores:
    """Return the emotions asked for [1, 8], moved by the examples' if there are any."""
    wanted = named_emotions(query, extractor)
    return wanted if query.examples is None else query.examples.refine_emotions(wanted)


def named_emotions(query: Query, extractor: EmotionExtractor | None) -> EmotionScores:
    """Return the emotions that the user names, or else those that the text names, [1, 8]."""
    if query.emotions is not None:
        named = {Emotion.named(name): value for name, value in query.emotions.items()}
        return EmotionScores.of([{e: intensity(value, e) for e, value in named.items()}])
    if extractor is None or not query.text.strip():
        return EmotionScores.unobserved(1)
    return extractor.extract([query.text])


def encode_content(
    text: str, encoder: TextEncoder, strategy: FusionStrategy, wanted: EmotionScores
) -> TextFeatures:
    """Return text features [1, D]; zero where there is no text."""
    if not text.strip():
        return TextFeatures(torch.zeros(1, encoder.dim))
    inject = partial(strategy.inject, emotions=wanted) if "tokens" in strategy.stages else None
    return encoder.encode([text], inject)


@torch.inference_mode()
def encode_query(
    query: Query,
    encoder: TextEncoder,
    extractor: EmotionExtractor | None,
    strategy: FusionStrategy,
) -> EncodedQuery:
    """Turn a query into the vector that a strategy asks with."""
    wanted = wanted_emotions(query, extractor)
    text = encode_content(query.text, encoder, strategy, wanted)
    if query.examples is not None:
        text = refine_text(text, query, query.examples)
    weight = chosen_weight(query, strategy)
    weighed = () if weight is None else (weight,)
    vector = strategy.fuse_text(text, wanted, *weighed)
    if not vector.any():
        raise InvalidInput(
            f"the fusion strategy {type(strategy).__name__} finds nothing by emotion alone; "
            "add a text, or choose another: --fusion late"
        )
    return EncodedQuery(text, wanted, vector.float().numpy(), weight)


def refine_text(text: TextFeatures, query: Query, examples: Examples) -> TextFeatures:
    """Return text features [1, D] that are more like the liked examples, less like the others."""
    written = text.pooled[0].float().cpu().numpy() if query.text.strip() else None
    refined = torch.from_numpy(examples.refine_content(written))[None]
    return TextFeatures(refined.to(text.pooled), text.tokens, text.mask)


def chosen_weight(query: Query, strategy: FusionStrategy) -> float | None:
    """Return the weight that a query asks with, None for the strategy's own."""
    weight = query.weight if query.shows else 1.0
    if weight is None or (query.weight is None and not strategy.weighs):
        return None
    if not strategy.weighs:
        raise InvalidInput(
            f"the fusion strategy {type(strategy).__name__} has no weight to set; leave it out"
        )
    return weight


def find_moments(query: Query, encoded: EncodedQuery, fused: FusedVectors, source: Source) -> Found:
    """Return the best moments for an encoded query, best first."""
    wanted = query.top * SHORTLIST if query.merge else query.top
    while True:
        ranked = rank_segments(query, encoded, fused, source, wanted)
        if query.min_score is not None:
            ranked = [found for found in ranked if found.score >= query.min_score]
        moments = merge_moments(ranked, query.top) if query.merge else ranked[: query.top]
        if len(moments) == query.top or len(ranked) < wanted:
            hits = describe_hits(moments, encoded, fused, source)
            return Found(hits, content_likeness(moments, encoded, fused))
        wanted *= SHORTLIST


def rank_segments(
    query: Query, encoded: EncodedQuery, fused: FusedVectors, source: Source, wanted: int
) -> list[Scored]:
    """Return the best `wanted` segments, best first; equal scores in the order of indexing."""
    reranks = "rerank" in fused.strategy.stages
    k = max(wanted, RERANKED) if reranks else wanted
    ids, scores = nearest_segments(query, encoded, fused, k)
    if reranks:
        scores = rerank_scores(encoded, fused, source, ids, scores)
    order = np.lexsort((ids, -scores))[:wanted]
    score_of = dict(zip(ids[order].tolist(), scores[order].tolist(), strict=True))
    return [
        Scored(moment.id, moment.video, moment.segment, score_of[moment.id])
        for moment in source.catalog.moments(list(score_of))
    ]


def nearest_segments(
    query: Query, encoded: EncodedQuery, fused: FusedVectors, k: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and scores of the best k segments that count, or all, best first."""
    asked = k
    while True:
        ids, scores = (found[0] for found in fused.store.search(encoded.vector, asked))
        kept = query.counts(ids)
        if kept.sum() >= k or len(ids) < asked:
            return ids[kept][:k], scores[kept][:k]
        asked *= WIDER


@torch.inference_mode()
def rerank_scores(
    encoded: EncodedQuery,
    fused: FusedVectors,
    source: Source,
    ids: NDArray[np.int64],
    scores: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the strategy's own scores [n] for a shortlist.

    Segments with different numbers of frames do not share a batch.
    """
    stored, pooled = source.catalog.load_features(source.encoder, ids)
    pooled = pooled[np.searchsorted(stored, ids)]
    frames = source.catalog.load_frames(source.encoder, ids, fused.dim)
    seen = source.load_emotions(ids)
    takes = "weight" in signature(fused.strategy.rerank).parameters
    weighed = () if encoded.weight is None or not takes else (encoded.weight,)
    better = scores.copy()
    for rows, stacked in equally_long(frames):
        video = VideoFeatures(torch.from_numpy(pooled[rows]), stacked)
        found = fused.strategy.rerank(encoded.text, encoded.wanted, video, seen[rows], *weighed)
        if found is not None:
            better[rows] = found.float().cpu().numpy()
    return better


def describe_hits(
    moments: Sequence[Scored], encoded: EncodedQuery, fused: FusedVectors, source: Source
) -> list[Hit]:
    """Return moments with what content and emotion had in their scores."""
    if not moments:
        return []
    ids = np.array([moment.id for moment in moments], np.int64)
    content = fused.store.vectors(ids)[:, : fused.dim] @ encoded.vector[0, : fused.dim]
    seen = source.load_emotions(ids)
    captions = source.catalog.load_captions(source.captioner, ids)
    return [
        Hit(
            rank=place + 1,
            video=moment.video,
            start=moment.segment.start,
            end=moment.segment.end,
            score=moment.score,
            content_score=float(content[place]),
            emotion_score=moment.score - float(content[place]),
            emotions=seen.named(place),
            caption=captions.get(moment.id, ""),
            evidence=int(seen.evidence[place]),
        )
        for place, moment in enumerate(moments)
    ]


def content_likeness(
    moments: Sequence[Scored], encoded: EncodedQuery, fused: FusedVectors
) -> NDArray[np.float32] | None:
    """Return the cosines [n] of moments' content and the text's, None for mood alone."""
    content = encoded.text.pooled[0].float().cpu().numpy()
    if not content.any() or not encoded.vector[0, : fused.dim].any():
        return None
    if not moments:
        return np.zeros(0, np.float32)
    ids = np.array([moment.id for moment in moments], np.int64)
    stored = fused.store.vectors(ids)[:, : fused.dim]
    return stored @ (content / np.linalg.norm(content))
