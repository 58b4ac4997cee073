"""The object that users hold: index videos, search them, turn things into vectors."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Literal, Self
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.catalog.catalog import FILE, Catalog
from moodreel.catalog.records import Filter
from moodreel.decoding.decoder import Decoder
from moodreel.decoding.pictures import read_picture
from moodreel.decoding.segmentation import Segmentation
from moodreel.emotions import EmotionScores
from moodreel.engine.encoding import read_clip, registry_decoder, text_vectors, video_vectors
from moodreel.engine.timeline import Timeline, read_timeline, stored_timeline
from moodreel.errors import CatalogError, ConfigurationError
from moodreel.fusion.checkpoints import changed_at, load_strategy
from moodreel.indexing.captions import CaptionEncoder
from moodreel.indexing.indexer import Indexer, IndexReport
from moodreel.interfaces import Captioner, EmotionExtractor, TextEncoder, VideoEncoder
from moodreel.media import Clip, Hit, MomentName, Progress, Segment, parse_moment
from moodreel.registry.registry import Registry
from moodreel.search.collection import Collection, sample_collection
from moodreel.search.confidence import Confidence, mark_weak, query_threshold, stored_confidence
from moodreel.search.feedback import Example, Examples, mean_example
from moodreel.search.query import Query, encode_query, wanted_emotions
from moodreel.search.ranking import find_moments
from moodreel.search.recommendation import Recommendation, best_of_each, choose
from moodreel.search.vectors import FusedVectors, Source, fused_vectors

CANDIDATES = 5  # hits looked at for each recommendation, so that they can differ

Inside = Literal["video", "captions"]
"""What a text is compared with."""
Named = str | MomentName
"""A moment as a user names it: "VIDEO" or "VIDEO@SECONDS"."""


@dataclass(frozen=True, eq=False)
class Answer:
    """Hits, best first, and the emotions that were asked for, [1, 8]."""

    hits: list[Hit]
    wanted: EmotionScores


class Engine:
    """Indexes and searches videos with the components of one configuration.

    One engine serves several threads: what is not safe to share is done by one at a time.

    Args:
        registry: the components.
        index: the folder of the index.

    Raises:
        ConfigurationError: the text and the video encoder do not share a space.

    ::

        engine = Engine.from_preset("starter", index="my-index")
        engine.index(["videos"])
        hits = engine.search("two friends at a party, joyful")
    """

    def __init__(self, registry: Registry, index: str | Path = ".moodreel") -> None:
        self.registry = registry
        self.folder = Path(index)
        self.segmentation = Segmentation(**registry.settings.segments)
        self._fused: dict[tuple[str, int, str], FusedVectors] = {}
        self._confidence: WeakKeyDictionary[FusedVectors, Confidence] = WeakKeyDictionary()
        self._collections: dict[str, tuple[int, Collection]] = {}
        self._lock = RLock()
        check_pair(self.text_encoder, self.video_encoder)

    @classmethod
    def from_preset(
        cls,
        preset: str = "starter",
        index: str | Path = ".moodreel",
        config: str | Path | None = None,
        overrides: Sequence[str] = (),
    ) -> Self:
        """Build an engine from a preset of the registry.

        Args:
            preset: a name under `presets`.
            index: the folder of the index; it is made by the first `index` call.
            config: a YAML file merged over registry.yaml.
            overrides: "key=value" settings, as on the command line.
        """
        return cls(Registry.load(preset, config, overrides), index)

    @cached_property
    def video_encoder(self) -> VideoEncoder:
        """The encoder of clips."""
        return self.registry.slot("video_encoder")

    @cached_property
    def text_encoder(self) -> TextEncoder:
        """The encoder of texts."""
        return self.registry.slot("text_encoder")

    @cached_property
    def text_emotion(self) -> EmotionExtractor | None:
        """What reads the emotions of a query."""
        return self.registry.emotion_slot("text_emotion", "text")

    @cached_property
    def video_emotion(self) -> EmotionExtractor | None:
        """What reads the emotions of a clip."""
        return self.registry.emotion_slot("video_emotion", "video")

    @cached_property
    def captioner(self) -> Captioner | None:
        """What says in words what a clip shows; None where the preset has none."""
        has_one = "captioner" in self.registry.settings.slots
        return self.registry.slot("captioner") if has_one else None

    @cached_property
    def caption_encoder(self) -> CaptionEncoder:
        """The encoder of captions."""
        return CaptionEncoder(self.captioner, self.text_encoder)

    @cached_property
    def decoder(self) -> Decoder:
        """The worker processes that read files."""
        return registry_decoder(self.registry)

    @cached_property
    def catalog(self) -> Catalog:
        """The record of an index that exists."""
        return Catalog(self.folder)

    def index(
        self,
        paths: Sequence[str | Path] | str | Path,
        prune: bool = False,
        report: Callable[[Progress], None] = lambda progress: None,
    ) -> IndexReport:
        """Index the videos under `paths`; what has not changed is skipped.

        Args:
            paths: files and folders, one or several.
            prune: whether to forget videos of `paths` whose files are gone.
            report: called with the progress.

        Raises:
            InvalidInput: a path does not exist.
            CatalogError: the index cannot be written, or another process is writing it.
        """
        paths = [paths] if isinstance(paths, str | Path) else list(paths)
        with closing(Catalog(self.folder, create=True)) as catalog:
            indexer = Indexer(
                catalog,
                self.decoder,
                self.video_encoder,
                self.video_emotion,
                self.segmentation,
                report,
                self.caption_encoder,
            )
            return indexer.run(paths, prune)

    def search(
        self,
        text: str = "",
        emotions: Mapping[str, float] | None = None,
        weight: float | None = None,
        fusion: str | None = None,
        top: int = 10,
        min_score: float | None = None,
        merge: bool = True,
        image: str | Path | bytes | None = None,
        like: Sequence[Named] = (),
        unlike: Sequence[Named] = (),
        filter: Filter | None = None,
        inside: Inside = "video",
    ) -> list[Hit]:
        """Return the best moments, best first.

        Args:
            text: what is shown, and how it feels.
            emotions: intensities wanted by name, -1 to 1. None: those that the text names;
                {}: none.
            weight: of mood against content, 0 to 1. None: the strategy's own.
            fusion: another fusion strategy than the configuration's: a component's name, or the
                folder of a trained one.
            top: how many.
            min_score: moments below it are left out.
            merge: whether neighbouring hits of one video become one moment.
            image: a picture, its file or contents, of what is to be seen.
            like: moments, "VIDEO@SECONDS" or "VIDEO", that hits should be like.
            unlike: moments that they should not be like.
            filter: which videos count; None: all.
            inside: what the text is compared with: the "video", or its "captions".

        Raises:
            InvalidInput: an empty query, an unknown emotion, a weight out of range, no picture.
            CatalogError: there is no index, it lacks a moment, or it holds no captions to search.
        """
        examples = self.examples(image, like, unlike, inside)
        within = self.catalog.find_segments(filter) if filter else None
        query = Query(text, emotions, weight, top, min_score, merge, examples, within)
        return self.ask(query, fusion, inside)

    def ask(self, query: Query, fusion: str | None = None, inside: Inside = "video") -> list[Hit]:
        """Return the best moments for a query; those that are no confident match are marked."""
        return self.answer(query, fusion, inside).hits

    def answer(self, query: Query, fusion: str | None = None, inside: Inside = "video") -> Answer:
        """Return the best moments for a query, and the emotions that they were looked for with."""
        with self._lock:
            fused = self.fused(fusion, inside)
            if not fused.store.count:  # no strategy is fitted to nothing
                return Answer([], wanted_emotions(query, self.text_emotion))
            encoded = encode_query(query, self.text_encoder, self.text_emotion, fused.strategy)
        found = find_moments(query, encoded, fused, self.sources[inside])
        known = query_threshold(query, self.confidence(fused, inside))
        return Answer(mark_weak(found.hits, found.likeness, known), encoded.wanted)

    def confidence(self, fused: FusedVectors, inside: Inside = "video") -> Confidence:
        """Return the thresholds of an index, fitted when they are first needed."""
        with self._lock:
            if fused not in self._confidence:
                sample = partial(self.collection, inside)
                self._confidence[fused] = stored_confidence(
                    fused, self.sources[inside], self.text_encoder, sample
                )
            return self._confidence[fused]

    def collection(self, inside: Inside = "video") -> Collection:
        """Return a sample of the index, in step with the catalog."""
        with self._lock:
            revision = self.catalog.revision
            known = self._collections.get(inside)
            if known is None or known[0] != revision:
                known = revision, sample_collection(self.sources[inside])
                self._collections[inside] = known
            return known[1]

    def mood(
        self,
        emotions: Mapping[str, float],
        fusion: str | None = None,
        top: int = 10,
        min_score: float | None = None,
        merge: bool = True,
    ) -> list[Hit]:
        """Return the moments that feel most like `emotions`, whatever they show."""
        return self.search("", emotions, None, fusion, top, min_score, merge)

    def similar(
        self,
        moment: Named,
        emotions: Mapping[str, float] | None = None,
        weight: float | None = None,
        fusion: str | None = None,
        top: int = 10,
        min_score: float | None = None,
        merge: bool = True,
        filter: Filter | None = None,
    ) -> list[Hit]:
        """Return the moments of other videos that are most like "VIDEO@SECONDS" or "VIDEO"."""
        examples = self.examples(like=[moment])
        within = self.catalog.find_segments(filter) if filter else None
        own = self.segment_ids(name_moment(moment).video)
        query = Query("", emotions, weight, top, min_score, merge, examples, within, own)
        return self.ask(query, fusion)

    def recommend(
        self,
        like: Sequence[Named] = (),
        emotions: Mapping[str, float] | None = None,
        weight: float | None = None,
        fusion: str | None = None,
        top: int = 10,
        filter: Filter | None = None,
    ) -> list[Recommendation]:
        """Return videos that are like the liked moments and feel as wished, and that differ.

        Args:
            like: moments, "VIDEO@SECONDS" or "VIDEO"; their own videos are left out.
            emotions: the wished mood, -1 to 1 by name. None: that of the liked moments.
            weight: of mood against content, 0 to 1. None: the strategy's own.
            fusion: another fusion strategy than the configuration's, by name.
            top: how many.
            filter: which videos count; None: all.

        Raises:
            InvalidInput: neither a liked moment nor a wished mood.
            CatalogError: there is no index, or a moment is not in it.
        """
        likes = [(name_moment(moment), self.example_of(moment)) for moment in like]
        own = [self.segment_ids(name.video) for name, _ in likes]
        query = Query(
            emotions=emotions,
            weight=weight,
            top=top * CANDIDATES,
            examples=self.examples(like=[name for name, _ in likes]),
            within=self.catalog.find_segments(filter) if filter else None,
            without=np.concatenate(own) if own else None,
        )
        hits = best_of_each(self.ask(query, fusion))
        if not likes:
            hits = [hit for hit in hits if not hit.weak]
        content = [self.example_of(MomentName(hit.video, hit.start)).content for hit in hits]
        wanted = wanted_emotions(query)
        return choose(hits, content, likes, wanted, self.collection(), top)

    def examples(
        self,
        image: str | Path | bytes | None = None,
        like: Sequence[Named] = (),
        unlike: Sequence[Named] = (),
        inside: Inside = "video",
    ) -> Examples | None:
        """Return what a query should be like and unlike; None where nothing is given."""
        if image is None and not like and not unlike:
            return None
        liked = [self.example_of(moment, inside) for moment in like]
        liked += [] if image is None else [self.picture_example(image)]
        unliked = [self.example_of(moment, inside) for moment in unlike]
        return Examples(self.collection(inside), liked, unliked)

    def example_of(self, moment: Named, inside: Inside = "video") -> Example:
        """Return the features of an indexed moment, or the mean of those of a whole video."""
        name, source = name_moment(moment), self.sources[inside]
        if name.time is None:
            ids = self.segment_ids(name.video)
        else:
            ids = np.array([self.catalog.moment_at(name.video, name.time).id], np.int64)
        _, pooled = self.catalog.load_features(source.encoder, ids)
        if not len(pooled):
            raise CatalogError(f"{name.title}: has no features to compare; run moodreel index")
        return mean_example(pooled, source.load_emotions(ids))

    @torch.inference_mode()
    def picture_example(self, image: str | Path | bytes) -> Example:
        """Return the features of a picture, read as a clip of one frame."""
        clip = read_picture(image)
        with self._lock:
            pooled = self.video_encoder.encode([clip]).pooled.float().cpu().numpy()
            seen = self.video_emotion.extract([clip]) if self.video_emotion else None
        return Example(pooled[0], EmotionScores.unobserved(1) if seen is None else seen)

    def segment_ids(self, video: str) -> NDArray[np.int64]:
        """Return the ids of a video's segments (its path as given), in time."""
        moments = self.catalog.segments_of(video)
        return np.array([moment.id for moment in moments], np.int64)

    @cached_property
    def source(self) -> Source:
        """Where fused vectors come from."""
        return Source(self.catalog, self.video_encoder, self.video_emotion, self.captioner)

    @cached_property
    def sources(self) -> dict[str, Source]:
        """Where the vectors come from by what is searched, the video or its captions."""
        return {
            "video": self.source,
            "captions": replace(self.source, encoder=self.caption_encoder),
        }

    def fused(self, fusion: str | None = None, inside: Inside = "video") -> FusedVectors:
        """Return the vectors of a strategy (a name, or a trained one's folder), in step."""
        name = fusion or self.registry.slot_name("fusion_strategy")
        key = (name, changed_at(name), inside)
        with self._lock:
            known = self._fused.get(key)
            if known is None or known.revision != self.catalog.revision:
                strategy = load_strategy(self.registry, name)
                store = self.registry.fresh("vector_store")
                source = self.sources[inside]
                known = self._fused[key] = fused_vectors(source, strategy, store)
        if inside == "captions" and not known.store.count:
            raise CatalogError(
                f"{self.folder} holds no captions to search: choose a captioner or put subtitles "
                "beside the videos, and index again"
            )
        return known

    def encode_text(self, texts: str | Sequence[str]) -> NDArray[np.float32]:
        """Return the vector [D] of a text, or those [B, D] of several, L2-normalised."""
        return text_vectors(self.text_encoder, texts)

    def encode_video(self, paths: str | Path | Sequence[str | Path]) -> NDArray[np.float32]:
        """Return the vector [D] of a whole video, or those [B, D] of several, L2-normalised.

        Raises:
            UnreadableVideo: a file cannot be read.
        """
        return video_vectors(self.video_encoder, self.decoder, paths)

    def clip(self, path: str | Path, segment: Segment | None = None) -> Clip:
        """Return the frames that the encoder sees of a segment, or of the whole video."""
        return read_clip(self.video_encoder, self.decoder, path, segment)

    def frame(self, video: str, time: float) -> NDArray[np.uint8]:
        """Return the frame [H, W, 3] of an indexed video (its path as in a hit) at `time` s."""
        return self.decoder.read(Path(self.catalog.locate(video)), [time]).frames[0]

    def timeline(self, video: str | Path) -> Timeline:
        """Return how a video feels over time.

        Args:
            video: one of the index (its path as given, or where it lies), or any file; emotions
                that the index does not hold are read now.

        Raises:
            ConfigurationError: no extractor of video emotions is chosen.
            UnreadableVideo: it is neither in the index nor a video that can be read.
        """
        extractor = self.video_emotion
        if extractor is None:
            raise ConfigurationError("no extractor of video emotions is chosen; set video_emotion")
        known = (self.folder / FILE).exists()
        stored = stored_timeline(self.source, str(video)) if known else None
        if stored is not None:
            return stored
        frames = self.video_encoder.frames_per_clip
        with self._lock:
            return read_timeline(str(video), self.decoder, self.segmentation, frames, extractor)

    @contextmanager
    def encoding(self) -> Iterator[None]:
        """Hold what is not safe to share between threads, such as an encoder's tokenizer."""
        with self._lock:
            yield

    def close(self) -> None:
        """End the worker processes and close the index."""
        for name in ("decoder", "catalog"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def name_moment(moment: Named) -> MomentName:
    """Return a moment by video and second."""
    return parse_moment(moment) if isinstance(moment, str) else moment


def check_pair(text: TextEncoder, video: VideoEncoder) -> None:
    """Refuse encoders whose vectors cannot be compared."""
    if (text.space, text.dim) != (video.space, video.dim):
        raise ConfigurationError(
            f"text encoder and video encoder do not share a space: {text.space} ({text.dim}) "
            f"against {video.space} ({video.dim}); choose a pair that does"
        )
