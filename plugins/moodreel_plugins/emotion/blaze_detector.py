"""The default face detector: three of MediaPipe's networks find a face, and have to agree on it."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.emotion.blaze_networks import BlazeFace, FaceMesh, Found, Points
from moodreel_plugins.emotion.face_detectors import (
    CONFIRMED_SIDE,
    CONFIRMER,
    Box,
    FaceDetector,
    load_cascade,
)

# Measured on close-ups, on faces set into footage, and on footage, animals and things without
# faces (benchmarks/RESULTS.md, "Face detectors").
LEAST_SCORE = 0.5  # of a network that finds
LEAST_PRESENCE = 0.9  # of Face Mesh
BORDER = 0.15  # around the whole picture, as a share of it; without it close-ups are too large
LONGEST_WHOLE = 1.4  # the longer side over the shorter of a picture that is searched in one piece
LONGEST_CUT = 4.0  # the same of one that is searched in squares; a longer one is only a strip
OVERLAP = 0.15  # of neighbouring squares, as a share of one
ALIKE = 0.3  # intersection over union above which two boxes are one face, as MediaPipe has it
WITHIN = 0.6  # the share of a box within another above which both are one face: a judgement
MESH_CONTEXT = 1.5  # sides of the box that Face Mesh looks at, as MediaPipe has it
CASCADE_CONTEXT = 1.3  # the same of the cascade
CASCADE_COUNT = 4  # detections of it that make a face
FAR_SCORE = 0.55  # of the full-range network; a husky scores 0.5
FAR_CONTEXT = 2.5  # the same of the full-range network, which misses faces that fill its picture
OFF_CENTRE = 0.25  # of a box's side, by which the full-range network may find a face beside it
# The classifier learnt from faces as a cascade cuts them, which are larger than these boxes.
# Chosen with labelled faces, on which they read as well as the cascades' (benchmarks/RESULTS.md).
REACH = 1.15
RISE = 0.06  # of a box's side, towards the forehead


class BlazeDetector(FaceDetector):
    """BlazeFace in three forms, and Face Mesh: small, turned and several faces.

    The short-range network looks at the whole picture, and the back-camera network, which has
    four times its pixels, at the picture again or at squares of it. What either finds is a face
    if Face Mesh sees one in the upright cut, and so does OpenCV's second cascade, which is the
    cheaper one, or else the full-range network in a wider cut: animals, hands and things pass one
    of them, hardly ever all. A face's weight is its share of the frame, times the score of the
    network that found it, which is its certainty.

    Args:
        confidence: the least score of a face, 0 to 1, by the network that finds it.
    """

    def __init__(self, confidence: float = LEAST_SCORE) -> None:
        if not 0 < confidence < 1:
            raise ValueError("needs a confidence between 0 and 1")
        self.confidence = confidence
        self.near = BlazeFace("face_detection_short_range", 128, [(8, 2), (16, 6)])
        self.back = BlazeFace("face_detection_back", 256, [(16, 2), (32, 6)])
        self.far = BlazeFace("face_detection_full_range", 192, [(4, 1)])
        self.mesh = FaceMesh()

    def weights(self) -> Sequence[Path]:
        """Return the networks' files."""
        return [part.file for part in (self.near, self.back, self.far, self.mesh)]

    def find(self, frame: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in one frame."""
        found = blend(Found.joined(list(self.search(frame))))
        return [
            face_box(points, score, frame.shape)
            for score, points in zip(found.scores.tolist(), found.points, strict=True)
            if self.is_face(frame, points)
        ]

    def search(self, frame: NDArray[np.uint8]) -> Iterator[Found]:
        """Yield what each network finds in its views of a frame."""
        border = BORDER * max(frame.shape[:2])
        yield self.find_in(self.near, frame, border)
        long, short = max(frame.shape[:2]), min(frame.shape[:2])
        if not LONGEST_WHOLE < long / short <= LONGEST_CUT:
            yield self.find_in(self.back, frame, 0)
            return
        small, scale = resized(frame, self.back.side / short)
        for left, top in square_corners(small.shape, self.back.side):
            square = small[top : top + self.back.side, left : left + self.back.side]
            found = self.back.find(np.ascontiguousarray(square), self.confidence)
            yield found.moved(1 / scale, (left / scale, top / scale))

    def find_in(self, network: BlazeFace, frame: NDArray[np.uint8], border: float) -> Found:
        """Return what a network finds in a whole frame with a black border, in pixels."""
        side = max(frame.shape[:2]) + 2 * border
        small, scale = resized(frame, network.side / side)
        square = np.zeros((network.side, network.side, 3), np.uint8)
        top, left = ((network.side - length) // 2 for length in small.shape[:2])
        square[top : top + small.shape[0], left : left + small.shape[1]] = small
        found = network.find(square, self.confidence)
        return found.moved(1 / scale, (-left / scale, -top / scale))

    @cached_property
    def cascade(self) -> Any:
        """The cascade that looks at each found face again."""
        return load_cascade(CONFIRMER)

    def is_face(self, frame: NDArray[np.uint8], points: Points) -> bool:
        """Whether Face Mesh sees a face, too, and one of those who know animals from people."""
        cut = upright_cut(frame, points, MESH_CONTEXT, self.mesh.side)
        if self.mesh.presence(cut) < LEAST_PRESENCE:
            return False
        return self.cascade_sees(frame, points) or self.far_sees(frame, points)

    def cascade_sees(self, frame: NDArray[np.uint8], points: Points) -> bool:
        """Whether the cascade sees a face that fills most of the upright cut."""
        import cv2

        cut = upright_cut(frame, points, CASCADE_CONTEXT, CONFIRMED_SIDE)
        grey, least = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY), CONFIRMED_SIDE // 2
        seen = self.cascade.detectMultiScale(
            grey, minNeighbors=CASCADE_COUNT, minSize=(least, least)
        )
        return len(seen) > 0

    def far_sees(self, frame: NDArray[np.uint8], points: Points) -> bool:
        """Whether the full-range network sees a face in the middle of a wider upright cut."""
        side = self.far.side
        again = self.far.find(upright_cut(frame, points, FAR_CONTEXT, side), FAR_SCORE)
        away = np.linalg.norm(again.points[:, 0] - side / 2, axis=1)
        return bool((away < OFF_CENTRE * side / FAR_CONTEXT).any())


def resized(picture: NDArray[np.uint8], scale: float) -> tuple[NDArray[np.uint8], float]:
    """Return a picture about `scale` times as large, and the scale of its longer side."""
    import cv2

    height, width = (max(1, round(length * scale)) for length in picture.shape[:2])
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8)
    return small, max(height, width) / max(picture.shape[:2])


def square_corners(shape: tuple[int, ...], side: int) -> Iterator[tuple[int, int]]:
    """Yield (left, top) of the squares that cover a picture whose shorter side is theirs."""
    height, width = shape[:2]
    count = int(np.ceil((max(height, width) / side - OVERLAP) / (1 - OVERLAP)))
    for start in np.linspace(0, max(height, width) - side, count).round().astype(int).tolist():
        yield (start, 0) if width >= height else (0, start)


def turn_of(points: Points) -> float:
    """Return by how much a face [8, 2] is turned in the picture, in radians, clockwise."""
    across, down = points[3] - points[2]
    return float(np.arctan2(down, across))


def upright_cut(
    frame: NDArray[np.uint8], points: Points, context: float, side: int
) -> NDArray[np.uint8]:
    """Return the upright square [side, side, 3] around a face [8, 2], `context` boxes wide."""
    import cv2

    scale, turn = side / (context * points[1].max()), turn_of(points)
    cosine, sine = scale * np.cos(turn), scale * np.sin(turn)
    change = np.array([[cosine, sine, 0], [-sine, cosine, 0]])
    change[:, 2] = side / 2 - change[:, :2] @ points[0]
    return np.asarray(cv2.warpAffine(frame, change, (side, side)), np.uint8)


def face_box(points: Points, score: float, shape: tuple[int, ...]) -> Box:
    """Return a face [8, 2] as a box, and how much it counts."""
    found, turn = float(points[1].max()), turn_of(points)
    side, up = found * REACH, np.array([np.sin(turn), -np.cos(turn)])
    left, top = (points[0] + RISE * found * up - side / 2).tolist()
    share = side * side / (shape[0] * shape[1])
    return Box(left, top, side, side, share * score, turn=turn, certainty=score)


def blend(found: Found) -> Found:
    """Return each face once: boxes of one face are averaged by their scores.

    Averaging instead of dropping the weaker ones makes boxes steadier (Bazarevsky et al. 2019).
    """
    scores, points = [], []
    left = np.argsort(-found.scores, kind="stable")
    while len(left):
        same = are_one_face(found.points[left[0]], found.points[left])
        group = left[same]
        scores.append(found.scores[group[0]])
        points.append(np.average(found.points[group], axis=0, weights=found.scores[group]))
        left = left[~same]
    return Found(np.array(scores), np.reshape(points, (-1, 8, 2)))


def are_one_face(face: Points, others: Points) -> NDArray[np.bool_]:
    """Say which of others [n, 8, 2] are the same face as one [8, 2]; it is itself in any case."""
    low, high = others[:, 0] - others[:, 1] / 2, others[:, 0] + others[:, 1] / 2
    own_low, own_high = face[0] - face[1] / 2, face[0] + face[1] / 2
    overlap = np.clip(np.minimum(high, own_high) - np.maximum(low, own_low), 0, None).prod(1)
    areas, own = np.maximum(others[:, 1].prod(1), 1e-9), max(face[1].prod(), 1e-9)
    alike = overlap / (areas + own - overlap) > ALIKE
    return alike | (overlap / np.minimum(areas, own) > WITHIN) | (others == face).all((1, 2))
