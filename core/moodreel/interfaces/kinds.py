"""The kinds of component, one contract each. Importable without torch.

Shapes: B videos or texts, T frames, L tokens, D dimension, W width of a text token. Frames come
to every consumer as `Clip`s; each resizes for itself.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import Emotion, EmotionScores, Sentiment
from moodreel.errors import ConfigurationError
from moodreel.interfaces import outputs
from moodreel.interfaces.contracts import contract, guard_methods
from moodreel.interfaces.features import TextFeatures, VideoFeatures
from moodreel.interfaces.hub_models import HubModel
from moodreel.interfaces.injection import Inject, InjectVideo
from moodreel.media import Clip, Segment, Sound, TimedText, VideoFacts

if TYPE_CHECKING:
    from torch import nn

# The highest share of a wish that its mood counts as, so that content, however little is said of
# it, orders what shows the mood alike: a judgement, not measured.
MOST_CENTRAL = 0.9


@dataclass(frozen=True)
class Requirement:
    """A package that a component needs, and the command that installs it.

    Args:
        module: the name to import, such as "faiss".
        install: a full command, such as 'pip install "moodreel[starter]"'.
        licence: the licence of the code or weights it brings, as shown to users.
    """

    module: str
    install: str
    licence: str = ""


class Component(ABC):
    """Anything that a plugin registers. Building one is cheap: weights load on first use.

    Attributes:
        kind: the kind's name, as in `registry.yaml`.
        requires: packages that must be installed before the component is built.
        renamed: options by the names that they had in an older release, which still work.
        version: raise it when the same options would give other outputs, so that features
            stored by the older version are not mixed with newer ones.
        unhashed: options that say where the component runs, not what it gives, such as `device`:
            they never enter the fingerprint.
        hashed_if_set: options that were added when features had been stored already, and whose
            default gives the same outputs as before: they enter the fingerprint only where they
            differ from their default.
        fingerprint: identifies the outputs (plugin, version, options, weights). The registry
            sets it; features are stored under it.
        origin: the plugin, package and version that it comes from, as errors name them.
        recipe: what the registry built it from, {"plugin": name, "options": {...}}, as plain
            values that can be written to a file.
        code: identifies the code of a stranger's class, for telling that it has changed.
    """

    kind: ClassVar[str]
    requires: ClassVar[tuple[Requirement, ...]] = ()
    renamed: ClassVar[Mapping[str, str]] = MappingProxyType({})
    version: ClassVar[str] = "1"
    unhashed: ClassVar[frozenset[str]] = frozenset()
    hashed_if_set: ClassVar[frozenset[str]] = frozenset()
    fingerprint: str = "unregistered"
    origin: str = ""
    recipe: Mapping[str, Any] = MappingProxyType({})
    code: str = ""

    def __init_subclass__(cls, **options: Any) -> None:
        """Guard the methods that moodreel calls (see `moodreel.interfaces.contracts`)."""
        super().__init_subclass__(**options)
        guard_methods(cls)

    @classmethod
    def packages(cls, options: Mapping[str, Any]) -> Sequence[Requirement]:
        """Return the packages that a component with these options needs: `requires`, by default."""
        return cls.requires

    @classmethod
    def hub_models(cls, options: Mapping[str, Any]) -> Sequence[HubModel]:
        """Return the models of a hub that a component with these options loads.

        `moodreel weights` lists and fetches them, and the component counts as ready where they
        are here. Those of other components that options name are not among them.
        """
        return ()

    def unfinished(self) -> str:
        """Return what the constructor left undone, or nothing."""
        return ""

    def weights(self) -> Sequence[Path]:
        """Return the files that the outputs depend on; their contents enter the fingerprint."""
        return ()


@runtime_checkable
class Converter(Protocol):
    """A registered factory that also reads checkpoints of another form: `moodreel convert`.

    Most are component classes with a static method; nothing else has to be registered.
    """

    convert: Callable[..., str]
    """`convert(source: str, folder: Path, **options)` writes `folder`, which the component then
    loads, and says in one line what it wrote. Its parameters after `folder` are the options of
    the command, key=value, checked like those of a component."""


class VideoReader(Component):
    """Reads frames from a file. Runs in a worker process: it must pickle, and import lightly.

    Both methods raise `UnreadableVideo` with the reason when the file cannot be read.
    """

    kind = "video_reader"

    @contract(outputs.video_facts)
    def probe(self, path: Path) -> VideoFacts:
        """Return the facts of a file: by default what its container says, through FFmpeg."""
        from moodreel.containers.probing import probe_video

        return probe_video(path)

    @contract(outputs.clip, optional=("facts",))
    @abstractmethod
    def read(self, path: Path, times: Sequence[float], facts: VideoFacts | None = None) -> Clip:
        """Return the frames shown at `times` (seconds, ascending), upright, shorter side <= 480.

        The frame shown at a time is the last one that begins at or before it, counted from the
        zero point. Times past the last readable frame are left out, so a damaged file gives a
        shorter clip than was asked for; `clip.times` holds the requested times that were met.

        Args:
            path: the file.
            times: seconds from the zero point, ascending.
            facts: what `probe` gave; a reader without this parameter is called without it, and
                one that gets None finds out for itself.
        """

    @contract(outputs.sound, keywords=("rate",), optional=("facts",))
    def listen(
        self,
        path: Path,
        start: float,
        end: float,
        *,
        rate: int = 16_000,
        facts: VideoFacts | None = None,
    ) -> Sound:
        """Return what is heard from `start` to `end`, in step with the pictures.

        By default FFmpeg decodes the default stream of sound, whatever reads the pictures.

        Args:
            path: the file.
            start: seconds from the zero point.
            end: seconds from the zero point.
            rate: samples a second.
            facts: what `probe` gave; None finds out.

        Returns:
            Mono samples, with silence where a stream of sound has none; none at all where the
            file has no sound.
        """
        from moodreel.containers.sounds import read_sound

        return read_sound(path, start, end, rate, facts or self.probe(path))

    @contract(outputs.swept)
    def sweep(
        self, path: Path, start: float, end: float, size: tuple[int, int], facts: VideoFacts
    ) -> Clip | None:
        """Return every frame that begins from `start` to before `end`, squeezed into `size`.

        By default FFmpeg decodes, whatever else reads the pictures.

        Args:
            path: the file.
            start: seconds from the zero point.
            end: seconds from the zero point; infinity: to the last frame.
            size: height and width of the frames, in pixels.
            facts: what `probe` gave.

        Returns:
            The frames in order; None where none begins then.
        """
        from moodreel.containers.sweeping import sweep_frames

        return sweep_frames(path, start, end, size, facts)


class VideoEncoder(Component):
    """Turns clips into vectors.

    Attributes:
        frames_per_clip: how many frames of a segment the encoder wants to see.
        patches_per_frame: how many patches of each frame have vectors of their own.
    """

    kind = "video_encoder"
    frames_per_clip: int = 8
    patches_per_frame: int = 0

    @property
    @abstractmethod
    def space(self) -> str:
        """The name of the vector space; encoders of the same space can be paired."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """D, the length of a vector."""

    @contract(outputs.video_features, optional=("inject",))
    @abstractmethod
    def encode(self, clips: Sequence[Clip]) -> VideoFeatures:
        """Return features of B clips, whose lengths and sizes may differ.

        An encoder whose embeddings can be changed also takes `inject` (`InjectVideo`, or None), to
        which gradients must flow where they are enabled.
        """

    @property
    def patch_width(self) -> int | None:
        """W, the length of a token as `inject` sees it; None: `encode` takes no `inject`."""
        return None

    def encode_injected(self, clips: Sequence[Clip], inject: InjectVideo) -> VideoFeatures:
        """Return features of B clips whose embeddings are changed before the first layer.

        Raises:
            ConfigurationError: the encoder lets nothing be changed.
        """
        if "inject" not in signature(self.encode).parameters:
            raise ConfigurationError(
                f"the video encoder {type(self).__name__} lets nothing be injected: choose "
                "another, such as clip or clip-vip"
            )
        encode: Any = self.encode
        features: VideoFeatures = encode(clips, inject=inject)
        return features

    @property
    def network(self) -> "nn.Module | None":
        """The module that `moodreel train --tune all` fine-tunes; None: it cannot be tuned.

        It is the same object as the `network` of the text encoder of this space. While its
        parameters require gradients and these are enabled, `encode` must pass gradients to them.
        """
        return None

    def save(self, folder: Path) -> dict[str, Any]:
        """Write the network, as it is now, into a folder.

        Returns:
            The options that build the encoder from it.
        """
        raise ConfigurationError(f"{type(self).__name__} cannot be written to {folder}")


class TextEncoder(Component):
    """Turns texts into vectors of a space.

    Attributes:
        tuned: whether it is being fine-tuned, or was since it was loaded, so that it no longer is
            what its fingerprint says. Whoever tunes it sets this.
    """

    kind = "text_encoder"
    tuned: bool = False

    @property
    @abstractmethod
    def space(self) -> str:
        """The name of the vector space; encoders of the same space can be paired."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """D, the length of a vector."""

    @property
    def width(self) -> int:
        """W, the length of a token's vector, as `inject` sees it and as `encode` returns it."""
        return self.dim

    @contract(outputs.text_features, keywords=("inject",))
    @abstractmethod
    def encode(self, texts: Sequence[str], inject: Inject | None = None) -> TextFeatures:
        """Return features of B texts.

        Args:
            texts: the B texts.
            inject: changes the token embeddings [B, L, W], on the device and in the order that the
                encoder has them. `Injection.of(inject)` says what else a strategy brings: new
                tokens, and changes between layers; new tokens come last in what is returned.
        """

    def words_read(self, text: str) -> int | None:
        """Return how many words of a text are read, where it is too long; None: all, or unknown."""
        return None

    def reads_language(self, text: str) -> bool:
        """Whether a text's script and language are known; True where that cannot be told."""
        return True

    @property
    def network(self) -> "nn.Module | None":
        """The module that `moodreel train --tune` fine-tunes; None: it cannot be tuned.

        With `inject`, `encode` must then pass gradients to its parameters.
        """
        return None

    def save(self, folder: Path, space: str | None = None) -> dict[str, Any]:
        """Write the network, as it is now, into a folder.

        Args:
            space: the name of its vector space from now on: the present one, where the videos
                that it was tuned with keep their vectors. None names it after the new weights.

        Returns:
            The options that build the encoder from it.
        """
        raise ConfigurationError(f"{type(self).__name__} cannot be written to {folder}")


class EmotionExtractor(Component):
    """Reads emotion from text, frames or sound, or joins what others have read.

    Attributes:
        modality: what the inputs are: "text" (strings: queries and captions), "video" (`Clip`s),
            "audio" (`Sound`s), "transcript" (strings: what is said in a segment), or "signals"
            (nothing: `joined` makes the scores of those of `signals`).
        transcriber: whose texts an extractor of modality "transcript" reads; None for all others.
        reliability: of the texts in which an extractor of text reads a mood, the share whose
            videos show that mood, beyond those that show it anyway; 0 to 1. A measured one beats
            this careful guess: benchmarks/RESULTS.md has those of the built-in readers.
    """

    kind = "emotion_extractor"
    modality: ClassVar[Literal["text", "video", "audio", "transcript", "signals"]]
    reliability: float = 0.2
    transcriber: "Transcriber | None" = None

    @property
    @abstractmethod
    def observes(self) -> frozenset[Emotion]:
        """The emotions that the extractor can see at all."""

    @contract(outputs.emotion_scores)
    @abstractmethod
    def extract(self, inputs: Sequence[str] | Sequence[Clip] | Sequence[Sound]) -> EmotionScores:
        """Return intensities [B, 8] from 0; what cannot be observed stays unobserved."""

    @property
    def signals(self) -> Mapping[str, "EmotionExtractor"]:
        """The extractors by name whose stored scores `joined` makes these of; none by default.

        Each runs and is stored by itself, so that a new one runs alone over an index.
        """
        return MappingProxyType({})

    @property
    def parts(self) -> "tuple[EmotionExtractor, ...]":
        """The extractors whose scores are stored: itself, or those of its signals."""
        if self.modality != "signals":
            return (self,)
        return tuple(part for signal in self.signals.values() for part in signal.parts)

    def look(self, clips: Sequence[Clip]) -> EmotionScores:
        """Return what is seen in clips alone [B, 8]; what needs sound or speech sees nothing."""
        if self.modality == "video":
            return self.extract(clips)
        if self.modality == "signals":
            return self.joined({name: one.look(clips) for name, one in self.signals.items()})
        return EmotionScores.unobserved(len(clips))

    @contract()
    def joined(self, seen: Mapping[str, EmotionScores]) -> EmotionScores:
        """Return the scores [B, 8] that follow from those of each of the `signals` [B, 8]."""
        raise ConfigurationError(f"{type(self).__name__} joins no signals")

    @contract(outputs.shares)
    def centrality(self, inputs: Sequence[str]) -> NDArray[np.float32]:
        """Return which share of what each text asks for is its mood [B], from 0 to 1.

        1 is "a sad scene", which asks for a mood and nothing else. 0, unless it is overridden.
        """
        return np.zeros(len(inputs), np.float32)

    def wishes(self, inputs: Sequence[str]) -> EmotionScores:
        """Return the moods that texts want [B, 8], emphasised.

        A mood that is read counts by how far the reader is right, its reliability, and the more,
        the less the text says besides.
        """
        besides = 1 - np.minimum(self.centrality(inputs), MOST_CENTRAL)
        return self.extract(inputs).emphasised(self.reliability / besides)

    @contract()
    def sentiment(self, inputs: Sequence[str]) -> Sentiment | None:
        """Return how positive and negative texts are; None: the extractor does not tell."""
        return None


class Captioner(Component):
    """Says in a few words what a clip shows."""

    kind = "captioner"

    @contract(outputs.captions)
    @abstractmethod
    def caption(self, clips: Sequence[Clip]) -> list[str]:
        """Return a caption of at most 16 words for the middle frame of each of B clips.

        One who is not certain of anything says nothing: "" is no caption.
        """


class Transcriber(Component):
    """Writes down what is said."""

    kind = "transcriber"

    @contract(outputs.timed_texts)
    @abstractmethod
    def transcribe(self, sounds: Sequence[Sound]) -> list[list[TimedText]]:
        """Return what is said in each of B sounds, in time.

        Times count from the start of the video, as `Sound.start` does. A sound may be minutes
        long, or hold no speech, which gives an empty list. A text is a phrase or a sentence.
        """


class TextSpotter(Component):
    """Reads the words that a picture shows: titles, signs, captions that are burnt in."""

    kind = "text_spotter"

    @contract(outputs.timed_texts)
    @abstractmethod
    def spot(self, clips: Sequence[Clip]) -> list[list[TimedText]]:
        """Return the words on screen in each of B clips, in time; times are those of frames."""


class Segmenter(Component):
    """Finds the shots of a video: where one picture is cut to another.

    Attributes:
        frame_size: height and width of the frames that `shots` looks at, in pixels; None where it
            looks at none.
        finds_shots: False where every video counts as one shot, so that it is cut as without a
            segmenter, and an index of either kind may be gone on with.
    """

    kind = "segmenter"
    frame_size: tuple[int, int] | None = None
    finds_shots: bool = True

    @contract(outputs.shots)
    @abstractmethod
    def shots(self, clips: Iterator[Clip], facts: VideoFacts) -> list[Segment]:
        """Return the shots of a video, in time, each beginning where the one before it ends.

        Args:
            clips: every frame of the video in order, shrunk to `frame_size`, some hundreds a clip;
                none where `frame_size` is None.
            facts: of the video.
        """


class VectorStore(Component):
    """Finds the vectors with the largest inner products. Ids are the caller's integers."""

    kind = "vector_store"

    @contract()
    @abstractmethod
    def add(self, ids: NDArray[np.int64], vectors: NDArray[np.float32]) -> None:
        """Add vectors [n, D] under new ids [n]. The first call fixes D."""

    @contract()
    @abstractmethod
    def remove(self, ids: NDArray[np.int64]) -> None:
        """Remove vectors; ids that are not there are ignored."""

    @contract(outputs.found_vectors)
    @abstractmethod
    def search(
        self, vectors: NDArray[np.float32], k: int
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return ids and scores [q, min(k, count)], best first, for queries [q, D]."""

    @contract()
    @abstractmethod
    def vectors(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the stored vectors [n, D] of `ids`, as the store scores them."""

    @property
    @abstractmethod
    def count(self) -> int:
        """How many vectors are stored."""

    @contract()
    @abstractmethod
    def save(self, path: Path) -> None:
        """Write everything to one file."""

    @contract()
    @abstractmethod
    def load(self, path: Path) -> None:
        """Replace the contents by those of a file that `save` wrote."""
