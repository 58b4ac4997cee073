"""Speech to text without a network connection: Moonshine, where Silero finds speech."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from moodreel import Register, Sound, TimedText, hookimpl
from moodreel.interfaces import Requirement, Transcriber
from moodreel_plugins.onnx_sessions import package_file
from moodreel_plugins.speech.moonshine_model import MoonshineModel
from moodreel_plugins.speech.repetition import repeats_itself
from moodreel_plugins.speech.sentences import timed_sentences
from moodreel_plugins.speech.voice_activity import ACTIVITY_FILE, at_rate, speech_phrases

PACKAGES = (
    Requirement("onnxruntime", 'pip install "moodreel[speech]"', "code: MIT"),
    Requirement("silero_vad", "pip install --no-deps silero-vad==6.2.3", "code and weights: MIT"),
    Requirement(
        "moonshine_voice",
        "pip install --no-deps moonshine-voice==0.0.73",
        "weights: MIT (English; later releases hold none)",
    ),
)


class MoonshineTranscriber(Transcriber):
    """Writes down English speech: sentences with their times.

    Silence, noise and music give nothing. Memory does not grow with the length of the sound.

    Args:
        longest: the length in seconds of what is recognised at once, between pauses.
        least_confidence: texts are left out whose words are less probable on average, 0 to 1.
    """

    requires = PACKAGES

    def __init__(self, longest: float = 10.0, least_confidence: float = 0.45) -> None:
        if longest < 1 or not 0 <= least_confidence <= 1:
            raise ValueError("needs longest >= 1 and least_confidence from 0 to 1")
        self.longest = longest
        self.least_confidence = least_confidence

    def weights(self) -> Sequence[Path]:
        """Return the files of both networks."""
        return [*self.model.files(), package_file(*ACTIVITY_FILE)]

    @cached_property
    def model(self) -> MoonshineModel:
        """The recogniser."""
        return MoonshineModel()

    def transcribe(self, sounds: Sequence[Sound]) -> list[list[TimedText]]:
        """Return what is said in each of B sounds, in time."""
        return [self.texts(at_rate(sound)) for sound in sounds]

    def texts(self, sound: Sound) -> list[TimedText]:
        """Return what is said in a sound at 16 kHz."""
        found = (self.phrase_texts(phrase) for phrase in speech_phrases(sound, self.longest))
        return [text for texts in found for text in texts]

    def phrase_texts(self, phrase: Sound) -> list[TimedText]:
        """Return the sentences of a phrase; none where they are hardly known."""
        text, confidence = self.model.read(phrase.samples)
        if confidence < self.least_confidence or repeats_itself(text):
            return []
        return timed_sentences(text, phrase, confidence)


@hookimpl
def register_transcribers(register: Register) -> None:
    """Register Moonshine."""
    register("moonshine", MoonshineTranscriber)
