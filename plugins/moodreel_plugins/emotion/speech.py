"""Emotions of what is said, by a reader of texts."""

from collections.abc import Sequence
from typing import Any

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, Transcriber


class SpokenMood(EmotionExtractor):
    """What a reader of texts finds in the words that are spoken.

    Only emotions that are found are observed: what is said without a word of mood says nothing of
    how anybody feels.

    Args:
        transcriber: who writes down what is said.
        extractor: the reader, of modality text.
    """

    modality = "transcript"

    def __init__(self, transcriber: Transcriber, extractor: EmotionExtractor) -> None:
        if extractor.modality != "text":
            raise ValueError("the extractor of what is said must be of modality text")
        self.transcriber = transcriber
        self.extractor = extractor

    @property
    def observes(self) -> frozenset[Emotion]:
        """What the reader of texts observes."""
        return self.extractor.observes

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of what is said in B segments."""
        scores = self.extractor.extract(inputs)
        return EmotionScores(scores.values, scores.observed & (scores.values > 0))


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the moods of what is said."""
    register("speech", SpokenMood)
