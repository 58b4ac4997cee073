"""Emotions of the voices in a video: how something is said, whatever is said."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from moodreel import (
    ConfigurationError,
    Emotion,
    EmotionScores,
    Register,
    Sound,
    hookimpl,
)
from moodreel.interfaces import EmotionExtractor, SoundFitReport, SoundFittable
from moodreel_plugins.emotion.voice_features import Voice, VoiceFeatures
from moodreel_plugins.emotion.voice_fitting import LabelledVoices, check_voices
from moodreel_plugins.emotion.voice_head import NEUTRAL, VoiceHead
from moodreel_plugins.speech.moonshine import PACKAGES

LEAST = 0.1  # seconds of speech without which no voice is observed
WHOLE = 1.0  # seconds of speech from which on a voice counts in full


class VoiceEmotion(EmotionExtractor, SoundFittable):
    """Reads emotions from how a voice sounds, by a head that was fitted to labelled voices.

    The middle layers of a speech recogniser's encoder are averaged over what is spoken, and a
    linear layer tells the emotions. None is shipped: the free collections of acted voices are not
    free for every use. `moodreel fit-voice` fits one to voices of yours.

    A sound's intensities are the probabilities of the emotions, times the share of a second for
    which somebody speaks, at most 1: a cry of half a second counts half. Where nobody speaks
    for a tenth of a second, nothing is observed. The tenths of a second are kept as evidence.

    Args:
        head: the file that `moodreel fit-voice` wrote (.safetensors).
    """

    modality = "audio"
    version = "1"
    requires = PACKAGES

    def __init__(self, head: str | None = None) -> None:
        self.head_file = Path(head).expanduser() if head else None
        self.voices = VoiceFeatures()

    def weights(self) -> Sequence[Path]:
        """Return the files of the networks and of the head."""
        return [*self.voices.weights(), *([self.head_file] if self.head_file else [])]

    @cached_property
    def head(self) -> VoiceHead:
        """The fitted layer.

        Raises:
            ConfigurationError: there is none, or it cannot be used.
        """
        if self.head_file is None:
            raise ConfigurationError(
                "voice needs a head that was fitted to voices: moodreel fit-voice FOLDER --to "
                "head.safetensors, then set its option head"
            )
        return VoiceHead.load(self.head_file)

    @property
    def observes(self) -> frozenset[Emotion]:
        """The emotions among the classes of the head."""
        return frozenset(Emotion(name) for name in self.head.classes if name not in NEUTRAL)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of sounds; where nobody speaks nothing is observed."""
        self.head  # noqa: B018  # says what is missing before anything is heard
        voices = self.voices.voices(inputs)
        tenths = [round(voice.seconds * 10) if voice else 0 for voice in voices]
        return EmotionScores.of([self.intensities(voice) for voice in voices]).counted(tenths)

    def intensities(self, voice: Voice | None) -> dict[str, float]:
        """Return the intensities of a voice by emotion; of none, nothing."""
        if voice is None or voice.seconds < LEAST:
            return {}
        share = min(voice.seconds / WHOLE, 1.0)
        told = self.probabilities(voice)
        return {name: share * told[name] for name in told if name not in NEUTRAL}

    def read_voices(self, sounds: Sequence[Sound]) -> list[dict[str, float] | None]:
        """Return the probability of each class, "neutral" and "calm" among them, of each sound.

        None: the sound is silent or too short. It is not asked whether it is speech.
        """
        heard = self.voices.voices(sounds)
        return [None if voice is None else self.probabilities(voice) for voice in heard]

    def probabilities(self, voice: Voice) -> dict[str, float]:
        """Return the probability of each class of the head."""
        shares = self.head(voice.vector[None])[0]
        return dict(zip(self.head.classes, shares.tolist(), strict=True))

    def fit_sounds(
        self, sounds: Iterable[Sound], labels: Sequence[str], speakers: Sequence[str], path: Path
    ) -> SoundFitReport:
        """Fit a head to sounds of one voice each, and write it.

        The penalty and the temperature are chosen by cross-validation over speakers, and measured
        by another around it. Silent sounds are left out and counted.
        """
        heard = [voice for sound in sounds for voice in self.voices.voices([sound])]
        kept = [place for place, voice in enumerate(heard) if voice is not None]
        names = [labels[place] for place in kept]
        who = [speakers[place] for place in kept]
        check_voices(names, who)
        vectors = np.stack([voice.vector for voice in heard if voice is not None])
        labelled = LabelledVoices(vectors, np.array(names), np.array(who))
        report = labelled.report(skipped=len(labels) - len(kept))
        labelled.best().save(path)
        return report


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the emotions of voices."""
    register("voice", VoiceEmotion)
