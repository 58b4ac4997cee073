"""The object that users hold: index videos, search them, turn things into vectors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray

from moodreel.captions import CaptionEncoder
from moodreel.catalog import Catalog
from moodreel.checkpoints import changed_at, load_strategy
from moodreel.decoding import Decoder
from moodreel.errors import CatalogError, ConfigurationError
from moodreel.indexing import Indexer, IndexReport
from moodreel.interfaces import Captioner, EmotionExtractor, TextEncoder, VideoEncoder
from moodreel.media import Clip, Hit, Progress, Segment
from moodreel.registry import Registry
from moodreel.search import Query, encode_query, find_moments
from moodreel.segments import Segmentation, sample_times
from moodreel.vectors import FusedVectors, Source, fused_vectors

Inside = Literal["video", "captions"]
"""What a text is compared with."""


class Engine:
    """Indexes and searches videos with the components of one configuration.

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
        slots = [s for s in ("video_reader", "second_reader") if s in self.registry.settings.slots]
        return Decoder([self.registry.slot(slot) for slot in slots])

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
        indexer = Indexer(
            Catalog(self.folder, create=True),
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
            inside: what the text is compared with: the "video", or its "captions".

        Raises:
            InvalidInput: an empty query, an unknown emotion, a weight out of range.
            CatalogError: there is no index, or it holds no captions to search.
        """
        query = Query(text, emotions, weight, top, min_score, merge)
        fused = self.fused(fusion, inside)
        encoded = encode_query(query, self.text_encoder, self.text_emotion, fused.strategy)
        return find_moments(query, encoded, fused, self.sources[inside])

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

    @torch.inference_mode()
    def encode_text(self, texts: str | Sequence[str]) -> NDArray[np.float32]:
        """Return the vector [D] of a text, or those [B, D] of several, L2-normalised."""
        batch = [texts] if isinstance(texts, str) else list(texts)
        pooled = self.text_encoder.encode(batch).pooled.float().cpu().numpy()
        return pooled[0] if isinstance(texts, str) else pooled

    @torch.inference_mode()
    def encode_video(self, paths: str | Path | Sequence[str | Path]) -> NDArray[np.float32]:
        """Return the vector [D] of a whole video, or those [B, D] of several, L2-normalised.

        Raises:
            UnreadableVideo: a file cannot be read.
        """
        single = isinstance(paths, str | Path)
        clips = [self.clip(path) for path in ([paths] if single else paths)]  # type: ignore
        pooled = self.video_encoder.encode(clips).pooled.float().cpu().numpy()
        return pooled[0] if single else pooled

    def clip(self, path: str | Path, segment: Segment | None = None) -> Clip:
        """Return the frames that the encoder sees of a segment, or of the whole video."""
        path = Path(path)
        whole = segment or Segment(0.0, self.decoder.probe(path).duration)
        return self.decoder.read(path, sample_times(whole, self.video_encoder.frames_per_clip))

    def frame(self, video: str, time: float) -> NDArray[np.uint8]:
        """Return the frame [H, W, 3] of an indexed video (its path as in a hit) at `time` s."""
        return self.decoder.read(Path(self.catalog.locate(video)), [time]).frames[0]

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


def check_pair(text: TextEncoder, video: VideoEncoder) -> None:
    """Refuse encoders whose vectors cannot be compared."""
    if (text.space, text.dim) != (video.space, video.dim):
        raise ConfigurationError(
            f"text encoder and video encoder do not share a space: {text.space} ({text.dim}) "
            f"against {video.space} ({video.dim}); choose a pair that does"
        )
