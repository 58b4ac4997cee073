"""Why a moment was found: its score's parts, the words, the frames and the faces behind them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.components import Components
from moodreel.emotions import Emotion
from moodreel.engine.encoding import read_clip, text_vectors
from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.explanation.contributions import Contributions, make_pair, split_score
from moodreel.interfaces import EmotionExtractor
from moodreel.media import Clip, Hit, Segment, parse_moment
from moodreel.search.index import Inside, SearchIndex
from moodreel.search.query import Query, encode_query

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
LEAST = 1e-3  # intensities below it are not told


@dataclass(frozen=True)
class WordPart:
    """What a word of the query had in the emotions that were read in it.

    Args:
        alone: the intensities of the word by itself.
        lost: how much weaker each emotion of the query is without the word.
    """

    word: str
    alone: Mapping[str, float]
    lost: Mapping[str, float]


@dataclass(frozen=True)
class FacePart:
    """A face in a frame.

    Args:
        box: left, top, width and height in the frame's pixels.
        weight: its share among all faces of the segment.
        probabilities: by class.
    """

    time: float
    box: tuple[float, float, float, float]
    weight: float
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class FramePart:
    """A frame of the segment.

    Args:
        content: how near it is to the query's text by itself, a cosine.
        emotions: the intensities seen in it by itself.
        mood: how far it shows the emotions that the query wants: their product, summed.
    """

    time: float
    content: float
    emotions: Mapping[str, float]
    mood: float


@dataclass(frozen=True)
class Explanation:
    """Why a segment has its score for a query.

    Args:
        wanted: the emotions that the query wants, by name.
        seen: those of the segment, as stored in the index.
        note: what could not be looked at, or empty.
    """

    text: str
    video: str
    start: float
    end: float
    strategy: str
    parts: Contributions
    wanted: Mapping[str, float]
    seen: Mapping[str, float]
    words: Sequence[WordPart]
    frames: Sequence[FramePart] = ()
    faces: Sequence[FacePart] = ()
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return asdict(self)


@runtime_checkable
class FaceReader(Protocol):
    """An extractor that can say which faces it read emotions from."""

    def read_faces(self, clip: Clip) -> Sequence[Any]:
        """Return faces with `time`, `box`, `weight` and `probabilities`."""


def explain(
    index: SearchIndex,
    text: str,
    video: str,
    emotions: Mapping[str, float] | None = None,
    weight: float | None = None,
    fusion: str | None = None,
) -> Explanation:
    """Explain the score of a text and a moment, down to words, frames and faces.

    Args:
        video: VIDEO@SECONDS, or VIDEO for its best segment; by its path as given when indexed.
        emotions: as for a search.
        weight: as for a search.
        fusion: another strategy than the configuration's, by name or folder.

    Raises:
        InvalidInput: an empty text.
        CatalogError: the video is not in the index.
    """
    if not text.strip():
        raise InvalidInput("an explanation needs a text")
    query = Query(text, emotions, weight)
    moment = parse_moment(video)
    if moment.time is None:
        ids = [found.id for found in index.catalog.segments_of(moment.video)]
    else:
        ids = [index.catalog.moment_at(moment.video, moment.time).id]
    return with_frames(index, explain_best(index, query, ids, fusion))


def explain_hit(
    index: SearchIndex, query: Query, hit: Hit, fusion: str | None = None, inside: Inside = "video"
) -> Explanation:
    """Explain a hit of a search: its best part's score and the words, without decoding."""
    moments = index.catalog.segments_of(hit.video)
    within = [m.id for m in moments if m.segment.start >= hit.start and m.segment.end <= hit.end]
    return explain_best(index, query, within, fusion, inside)


def explain_best(
    index: SearchIndex,
    query: Query,
    ids: Sequence[int],
    fusion: str | None = None,
    inside: Inside = "video",
) -> Explanation:
    """Explain the best of some segments."""
    fused, source, parts = index.fused(fusion, inside), index.sources[inside], index.components
    encoded = encode_query(query, parts.text_encoder, parts.text_emotion, fused.strategy)
    splits = {
        id: split_score(make_pair(query, encoded, fused, source, parts.text_encoder, id))
        for id in best_first(fused.store.vectors(np.array(ids, np.int64)) @ encoded.vector[0], ids)
    }
    best = max(splits, key=lambda id: splits[id].score)
    moment = source.catalog.moments([best])[0]
    read = query.emotions is None and query.examples is None
    return Explanation(
        query.text,
        moment.video,
        moment.segment.start,
        moment.segment.end,
        fusion or parts.registry.slot_name("fusion_strategy"),
        splits[best],
        {name: value for name, value in encoded.wanted.named(0).items() if value},
        source.load_emotions(np.array([best], np.int64)).named(0),
        word_parts(query.text, parts.text_emotion) if read else [],
    )


def best_first(scores: NDArray[np.float32], ids: Sequence[int], kept: int = 3) -> list[int]:
    """Return the ids of the best few segments: reranking may swap neighbours."""
    return [ids[place] for place in np.argsort(-scores, kind="stable")[:kept]]


def word_parts(text: str, extractor: EmotionExtractor | None) -> list[WordPart]:
    """Return what each word had in the emotions of a text; words without any are left out."""
    matches = list(WORD.finditer(text))
    if extractor is None or not matches:
        return []
    without = [text[: m.start()] + text[m.end() :] for m in matches]
    alone = list(extractor.extract([match.group() for match in matches]))
    whole, *rest = extractor.extract([text, *without])
    parts = [
        WordPart(match.group(), told(one), told(difference(whole, left)))
        for match, one, left in zip(matches, alone, rest, strict=True)
    ]
    return [part for part in parts if part.alone or part.lost]


def told(values: Mapping[str, float]) -> dict[str, float]:
    """Return the intensities that are worth telling."""
    return {name: value for name, value in values.items() if abs(value) >= LEAST}


def difference(whole: Mapping[str, float], rest: Mapping[str, float]) -> dict[str, float]:
    """Return how much weaker each emotion is in the rest."""
    return {name: value - rest.get(name, 0.0) for name, value in whole.items()}


def with_frames(index: SearchIndex, explanation: Explanation) -> Explanation:
    """Return an explanation with the frames and faces of its segment, decoded anew."""
    parts, segment = index.components, Segment(explanation.start, explanation.end)
    try:
        path = Path(index.catalog.locate(explanation.video))
        clip = read_clip(parts.video_encoder, parts.decoder, path, segment)
    except UnreadableVideo as error:
        return replace(explanation, note=f"its frames cannot be shown: {error.reason}")
    frames = frame_parts(parts, explanation, clip)
    return replace(explanation, frames=frames, faces=face_parts(parts.video_emotion, clip))


@torch.inference_mode()
def frame_parts(parts: Components, explanation: Explanation, clip: Clip) -> list[FramePart]:
    """Return what each frame of a clip shows by itself."""
    single = [clip.frame(place) for place in range(len(clip))]
    pooled = parts.video_encoder.encode(single).pooled.float().numpy(force=True)
    content = pooled @ text_vectors(parts.text_encoder, explanation.text)
    seen = list(parts.video_emotion.extract(single)) if parts.video_emotion else [{}] * len(clip)
    return [
        FramePart(float(time), float(near), told(emotions), mood(explanation.wanted, emotions))
        for time, near, emotions in zip(clip.times, content, seen, strict=True)
    ]


def mood(wanted: Mapping[str, float], seen: Mapping[str, float]) -> float:
    """Return how far the emotions seen are those wanted."""
    return sum(value * seen.get(Emotion(name).value, 0.0) for name, value in wanted.items())


def face_parts(extractor: EmotionExtractor | None, clip: Clip) -> list[FacePart]:
    """Return the faces of a clip, where the extractor can tell them."""
    if not isinstance(extractor, FaceReader):
        return []
    return [
        FacePart(face.time, tuple(face.box), face.weight, dict(face.probabilities))
        for face in extractor.read_faces(clip)
    ]
