"""How a voice sounds in a stretch of sound, as one vector, whoever speaks and however loudly."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel import Sound
from moodreel_plugins.hearing.moonshine_layers import (
    LAYERS,
    RATE,
    SHORTEST,
    MoonshineLayers,
    frame_times,
)
from moodreel_plugins.onnx_sessions import package_file
from moodreel_plugins.speech.voice_activity import (
    ACTIVITY_FILE,
    SECONDS,
    at_rate,
    speech_chances,
)

Samples = NDArray[np.float32]

FEATURES = f"moonshine-tiny-en:1-{LAYERS}:mean,std:1"
"""The name of the features, by which a head knows what it was fitted to."""

WIDTH = 160  # samples of a block: 10 ms
WINDOW = 400  # samples around its begin whose level it has: 25 ms
FLOOR = 1e-9  # power of what is taken for no sound: -90 dB
PIECE = 10.0  # seconds that the network hears at once: its cost grows with their square
LEVEL = 0.07  # RMS to which what is spoken is brought: speech that was recorded well
SILENT = -60.0  # dB below full scale; softer is no recording of a voice: a judgement
RANGE = 25.0  # dB below the loud parts that still count as spoken
SPEECH = 0.3  # least probability of speech; screams reach 0.2 to 0.5 where talk reaches 1
NEAR = 0.4  # seconds around speech that count as well: what is screamed is not taken for speech


@dataclass(frozen=True, eq=False)
class Voice:
    """A voice in a sound.

    Args:
        seconds: for how long it speaks.
        vector: its features, float32 [F].
    """

    seconds: float
    vector: NDArray[np.float32]


class VoiceFeatures:
    """Means and deviations of a speech network's middle layers over what is spoken.

    What is spoken is brought to one level first, so that neither the microphone nor the distance
    tells a mood.
    """

    def __init__(self) -> None:
        self.network = MoonshineLayers()

    def weights(self) -> Sequence[Path]:
        """Return the files of both networks."""
        return [self.network.file, package_file(*ACTIVITY_FILE)]

    def voices(self, sounds: Sequence[Sound]) -> list[Voice | None]:
        """Return the voice in each sound; None where it is silent, or too short to tell."""
        return [self.voice(at_rate(sound, RATE).samples) for sound in sounds]

    def voice(self, samples: Samples) -> Voice | None:
        """Return the voice in samples at 16 kHz."""
        if len(samples) < SHORTEST or (loud := levels(samples)).max() < SILENT:
            return None
        gate = np.percentile(loud, 95) - RANGE
        power = 10 ** (loud[loud > gate] / 10)
        speech = speech_chances(samples)
        even = np.clip(samples * np.float32(LEVEL / np.sqrt(power.mean())), -1, 1)
        return self.pooled(even, gate_mask(loud > gate, speech), speech)

    def pooled(self, samples: Samples, mask: NDArray[np.bool_], speech: Samples) -> Voice | None:
        """Return the voice in levelled samples, where a mask of blocks says that it speaks."""
        parts = [self.heard(piece, mask[at:]) for at, piece in pieces(samples)]
        frames = np.concatenate(parts, 1)
        if not frames.shape[1]:
            return None
        vector = np.concatenate([frames.mean(1), frames.std(1)], 1).ravel()
        return Voice(float((speech > SPEECH).sum() * SECONDS), vector)

    def heard(self, samples: Samples, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Return the frames [LAYERS, n, 288] of a piece in which a voice is heard."""
        layers = self.network.layers(samples)
        blocks = (frame_times(layers.shape[1]) * RATE / WIDTH).astype(int)
        return layers[:, mask[np.minimum(blocks, len(mask) - 1)]]


def pieces(samples: Samples) -> list[tuple[int, Samples]]:
    """Cut samples to pieces of `PIECE` seconds: the block at which each begins, and its samples."""
    size = int(PIECE * RATE)
    cut = [(at // WIDTH, samples[at : at + size]) for at in range(0, len(samples), size)]
    return [(at, piece) for at, piece in cut if len(piece) >= SHORTEST]


def gate_mask(loud: NDArray[np.bool_], speech: Samples) -> NDArray[np.bool_]:
    """Return which blocks of 10 ms count as spoken: loud ones near to speech; else all loud ones.

    Args:
        loud: whether a block is loud.
        speech: the probability of speech in each frame of 32 ms.
    """
    reach = round(NEAR / SECONDS)
    near = np.convolve(speech > SPEECH, np.ones(2 * reach + 1))[reach : reach + len(speech)] > 0
    at = np.minimum((np.arange(len(loud)) * WIDTH / RATE / SECONDS).astype(int), len(near) - 1)
    spoken = loud & near[at]
    return spoken if spoken.any() else loud


def levels(samples: Samples) -> NDArray[np.float64]:
    """Return the level in dB below full scale of blocks of 10 ms, each with its surroundings."""
    power = np.pad(samples.astype(np.float64) ** 2, WINDOW)
    total = np.append(0.0, power.cumsum())
    left = np.arange(0, len(samples), WIDTH) + WINDOW // 2
    mean = (total[left + WINDOW] - total[left]) / WINDOW
    return 10 * np.log10(np.maximum(mean, FLOOR))
