"""Several signals of mood as one: faces, light and motion, voices, sounds, and what is said."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, SignalFitReport, SignalFittable
from moodreel_plugins.emotion.signal_fitting import LabelledSignals
from moodreel_plugins.emotion.signal_weights import PRIOR, SignalWeights, log_odds

DEFAULTS = {"face": 1.0, "look": 0.5, "voice": 1.0, "sound": 0.5, "speech": 0.5}
"""The weights without a fit: what shows a person counts twice what is around it. A judgement."""


class Observers(EmotionExtractor, SignalFittable):
    """Adds up, for each emotion, what each signal that observed it says for and against it.

    An intensity p counts as evidence log p/(1-p) above that of an emotion of which nothing is
    known (1 in 8), times the signal's weight; the sum is an intensity again. For signals that are
    independent of each other given the mood, weights of 1 are Bayes' rule; signals that agree
    for other reasons, or are wrong, deserve less (Genest & Zidek 1986, "logarithmic opinion
    pools"). A signal that observed nothing adds nothing, and of one signal alone, with weight 1,
    the intensities stay as they are.

    Each signal runs and is stored by itself; joining them decodes and hears nothing.

    Args:
        face: the extractor of faces; None does without it, as for the others.
        look: of light, colour and motion.
        voice: of how something is said.
        sound: of laughter, crying, music and other sounds.
        speech: of what is said.
        weights_file: the file that `moodreel fit-signals` wrote (.safetensors); None takes
            `DEFAULTS`.
    """

    modality = "signals"

    def __init__(
        self,
        face: EmotionExtractor | None,
        look: EmotionExtractor | None = None,
        voice: EmotionExtractor | None = None,
        sound: EmotionExtractor | None = None,
        speech: EmotionExtractor | None = None,
        weights_file: str | None = None,
    ) -> None:
        named = {"face": face, "look": look, "voice": voice, "sound": sound, "speech": speech}
        self.named = {name: signal for name, signal in named.items() if signal is not None}
        if not self.named:
            raise ValueError("needs one signal or more: face, look, voice, sound or speech")
        if "text" in {signal.modality for signal in self.named.values()}:
            raise ValueError("a reader of texts is no signal; speech takes one")
        self.weights_file = Path(weights_file).expanduser() if weights_file else None

    def weights(self) -> Sequence[Path]:
        """Return the file of the weights."""
        return [self.weights_file] if self.weights_file else []

    @property
    def signals(self) -> Mapping[str, EmotionExtractor]:
        """The signals by name."""
        return MappingProxyType(self.named)

    @cached_property
    def signal_weights(self) -> SignalWeights:
        """The weight of each signal."""
        if self.weights_file is None:
            return SignalWeights(DEFAULTS)
        return SignalWeights.load(self.weights_file)

    @property
    def observes(self) -> frozenset[Emotion]:
        """What any signal observes."""
        return frozenset().union(*(signal.observes for signal in self.named.values()))

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return nothing observed: signals are joined, not extracted."""
        return EmotionScores.unobserved(len(inputs))

    def joined(self, seen: Mapping[str, EmotionScores]) -> EmotionScores:
        """Return the intensities [B, 8] that the signals' [B, 8] come to.

        The evidence is the number of faces, where faces are read, or else the number of signals
        that observed anything.
        """
        observed = np.any([scores.observed for scores in seen.values()], axis=0)
        total = log_odds(np.float32(PRIOR)) + sum(self.contributions(seen).values())
        values = np.where(observed, 1 / (1 + np.exp(-total)), 0).astype(np.float32)
        faces = seen.get("face")
        counts = [scores.observed.any(1) for scores in seen.values()]
        return EmotionScores(values, observed).counted(
            np.sum(counts, axis=0) if faces is None else faces.evidence
        )

    def contributions(self, seen: Mapping[str, EmotionScores]) -> dict[str, NDArray[np.float32]]:
        """Return by signal what it adds to the log-odds of each emotion [B, 8].

        Above 0 speaks for an emotion, below 0 against it; 0 where it observed nothing.
        """
        return {
            name: self.signal_weights[name] * evidence_of(scores) for name, scores in seen.items()
        }

    def fit_signals(
        self, seen: Mapping[str, EmotionScores], labels: EmotionScores, path: Path
    ) -> SignalFitReport:
        """Fit a weight for each signal to labelled segments or videos, and write them."""
        evidence = np.stack([evidence_of(seen[name]) for name in self.named], -1)
        heard = np.any([seen[name].observed for name in self.named], axis=0)
        labelled = LabelledSignals(evidence, labels.values > 0, heard & labels.observed)
        held = np.array([self.signal_weights[name] for name in self.named])
        report = labelled.report(tuple(self.named), held)
        SignalWeights(report.weights).save(path)
        return report


def evidence_of(scores: EmotionScores) -> NDArray[np.float32]:
    """Return how far the log-odds of intensities are above those of nothing known [B, 8]."""
    above = log_odds(scores.values) - log_odds(np.float32(PRIOR))
    return np.where(scores.observed, above, 0).astype(np.float32)


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register the sum of signals."""
    register("observers", Observers)
