"""How much each signal of mood counts, and the file that the weights are kept in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, MoodreelError
from moodreel.storage.atomic import atomic_path

PRIOR = 1 / 8  # the intensity of an emotion of which nothing is known: one of the eight
LEAST = 0.05  # intensities below it or above 1 minus it count as no surer: no signal is certain


@dataclass(frozen=True)
class SignalWeights:
    """The weight of each signal by name, from 0; one that is not named counts nothing."""

    named: Mapping[str, float]

    def __getitem__(self, name: str) -> np.float32:
        return np.float32(self.named.get(name, 0.0))

    def save(self, path: Path) -> None:
        """Write the weights to a .safetensors file.

        Raises:
            MoodreelError: the file cannot be written.
        """
        from safetensors.numpy import save

        weights = np.array([self.named[name] for name in self.named], np.float32)
        raw = save({"weights": weights}, {"signals": ",".join(self.named)})
        try:
            with atomic_path(path) as partial:
                partial.write_bytes(raw)
        except OSError as error:
            raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None

    @classmethod
    def load(cls, path: Path) -> "SignalWeights":
        """Read weights that `save` wrote.

        Raises:
            ConfigurationError: the file cannot be read, or holds something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np") as file:
                names = (file.metadata() or {})["signals"].split(",")
                weights = file.get_tensor("weights")
        except (OSError, KeyError, SafetensorError) as error:
            raise ConfigurationError(f"{path}: no weights of signals: {error}") from None
        if weights.shape != (len(names),) or not np.isfinite(weights).all() or weights.min() < 0:
            raise ConfigurationError(f"{path}: no weights of signals: {', '.join(names)}")
        return cls(dict(zip(names, weights.tolist(), strict=True)))


def log_odds(values: "NDArray[np.float32] | np.float32") -> NDArray[np.float32]:
    """Return log p/(1-p) of intensities, none surer than `LEAST`."""
    sure = np.clip(values, LEAST, 1 - LEAST)
    return np.asarray(np.log(sure / (1 - sure)), np.float32)
