"""Running components over what was decoded of a video, and collecting what they make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from moodreel.catalog.records import Made, SegmentFeatures, Track
from moodreel.catalog.tracks import join_lines, joined_words
from moodreel.decoding.listening import SoundChunk
from moodreel.decoding.readahead import Chunk
from moodreel.emotions import EmotionScores
from moodreel.interfaces import (
    Captioner,
    Component,
    EmotionExtractor,
    TextSpotter,
    Transcriber,
    VideoEncoder,
)
from moodreel.media import Clip, Segment, TimedText


def sees(component: Component) -> bool:
    """Whether a component looks at frames."""
    if isinstance(component, EmotionExtractor):
        return component.modality == "video"
    return isinstance(component, VideoEncoder | Captioner | TextSpotter)


def listens(component: Component) -> bool:
    """Whether a component listens to sound."""
    audio = isinstance(component, EmotionExtractor) and component.modality == "audio"
    return audio or isinstance(component, Transcriber)


def reads_speech(component: Component) -> bool:
    """Whether a component reads what is said."""
    return isinstance(component, EmotionExtractor) and component.modality == "transcript"


@dataclass
class Outputs:
    """What components made of one video, chunk by chunk.

    Args:
        components: those that run.
    """

    components: Sequence[Component]
    made: dict[str, list[Made]] = field(default_factory=dict)

    def see(self, chunk: Chunk) -> None:
        """Run what looks at frames over a chunk."""
        for component in filter(sees, self.components):
            if chunk.clips:
                self.put(component, run_seeing(component, chunk.clips))

    def hear(self, chunk: SoundChunk) -> None:
        """Run what listens over a chunk. Where there is no sound, nothing runs."""
        for component in filter(listens, self.components):
            self.put(component, run_listening(component, chunk))

    def put(self, component: Component, part: Made) -> None:
        """Keep a part of what a component made."""
        self.made.setdefault(component.fingerprint, []).append(part)

    def said(self, transcriber: Component) -> list[TimedText] | None:
        """Return what a transcriber heard, in time; None where it did not run."""
        if transcriber.fingerprint not in {part.fingerprint for part in self.components}:
            return None
        track = join_parts(self.made.get(transcriber.fingerprint, [Track([])]))
        assert isinstance(track, Track)
        return list(track.texts)

    def read_speech(
        self, segments: Sequence[Segment], said: Mapping[str, Sequence[TimedText]]
    ) -> None:
        """Run what reads speech over the words of each segment.

        Args:
            segments: of the video.
            said: by the fingerprint of a transcriber, what it heard.
        """
        for component in self.components:
            if isinstance(component, EmotionExtractor) and reads_speech(component):
                maker = component.transcriber.fingerprint if component.transcriber else ""
                texts = said.get(maker, [])
                words = [joined_words(texts, segment) for segment in segments]
                self.put(component, read_words(words, component))

    def joined(self, component: Component) -> Made:
        """Return all that a component made."""
        made = join_parts(self.made.get(component.fingerprint, []))
        if isinstance(component, TextSpotter) and isinstance(made, Track):
            return Track(join_lines(made.texts))
        return made


def read_words(words: Sequence[str], extractor: EmotionExtractor) -> EmotionScores:
    """Return the moods of what is said in segments [n, 8]; in silence nothing is observed."""
    scores = EmotionScores.unobserved(len(words))
    spoken = [place for place, text in enumerate(words) if text]
    if spoken:
        read = extractor.extract([words[place] for place in spoken])
        scores.values[spoken], scores.observed[spoken] = read.values, read.observed
        scores.evidence[spoken] = read.evidence
    return scores


def run_listening(component: Component, chunk: SoundChunk) -> Made:
    """Run one component over sounds."""
    if isinstance(component, Transcriber):
        said = component.transcribe([chunk.stretch]) if len(chunk.stretch) else [[]]
        return Track(said[0])
    assert isinstance(component, EmotionExtractor)
    if chunk.silent:
        return EmotionScores.unobserved(len(chunk.segments))
    return component.extract(chunk.sounds)


def run_seeing(component: Component, clips: Sequence[Clip]) -> Made:
    """Run one component over clips."""
    if isinstance(component, EmotionExtractor):
        return component.extract(clips)
    if isinstance(component, Captioner):
        return list(component.caption(clips))
    if isinstance(component, TextSpotter):
        return Track([text for texts in component.spot(clips) for text in texts])
    assert isinstance(component, VideoEncoder)
    with torch.inference_mode():
        features = component.encode(clips)
    parts = features.parts
    frames = [None] * len(clips) if parts is None else list(to_array(parts))
    return SegmentFeatures(to_array(features.pooled), frames)


def to_array(values: "torch.Tensor") -> np.ndarray:
    """Return a tensor of any device and precision as float32."""
    return values.float().cpu().numpy()


def join_parts(parts: Sequence[Made]) -> Made:
    """Join what one component made of several chunks."""
    tracks = [part for part in parts if isinstance(part, Track)]
    if tracks:
        return Track([text for track in tracks for text in track.texts])
    captions = [part for part in parts if isinstance(part, list)]
    if captions:
        return [text for part in captions for text in part]
    features = [part for part in parts if isinstance(part, SegmentFeatures)]
    if not features:
        return EmotionScores.concatenate([p for p in parts if isinstance(p, EmotionScores)])
    pooled = np.concatenate([part.pooled for part in features])
    return SegmentFeatures(pooled, [frames for part in features for frames in part.frames])
