"""Why a moment was found: its score's parts, the words, the frames and the faces behind them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.components import Components
from moodreel.emotions import Emotion
from moodreel.engine.encoding import read_clip, text_vectors
from moodreel.errors import CatalogError, InvalidInput, UnreadableVideo
from moodreel.explanation.contributions import Contributions, Pair, split_score
from moodreel.interfaces import EmotionExtractor
from moodreel.media import Clip, Hit, Segment
from moodreel.search.index import Answer, Lookup, SearchIndex
from moodreel.search.query import Query
from moodreel.search.vectors import Source

WORD = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
LEAST = 1e-3  # intensities below it would be shown as 0.00: a judgement, not measured


@dataclass(frozen=True)
class WordPart:
    """What a word contributed to the emotions that were read in a query.

    Args:
        word: the word.
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
        time: the time of the frame, in seconds of the video.
        box: left, top, width and height in the frame's pixels.
        weight: the face's share among all faces of the segment.
        probabilities: the probability of each class: emotions, and "neutral".
    """

    time: float
    box: tuple[float, float, float, float]
    weight: float
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class FramePart:
    """A frame of the segment.

    Args:
        time: the time of the frame, in seconds of the video.
        content: the cosine of the frame by itself with the query's text.
        emotions: the intensities seen in the frame by itself.
        mood: how far the frame shows the emotions that the query wants: the products of
            intensities wanted and seen, summed.
    """

    time: float
    content: float
    emotions: Mapping[str, float]
    mood: float


@dataclass(frozen=True)
class Explanation:
    """Why a segment has its score for a query.

    Args:
        text: the query's text.
        video: the video's path as given when it was indexed.
        start: where the segment starts, in seconds.
        end: where the segment ends, in seconds.
        strategy: the name of the fusion strategy.
        parts: what content and each emotion contributed to the score.
        wanted: the emotions that the query wants, by name.
        seen: the emotions of the segment, as the index stores them.
        signals: what each signal says of the segment, where several are joined to `seen`.
        words: what each word contributed to the query's emotions.
        frames: what each frame of the segment shows.
        faces: the faces in these frames.
        note: what could not be looked at; empty where everything was.
        location: where the video lies, an absolute path.
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
    signals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    frames: Sequence[FramePart] = ()
    faces: Sequence[FacePart] = ()
    note: str = ""
    location: str = ""

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
        text: the query's.
        index: the index to explain from.
        text: the query's text.
        video: VIDEO@SECONDS, or VIDEO for its best segment; VIDEO by its place on disk, or by its
            path as given when indexed.
        emotions: intensities wanted by name, -1 to 1. None: those that the text names; {}: none.
        weight: how much mood counts against content, 0 to 1. None: the strategy's own weight.
        fusion: another strategy than the configuration's, by name or folder.

    Raises:
        InvalidInput: an empty text.
        CatalogError: the video is not in the index, or not with features.
    """
    if not text.strip():
        raise InvalidInput("an explanation needs a text")
    moment = index.moment(video)
    if moment.time is None:
        ids = index.segment_ids(moment.video).tolist()
    else:
        ids = [index.catalog.moment_at(moment.video, moment.time).id]
    encoded, _ = index.catalog.load_features(index.components.video_encoder, ids)
    lookup = index.look_up(Query(text, emotions, weight), fusion)
    if lookup is None or not len(encoded):
        raise CatalogError(f"{moment.title}: has no features to explain; run moodreel index")
    lookup = index.lifted(lookup)
    return with_frames(
        index, explain_best(index, lookup, encoded.tolist(), words_of(index, lookup.query))
    )


def explain_hits(
    index: SearchIndex, answer: Answer, hits: Sequence[Hit] | None = None
) -> list[Explanation]:
    """Explain hits of a search: the score of each one's best part, and the words.

    Nothing is decoded, and the query is not encoded again.

    Args:
        index: that was searched.
        answer: of `index.answer`.
        hits: those to explain; None: all of the answer's.
    """
    if answer.lookup is None:
        return []
    words = words_of(index, answer.lookup.query)
    chosen = answer.hits if hits is None else hits
    return [explain_best(index, answer.lookup, parts_of(index, hit), words) for hit in chosen]


def parts_of(index: SearchIndex, hit: Hit) -> list[int]:
    """Return the ids of the segments that were joined to a hit."""
    moments = index.catalog.segments_of(hit.place)
    return [m.id for m in moments if m.segment.start >= hit.start and m.segment.end <= hit.end]


def explain_best(
    index: SearchIndex, lookup: Lookup, ids: Sequence[int], words: Sequence[WordPart]
) -> Explanation:
    """Explain the best of some segments."""
    source = index.sources[lookup.inside]
    best, parts = max(best_splits(index, lookup, ids), key=lambda found: found[1].score)
    moment = source.catalog.moments([best])[0]
    return Explanation(
        lookup.query.text,
        moment.video,
        moment.segment.start,
        moment.segment.end,
        lookup.fusion,
        parts,
        {name: value for name, value in lookup.encoded.wanted.named(0).items() if value},
        source.load_emotions(np.array([best], np.int64)).named(0),
        words,
        signals_of(source, best),
        location=moment.location,
    )


def signals_of(source: Source, segment: int) -> dict[str, dict[str, float]]:
    """Return what each signal says of a segment by id; those that say nothing are left out."""
    signals = source.extractor.signals if source.extractor else {}
    ids = np.array([segment], np.int64)
    said = {
        name: told(replace(source, extractor=signal).load_emotions(ids).named(0))
        for name, signal in signals.items()
    }
    return {name: emotions for name, emotions in said.items() if emotions}


def best_splits(
    index: SearchIndex, lookup: Lookup, ids: Sequence[int], kept: int = 3
) -> Iterator[tuple[int, Contributions]]:
    """Yield the id and the score's parts of the best few segments: reranking may swap them."""
    source, encoder = index.sources[lookup.inside], index.components.text_encoder
    query, encoded, fused = lookup.query, lookup.encoded, lookup.fused
    stored = fused.store.vectors(np.array(ids, np.int64))
    gains = text_gains(lookup, ids, stored)
    for place in np.argsort(-(stored @ encoded.vector[0] + gains), kind="stable")[:kept]:
        vector = stored[place].astype(np.float64)
        pair = Pair(query, encoded, fused, source, encoder, vector, ids[place])
        yield ids[place], split_score(pair).with_texts(float(gains[place]))


def text_gains(
    lookup: Lookup, ids: Sequence[int], stored: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return what tracks of text add to the scores of segments with these vectors [n, D']."""
    if lookup.lifts is None:
        return np.zeros(len(ids), np.float32)
    dim = lookup.fused.dim
    content = stored[:, :dim] @ lookup.encoded.vector[0, :dim]
    return lookup.lifts.gains(np.array(ids, np.int64), content)


def words_of(index: SearchIndex, query: Query) -> list[WordPart]:
    """Return what each word contributed to a query's emotions; none where no words were read."""
    read = query.emotions is None and query.examples is None
    return word_parts(query.text, index.components.text_emotion) if read else []


def word_parts(text: str, extractor: EmotionExtractor | None) -> list[WordPart]:
    """Return what each word contributed to the emotions of a text; other words are left out."""
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
    """Return the intensities that are large enough to be shown."""
    return {name: value for name, value in values.items() if abs(value) >= LEAST}


def difference(whole: Mapping[str, float], rest: Mapping[str, float]) -> dict[str, float]:
    """Return how much weaker each emotion is in the rest."""
    return {name: value - rest.get(name, 0.0) for name, value in whole.items()}


def with_frames(index: SearchIndex, explanation: Explanation) -> Explanation:
    """Return an explanation with the frames and faces of its segment, decoded anew."""
    parts, segment = index.components, Segment(explanation.start, explanation.end)
    try:
        path = Path(index.catalog.locate(explanation.location))
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
    seen = list(parts.video_emotion.look(single)) if parts.video_emotion else [{}] * len(clip)
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
