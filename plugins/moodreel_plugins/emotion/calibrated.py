"""Calibrated extractors: another extractor's scores as probabilities, by temperature scaling."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, Sentiment, hookimpl
from moodreel.calibration import calibrate
from moodreel.interfaces import EmotionExtractor


class Calibrated(EmotionExtractor):
    """An extractor, calibrated by a temperature that was fitted to labelled data.

    `moodreel annotate LABELLED --fit FILE` fits one and writes the entry for the registry.

    Args:
        extractor: the extractor whose scores are calibrated.
        temperature: the fitted temperature, above 0; None leaves the scores as they are.
    """

    def __init__(self, extractor: EmotionExtractor, temperature: float | None = None) -> None:
        if temperature is not None and temperature <= 0:
            raise ValueError("temperature must be above 0")
        self.extractor = extractor
        self.temperature = temperature
        self.modality = extractor.modality  # type: ignore[misc]
        self.reliability = extractor.reliability

    @property
    def observes(self) -> frozenset[Emotion]:
        """What the extractor observes."""
        return self.extractor.observes

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return probabilities [B, 8]."""
        return calibrate(self.extractor.extract(inputs), self.temperature)

    def centrality(self, inputs: Sequence[str]) -> NDArray[np.float32]:
        """Return the extractor's own."""
        return self.extractor.centrality(inputs)

    def sentiment(self, inputs: Sequence[str]) -> Sentiment | None:
        """Return the extractor's own, which no temperature changes."""
        return self.extractor.sentiment(inputs)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the wrapper."""
    register("calibrated", Calibrated)
