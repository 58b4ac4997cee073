"""Queries: what is asked for, and its encoding as the vector that a strategy searches with."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.emotions import Emotion, EmotionScores, intensity
from moodreel.errors import InvalidInput
from moodreel.fusion.strategy import FusionStrategy
from moodreel.interfaces import EmotionExtractor, TextEncoder, TextFeatures
from moodreel.search.feedback import Examples
from moodreel.search.wording import without_marks


@dataclass(frozen=True)
class Query:
    """A query: a text, emotions, examples, and which hits to return.

    Args:
        text: what is to be seen; empty: anything.
        emotions: intensities wanted by name, -1 to 1. None: those that the text itself names.
        weight: how much mood counts against content, 0 to 1. None: the strategy's own weight.
        top: how many hits to return.
        min_score: hits with a lower score are left out.
        merge: whether neighbouring hits of one video become one.
        examples: moments and pictures that hits should be like, or unlike.
        within: the ids of the only segments that count; None: all segments.
        without: the ids of segments that do not count; None: none.
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
        """Whether the query asks for content, and not for mood alone."""
        return bool(self.text.strip()) or self.examples is not None

    def counts(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which of some segments count."""
        kept = np.ones(len(ids), bool) if self.within is None else np.isin(ids, self.within)
        return kept if self.without is None else kept & ~np.isin(ids, self.without)

    def unquoted(self) -> "Query":
        """Return the query without quotation marks in its text."""
        return replace(self, text=without_marks(self.text))

    def only(self, ids: NDArray[np.int64]) -> "Query":
        """Return the query with fewer segments that count."""
        kept = ids if self.within is None else np.intersect1d(ids, self.within)
        return replace(self, within=kept)

    def leaving_out(self, ids: NDArray[np.int64]) -> "Query":
        """Return the query with more segments that do not count."""
        known = [] if self.without is None else [self.without]
        return replace(self, without=np.concatenate([*known, ids]))

    def __post_init__(self) -> None:
        # a command line that is no UTF-8 gives halves of characters, which no tokenizer takes
        text = self.text.encode("utf-8", "replace").decode().replace("\0", " ")
        object.__setattr__(self, "text", text)
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
    return extractor.wishes([query.text])


def encode_content(
    text: str, encoder: TextEncoder, strategy: FusionStrategy, wanted: EmotionScores
) -> TextFeatures:
    """Return text features [1, D]; zero where there is no text."""
    if not text.strip():
        return TextFeatures(torch.zeros(1, encoder.dim))
    return encoder.encode([text], inject=strategy.injector(wanted))


@torch.inference_mode()
def encode_query(
    query: Query, wanted: EmotionScores, encoder: TextEncoder, strategy: FusionStrategy
) -> EncodedQuery:
    """Encode a query that wants emotions [1, 8] as the vector that a strategy searches with."""
    text = encode_content(query.text, encoder, strategy, wanted)
    if query.examples is not None:
        text = refine_text(text, query, query.examples)
    weight = chosen_weight(query, strategy)
    weighed = {} if weight is None else {"weight": weight}
    vector = strategy.fuse_text(text, wanted, **weighed)
    if not vector.any():
        raise InvalidInput(
            f"the fusion strategy {type(strategy).__name__} finds nothing by emotion alone; "
            "add a text, or choose another fusion strategy, such as late"
        )
    return EncodedQuery(text, wanted, vector.float().numpy(), weight)


def refine_text(text: TextFeatures, query: Query, examples: Examples) -> TextFeatures:
    """Return text features [1, D] that are more like the liked examples, less like the others."""
    written = text.pooled[0].float().cpu().numpy() if query.text.strip() else None
    refined = torch.from_numpy(examples.refine_content(written))[None]
    return replace(text, pooled=refined.to(text.pooled))


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
