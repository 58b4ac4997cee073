"""A linear layer on the features of voices, and the file that it is kept in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, Emotion, MoodreelError
from moodreel.storage.atomic import atomic_path
from moodreel_plugins.emotion.voice_features import FEATURES

NEUTRAL = ("neutral", "calm")
"""Classes that are none of the eight emotions: a voice like that has no emotion."""

CLASSES = (*NEUTRAL, *sorted(Emotion))


@dataclass(frozen=True, eq=False)
class VoiceHead:
    """A linear layer and a softmax.

    Args:
        weight: float32 [K, F].
        bias: float32 [K].
        classes: the names of the K classes.
        temperature: by which scores are divided before the softmax, so that probabilities are as
            often right as they say.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    classes: tuple[str, ...]
    temperature: float = 1.0

    def scores(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the scores [n, K] of features [n, F]."""
        return features @ self.weight.T + self.bias

    def __call__(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities [n, K] of features [n, F]."""
        return softmax(self.scores(features) / self.temperature)

    def save(self, path: Path) -> None:
        """Write the layer to a .safetensors file.

        Raises:
            MoodreelError: the file cannot be written.
        """
        from safetensors.numpy import save

        about = {
            "classes": ",".join(self.classes),
            "features": FEATURES,
            "temperature": repr(float(self.temperature)),
        }
        raw = save({"weight": self.weight, "bias": self.bias}, about)
        try:
            with atomic_path(path) as partial:
                partial.write_bytes(raw)
        except OSError as error:
            raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None

    @classmethod
    def load(cls, path: Path) -> "VoiceHead":
        """Read a layer that `save` wrote.

        Raises:
            ConfigurationError: the file cannot be read, holds something else, or a layer on other
                features.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np") as file:
                about = file.metadata() or {}
                names, temperature = about["classes"], float(about["temperature"])
                tensors = file.get_tensor("weight"), file.get_tensor("bias")
        except (OSError, KeyError, ValueError, SafetensorError) as error:
            raise ConfigurationError(f"{path}: not a fitted head of voices: {error}") from None
        if about.get("features") != FEATURES:
            raise ConfigurationError(
                f"{path}: was fitted to other features of voices; fit it again: moodreel fit-voice"
            )
        head = cls(*tensors, tuple(names.split(",")), temperature)
        if not head.is_sound():
            raise ConfigurationError(f"{path}: not a fitted head of voices: {names}")
        return head

    def is_sound(self) -> bool:
        """Whether shapes, classes and numbers are those of a fitted layer."""
        known = set(self.classes) <= set(CLASSES) and len(set(self.classes)) == len(self.classes)
        shaped = self.weight.ndim == 2 and self.weight.shape[:1] == self.bias.shape
        finite = np.isfinite(self.weight).all() and np.isfinite(self.bias).all()
        fits = self.bias.shape == (len(self.classes),) and self.temperature > 0
        return bool(known and shaped and finite and fits)


def softmax(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return probabilities [n, K] of scores [n, K]."""
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True), np.float32)
