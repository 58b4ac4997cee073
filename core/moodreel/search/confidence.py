"""Confidence thresholds: the scores that unrelated queries reach, read off the index itself.

Any query has a best hit. Texts about everything and nothing (`PROBES`) show how well a query
scores that the index has no answer to, and segments show how alike two videos are by chance. A
result is weak if more than one in ten unrelated queries would score as high, unless it shows the
mood that was asked for: a hit is a confident match when content or mood says so. An index of many
things does answer some of the probes, which lifts the upper end of their scores; so the upper end
is taken to lie no further from the middle than the lower end does.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from json import JSONDecodeError, dumps, loads
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.interfaces import TextEncoder
from moodreel.media import Hit
from moodreel.search.collection import Collection
from moodreel.search.probes import PROBES
from moodreel.search.query import Query
from moodreel.search.surprise import fit_background
from moodreel.search.vectors import FusedVectors, Source
from moodreel.storage.atomic import atomic_path
from moodreel.storage.digests import digest

# The share of unrelated queries that may pass as answered: a judgement, not measured. Less would
# mark hits of queries that the index does answer; there are 128 probes to read it off.
FALSE_ALARMS = 0.1
FEWEST = 2  # the fewest scores that a threshold is read off
# The intensity from which a hit's strongest emotion is a confident match by itself.
PLAIN_MOOD = 0.4


@dataclass(frozen=True)
class Confidence:
    """The content scores that unrelated texts, and unrelated videos, reach by chance.

    None: there is too little in the index to tell. `spread` is the standard deviation of the best
    scores of unrelated texts; thresholds that an older moodreel kept are without.
    """

    text: float | None
    example: float | None
    spread: float | None = None


def fit_threshold(best: NDArray[np.float32]) -> float | None:
    """Return what the best scores [n] of unrelated queries exceed one time in ten.

    >>> round(fit_threshold(np.array([0.1, 0.2, 0.3, 0.4, 0.9])), 2)
    0.46
    """
    if len(best) < FEWEST:
        return None
    low, middle, high = np.quantile(best, [FALSE_ALARMS, 0.5, 1 - FALSE_ALARMS])
    return float(min(high, middle + (middle - low)))


def fit_confidence(fused: FusedVectors, encoder: TextEncoder, collection: Collection) -> Confidence:
    """Score unrelated texts and videos against an index and fit both thresholds."""
    best = best_scores(fused, encoder)
    spread = fit_background(best).spread if len(best) >= FEWEST else None
    return Confidence(fit_threshold(best), example_threshold(collection), spread)


@torch.inference_mode()
def best_scores(fused: FusedVectors, encoder: TextEncoder) -> NDArray[np.float32]:
    """Return the best score of each unrelated text; none in an empty index."""
    if not fused.store.count:
        return np.zeros(0, np.float32)
    neutral = EmotionScores.unobserved(len(PROBES))
    vectors = fused.strategy.fuse_text(encoder.encode(list(PROBES)), neutral)
    _, scores = fused.store.search(vectors.float().cpu().numpy(), 1)
    return scores[:, 0]


def example_threshold(collection: Collection) -> float | None:
    """Return the threshold for pictures and moments: how near the nearest other video lies."""
    alike = collection.content @ collection.content.T
    alike[collection.videos[:, None] == collection.videos[None]] = -np.inf
    best = alike.max(1, initial=-np.inf)
    return fit_threshold(best[np.isfinite(best)])


def mark_weak(
    hits: Sequence[Hit],
    likeness: NDArray[np.float32] | None,
    threshold: float | None,
    wanted: EmotionScores | None = None,
) -> list[Hit]:
    """Return hits with those marked of which neither content, nor words, nor mood say enough.

    Args:
        hits: the n hits of one query.
        likeness: the cosine of each hit's content with what was asked for, before any fusion,
            [n]; None if only mood was asked for.
        threshold: the least likeness of a confident match; None marks no hit.
        wanted: the emotions asked for, [1, 8].
    """
    if likeness is None:
        return [replace(hit, weak=hit.emotion_score <= 0) for hit in hits]
    if threshold is None:
        return list(hits)
    asked = {} if wanted is None else wanted.named(0)
    near = (likeness >= threshold).tolist()
    return [
        replace(hit, weak=not (enough or hit.matches or shows_mood(hit, asked)))
        for hit, enough in zip(hits, near, strict=True)
    ]


def shows_mood(hit: Hit, asked: Mapping[str, float]) -> bool:
    """Whether a hit plainly shows, as its strongest emotion, one that was asked for.

    Args:
        hit: the hit, with the emotions seen in it.
        asked: the intensities asked for by name; below 0 to be avoided.
    """
    strongest = max(hit.emotions, key=hit.emotions.__getitem__, default="")
    return (
        hit.emotion_score > 0
        and asked.get(strongest, 0.0) > 0
        and hit.emotions[strongest] >= PLAIN_MOOD
    )


def query_threshold(query: Query, confidence: Confidence) -> float | None:
    """Return the least content score for a query; None where examples change a text."""
    written = bool(query.text.strip())
    liked = query.examples is not None and bool(query.examples.liked)
    if written and liked:
        return None
    return confidence.example if liked else confidence.text


def stored_confidence(
    fused: FusedVectors,
    source: Source,
    encoder: TextEncoder,
    collection: Callable[[], Collection],
) -> Confidence:
    """Load the thresholds of an index as it is now, or fit and keep them."""
    key = digest(f"{source.key(fused.strategy, fused.store)},{encoder.fingerprint}")
    file = source.catalog.folder / "confidence" / f"{key}.json"
    known = load_confidence(file, fused.revision)
    if known is None:
        known = fit_confidence(fused, encoder, collection())
        keep_confidence(file, fused.revision, known)
    return known


def load_confidence(file: Path, revision: int) -> Confidence | None:
    """Read kept thresholds; None where there are none for the revision, or they are damaged."""
    try:
        kept = loads(file.read_text())
        return Confidence(**kept["thresholds"]) if kept["revision"] == revision else None
    except (OSError, JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        return None


def keep_confidence(file: Path, revision: int, confidence: Confidence) -> None:
    """Write thresholds; a disk that is full or read-only costs the next process some time."""
    with suppress(OSError):
        file.parent.mkdir(exist_ok=True)
        with atomic_path(file) as partial:
            partial.write_text(dumps({"revision": revision, "thresholds": asdict(confidence)}))
