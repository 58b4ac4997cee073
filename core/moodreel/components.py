"""The built components of one configuration, without any index."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from moodreel.decoding.decoder import Decoder
from moodreel.decoding.segmentation import Segmentation
from moodreel.errors import ConfigurationError
from moodreel.fusion.checkpoints import load_strategy
from moodreel.fusion.strategy import FusionStrategy
from moodreel.indexing.captions import CaptionEncoder
from moodreel.indexing.track_vectors import TrackEncoder
from moodreel.interfaces import (
    Captioner,
    EmotionExtractor,
    Segmenter,
    TextEncoder,
    TextSpotter,
    Transcriber,
    VectorStore,
    VideoEncoder,
)
from moodreel.interfaces.plugin_files import file_module
from moodreel.registry.registry import Registry
from moodreel.registry.settings import Overrides

READERS = ("video_reader", "second_reader")
"""The slots of video readers, in the order in which they are tried."""

SEEN_BY = ("video", "audio", "transcript", "signals")
"""The modalities of extractors that tell the emotions of a segment."""


class Components:
    """The components of one configuration, each built when it is first used.

    Training, evaluation and features work with components alone; a `SearchIndex` adds a folder.

    Args:
        registry: the configuration.

    Raises:
        ConfigurationError: the text and the video encoder do not share a space.

    >>> components = Components.load("starter")
    >>> components.text_encoder.dim
    384
    """

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.segmentation = Segmentation(**registry.settings.segments)
        check_pair(self.text_encoder, self.video_encoder)

    @classmethod
    def load(
        cls,
        preset: str = "starter",
        config: str | Path | None = None,
        overrides: Overrides = (),
        *,
        plugins: Sequence[str | Path] = (),
    ) -> Self:
        """Read a configuration (see `Registry.load`) and build its components."""
        return cls(Registry.load(preset, config, overrides, plugins=plugins))

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
        """The extractor of a query's emotions; None where the preset has none."""
        return self.registry.emotion_slot("text_emotion", "text")

    @cached_property
    def video_emotion(self) -> EmotionExtractor | None:
        """The extractor of a clip's emotions; None where the preset has none."""
        return self.registry.emotion_slot("video_emotion", *SEEN_BY)

    @cached_property
    def captioner(self) -> Captioner | None:
        """The captioner of clips; None where the preset has none."""
        return self.optional("captioner")

    @cached_property
    def transcriber(self) -> Transcriber | None:
        """The transcriber of speech; None where the preset has none."""
        return self.optional("transcriber")

    @cached_property
    def text_spotter(self) -> TextSpotter | None:
        """The reader of words on screen; None where the preset has none."""
        return self.optional("text_spotter")

    @property
    def trackers(self) -> list[Transcriber | TextSpotter]:
        """What writes down what is said and what is to be read."""
        return [part for part in (self.transcriber, self.text_spotter) if part is not None]

    @cached_property
    def segmenter(self) -> Segmenter | None:
        """What finds the shots of a video; None where it is cut by the clock."""
        return self.optional("segmenter")

    def optional(self, slot: str) -> Any:
        """Return the component of a slot; None where the preset has none."""
        return self.registry.slot(slot) if slot in self.registry.settings.slots else None

    @cached_property
    def caption_encoder(self) -> CaptionEncoder:
        """The encoder of captions."""
        return CaptionEncoder(self.captioner, self.text_encoder)

    def track_encoder(self, tracker: Transcriber | TextSpotter) -> TrackEncoder:
        """Return the encoder of what is said, or written, in segments."""
        return TrackEncoder(tracker, self.text_encoder)

    @cached_property
    def decoder(self) -> Decoder:
        """The worker processes that read files."""
        return registry_decoder(self.registry)

    def strategy(self, name: str | None = None, seed: int = 0, **options: Any) -> FusionStrategy:
        """Return a new fusion strategy, bound to these encoders (see `load_strategy`)."""
        return load_strategy(self.registry, name, seed, **options)

    def vector_store(self) -> VectorStore:
        """Return a new, empty vector store."""
        return self.registry.fresh("vector_store")

    def close(self) -> None:
        """End the worker processes."""
        if "decoder" in self.__dict__:
            self.__dict__.pop("decoder").close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def registry_decoder(registry: Registry) -> Decoder:
    """Return a decoder with the readers that a preset chooses, the second one if it has one."""
    slots = [slot for slot in READERS if slot in registry.settings.slots]
    readers = [registry.slot(slot) for slot in slots]
    modules = {type(reader).__module__ for reader in readers}
    files = [path for path in registry.settings.plugins if file_module(path) in modules]
    return Decoder(readers, plugins=files)


def check_pair(text: TextEncoder, video: VideoEncoder) -> None:
    """Refuse encoders whose vectors cannot be compared."""
    if (text.space, text.dim) != (video.space, video.dim):
        raise ConfigurationError(
            f"text encoder and video encoder do not share a space: {text.space} ({text.dim}) "
            f"against {video.space} ({video.dim}); choose a pair that does"
        )
