"""Ranking: the segments nearest to a query's vector, reranked, merged to moments, described."""

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.interfaces import VideoFeatures
from moodreel.media import Hit
from moodreel.search.lifts import Lifts
from moodreel.search.moments import Moment, merge_moments
from moodreel.search.query import EncodedQuery, Query
from moodreel.search.vectors import FusedVectors, Source, equally_long

# Segments looked up for each hit wanted, since neighbours are merged to one hit; where that leaves
# too few hits, the lookup is repeated with so many times more. A judgement, not measured.
SHORTLIST = 4
# Where a filter leaves too few segments, so many times more are looked up: a judgement, not
# measured. Few steps reach any number, and a search of all segments costs milliseconds.
WIDER = 8
ROUNDING = 1e-7  # moods below it are none, but sums in single precision
# The least number of segments that a strategy's rerank sees: a judgement, not measured.
RERANKED = 50


@dataclass(frozen=True)
class Found:
    """The hits of a query, and how near the content of each is to what was asked for.

    Args:
        hits: the n hits, best first.
        likeness: the cosine of the query's content, before any fusion, and that of each hit's best
            part, [n]; None where mood alone was asked for.
        ids: of each hit's best part, [n].
    """

    hits: list[Hit]
    likeness: NDArray[np.float32] | None
    ids: Sequence[int]


def find_moments(
    query: Query,
    encoded: EncodedQuery,
    fused: FusedVectors,
    source: Source,
    lifts: Lifts | None = None,
) -> Found:
    """Return the best moments for an encoded query, best first.

    Args:
        query: what is asked for.
        encoded: the query as the strategy encoded it.
        fused: the strategy's vectors.
        source: whose vectors they are.
        lifts: what tracks of text say of the query; None: nothing.
    """
    wanted = query.top * SHORTLIST if query.merge else query.top
    while True:
        ranked = rank_segments(query, encoded, fused, source, wanted, lifts)
        if query.min_score is not None:
            ranked = [found for found in ranked if found.score >= query.min_score]
        moments = merge_moments(ranked, query.top) if query.merge else ranked[: query.top]
        if len(moments) == query.top or len(ranked) < wanted:
            stored = stored_content(moments, fused)
            content = stored @ encoded.vector[0, : fused.dim]
            hits = describe_hits(moments, content, text_gains(moments, content, lifts), source)
            return Found(hits, content_likeness(stored, encoded), [m.id for m in moments])
        wanted *= SHORTLIST


def rank_segments(
    query: Query,
    encoded: EncodedQuery,
    fused: FusedVectors,
    source: Source,
    wanted: int,
    lifts: Lifts | None = None,
) -> list[Moment]:
    """Return the best `wanted` segments, best first; equal scores in the order of indexing."""
    reranks = "rerank" in fused.strategy.stages
    k = max(wanted, RERANKED) if reranks else wanted
    ids, scores = nearest_segments(query, encoded, fused, k)
    if lifts is not None:
        ids, scores = with_lifted(query, encoded, fused, (ids, scores), lifts)
    if reranks:
        scores = rerank_scores(encoded, fused, source, ids, scores)
    seen = scores
    if lifts is not None:
        scores = scores + lifts.gains(ids, content_scores(ids, encoded, fused))
    order = np.lexsort((ids, -seen, -scores))[:wanted]
    score_of = dict(zip(ids[order].tolist(), scores[order].tolist(), strict=True))
    return [
        Moment(moment.id, moment.video, moment.segment, score_of[moment.id], moment.location)
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


def with_lifted(
    query: Query,
    encoded: EncodedQuery,
    fused: FusedVectors,
    found: tuple[NDArray[np.int64], NDArray[np.float32]],
    lifts: Lifts,
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return ids and scores of segments with those that tracks of text say most of."""
    more = np.setdiff1d(lifts.strongest, found[0])
    more = more[query.counts(more)]
    if not len(more):
        return found
    scores = (fused.store.vectors(more) @ encoded.vector[0]).astype(np.float32)
    return np.concatenate([found[0], more]), np.concatenate([found[1], scores])


def content_scores(
    ids: NDArray[np.int64], encoded: EncodedQuery, fused: FusedVectors
) -> NDArray[np.float32]:
    """Return what content contributes to the scores of segments, [n]."""
    if not len(ids):
        return np.zeros(0, np.float32)
    stored = fused.store.vectors(ids)[:, : fused.dim]
    return (stored @ encoded.vector[0, : fused.dim]).astype(np.float32)


def text_gains(
    moments: Sequence[Moment], content: NDArray[np.float32], lifts: Lifts | None
) -> NDArray[np.float32]:
    """Return what tracks of text add to the scores of moments, [n]."""
    if lifts is None:
        return np.zeros(len(moments), np.float32)
    return lifts.gains(np.array([moment.id for moment in moments], np.int64), content)


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
    video = VideoFeatures(torch.from_numpy(pooled[np.searchsorted(stored, ids)]))
    frames = source.catalog.load_frames(source.encoder, ids, fused.dim)
    seen = source.load_emotions(ids)
    if fused.strategy.needs_frame_emotions:
        seen = source.with_frames(ids, seen)
    takes = "weight" in signature(fused.strategy.rerank).parameters
    weighed = {"weight": encoded.weight} if takes and encoded.weight is not None else {}
    better = scores.copy()
    for rows, shown in equally_long(video, frames, source.encoder.patches_per_frame):
        found = fused.strategy.rerank(encoded.text, encoded.wanted, shown, seen[rows], **weighed)
        if found is not None:
            better[rows] = found.float().cpu().numpy()
    return better


def stored_content(moments: Sequence[Moment], fused: FusedVectors) -> NDArray[np.float32]:
    """Return the content part [n, D] of moments' vectors, as the store scores it."""
    if not moments:
        return np.zeros((0, fused.dim), np.float32)
    ids = np.array([moment.id for moment in moments], np.int64)
    return fused.store.vectors(ids)[:, : fused.dim]


def describe_hits(
    moments: Sequence[Moment],
    content: NDArray[np.float32],
    texts: NDArray[np.float32],
    source: Source,
) -> list[Hit]:
    """Return hits: moments with what content, emotion and texts contributed to their scores.

    Args:
        moments: the n moments, best first.
        content: what content contributed to the score of each moment, [n].
        texts: what tracks of text contributed, [n].
        source: the catalog, for emotions and captions.
    """
    ids = np.array([moment.id for moment in moments], np.int64)
    seen = source.load_emotions(ids)
    captions = source.catalog.load_captions(source.captioner, ids)
    parts = (content.astype(float) + texts).tolist()
    moods = [moment.score - part for moment, part in zip(moments, parts, strict=True)]
    moods = [mood if abs(mood) > ROUNDING else 0.0 for mood in moods]
    return [
        Hit(
            rank=place + 1,
            video=moment.video,
            start=moment.segment.start,
            end=moment.segment.end,
            score=moment.score,
            content_score=moment.score - moods[place],
            emotion_score=moods[place],
            emotions=seen.named(place),
            caption=captions.get(moment.id, ""),
            evidence=int(seen.evidence[place]),
            location=moment.location,
            text_score=float(texts[place]),
        )
        for place, moment in enumerate(moments)
    ]


def content_likeness(
    stored: NDArray[np.float32], encoded: EncodedQuery
) -> NDArray[np.float32] | None:
    """Return the cosines [n] of moments' content [n, D] and the text's, None for mood alone."""
    content = encoded.text.pooled[0].float().cpu().numpy()
    if not content.any() or not encoded.vector[0, : stored.shape[1]].any():
        return None
    return stored @ (content / np.linalg.norm(content))
