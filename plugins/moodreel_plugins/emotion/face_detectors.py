"""Face detectors: OpenCV's Haar cascades, or its YuNet."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import ConfigurationError, MissingPackage

FINDER = "haarcascade_frontalface_default.xml"
CONFIRMER = "haarcascade_frontalface_alt.xml"
# Judgements, not measured.
CONFIRMED_SIDE = 96  # pixels of the square in which a face is confirmed
LEAST_TURN = 0.05  # radians, 3 degrees; below it a face is cut without interpolation
MARGIN = 0.15  # around a face on each side, as a share of it; the detectors' boxes cut chins off
THREADS = 4  # OpenCV's; a 240-pixel picture has no work for more


@dataclass(frozen=True)
class Box:
    """A face in a frame, in its pixels, and how much it counts among the frame's faces.

    Args:
        left: of the box before it is turned, and so are the others.
        top: see above.
        width: see above.
        height: see above.
        weight: how much the face counts among those of its frame.
        turn: by how much the face is turned about the box's middle, in radians, clockwise.
        certainty: how sure the detector is that it is a face, 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float
    weight: float
    turn: float = 0.0
    certainty: float = 1.0

    def cut(self, picture: NDArray[np.uint8], size: float = 1.0) -> NDArray[np.uint8]:
        """Cut the face and a margin out of a picture [H, W] or [H, W, 3], `size` times as large.

        Past the picture's edge its outermost pixels are repeated.
        """
        if abs(self.turn) >= LEAST_TURN:
            return self.upright(picture, size)
        columns = span(self.left, self.width, size).clip(0, picture.shape[1] - 1)
        rows = span(self.top, self.height, size).clip(0, picture.shape[0] - 1)
        return picture[np.ix_(rows, columns)]

    def upright(self, picture: NDArray[np.uint8], size: float) -> NDArray[np.uint8]:
        """Cut the face and a margin out of a picture, turned back."""
        import cv2

        middle = self.left + self.width / 2, self.top + self.height / 2
        shape = [max(1, round((1 + 2 * MARGIN) * n * size)) for n in (self.width, self.height)]
        change = cv2.getRotationMatrix2D(middle, float(np.degrees(self.turn)), 1.0)
        change[:, 2] = change[:, 2] + np.array(shape) / 2 - middle
        replicate = cv2.BORDER_REPLICATE
        return np.asarray(cv2.warpAffine(picture, change, shape, borderMode=replicate), np.uint8)


def span(start: float, length: float, size: float = 1.0) -> NDArray[np.int64]:
    """Return the pixels of a stretch, `size` times as long, and of the margin on both sides."""
    centre, reach = start + length / 2, (0.5 + MARGIN) * length * size
    return np.arange(round(centre - reach), max(round(centre + reach), round(centre - reach) + 1))


class FaceDetector(ABC):
    """Finds faces."""

    @abstractmethod
    def find(self, frame: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in one frame, uint8 [H, W, 3]."""

    def weights(self) -> Sequence[Path]:
        """Return the files that its findings depend on."""
        return ()


class HaarDetector(FaceDetector):
    """Two of OpenCV's cascades (Viola & Jones 2001): one finds, the other has to see it too.

    By itself the first takes coins and petals for faces seven times as often. A face's weight is
    its share of the frame, times how many detections made it.

    With 240, 1.1 and 0.12 for the first three options, a frame takes 12 to 28 ms on two cores and
    as many true faces are found as with a shorter side of 480, which takes 22 to 59 ms and finds
    more false ones. 5 and 3 for the last two are judgements, not measured.

    Args:
        shorter_side: the shorter side that the frame is shrunk to, in pixels.
        scale_factor: the step from one size of face to the next that is looked for, above 1. 1.2
            is faster and loses a sixth to a quarter of the faces.
        min_face: the least size of a face, as a share of the frame's shorter side.
        neighbours: the fewest overlapping detections that make a face.
        confirm: the fewest detections of the face by the second cascade; 0 does without it.
    """

    def __init__(
        self,
        shorter_side: int = 240,
        scale_factor: float = 1.1,
        min_face: float = 0.12,
        neighbours: int = 5,
        confirm: int = 3,
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

    @cached_property
    def finder(self) -> Any:
        """The cascade that looks for faces in a frame."""
        return load_cascade(FINDER)

    @cached_property
    def confirmer(self) -> Any:
        """The cascade that looks at each found face again."""
        return load_cascade(CONFIRMER)

    def find(self, frame: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in one frame that both cascades see."""
        import cv2

        grey = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)
        return [box for box in self.search(grey) if self.is_confirmed(box.cut(grey))]

    def search(self, grey: NDArray[np.uint8]) -> list[Box]:
        """Return what the first cascade finds in a picture [H, W]."""
        small, scale = shrink(grey, self.shorter_side)
        least = max(1, round(self.min_face * min(small.shape)))
        found, counts = self.finder.detectMultiScale2(
            small,
            scaleFactor=self.scale_factor,
            minNeighbors=self.neighbours,
            minSize=(least, least),
        )
        boxes = np.reshape(np.asarray(found, np.float64) / scale, (-1, 4))
        weights = boxes[:, 2] * boxes[:, 3] / grey.size * np.reshape(counts, -1)
        rows = np.column_stack([boxes, weights]).tolist()
        return [Box(left, top, width, height, weight) for left, top, width, height, weight in rows]

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


class YunetDetector(FaceDetector):
    """OpenCV's YuNet (Wu, Peng & Yu 2023), from a model file in ONNX.

    It sees faces that are turned, small or half covered, which the cascades miss. A face's
    weight is its share of the frame, times the detector's confidence.

    Args:
        file: the model file, such as face_detection_yunet_2023mar.onnx of OpenCV's model zoo.
        shorter_side: the shorter side that the frame is shrunk to, in pixels.
        confidence: the least confidence of a face, 0 to 1. 0.7 is a judgement, not measured.
    """

    def __init__(self, file: Path, shorter_side: int = 240, confidence: float = 0.7) -> None:
        if shorter_side < 1 or not 0 < confidence < 1:
            raise ValueError("needs shorter_side >= 1 and a confidence between 0 and 1")
        self.file = file
        self.shorter_side = shorter_side
        self.confidence = confidence

    def weights(self) -> Sequence[Path]:
        """Return the model's file."""
        return [self.file]

    @cached_property
    def network(self) -> Any:
        """The network, loaded when it is first used."""
        import cv2

        cv2.setNumThreads(min(THREADS, cv2.getNumThreads()))
        try:
            return cv2.FaceDetectorYN.create(str(self.file), "", (32, 32), self.confidence)
        except cv2.error as error:
            reason = " ".join(str(error).split())[:120]
            raise ConfigurationError(f"{self.file}: not a YuNet model: {reason}") from None

    def find(self, frame: NDArray[np.uint8]) -> list[Box]:
        """Return the faces in one frame."""
        import cv2

        bgr = np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), np.uint8)
        small, scale = shrink(bgr, self.shorter_side)
        self.network.setInputSize(small.shape[1::-1])
        try:
            _, found = self.network.detect(small)
        except cv2.error as error:
            reason = " ".join(str(error).split())[:120]
            raise ConfigurationError(f"{self.file}: not a YuNet model: {reason}") from None
        rows = np.zeros((0, 15)) if found is None else found.astype(np.float64)
        boxes, sure = rows[:, :4] / scale, rows[:, -1]
        return [
            Box(left, top, width, height, width * height / (frame.size / 3) * confidence)
            for (left, top, width, height), confidence in zip(
                boxes.tolist(), sure.tolist(), strict=True
            )
            if width > 0 and height > 0
        ]


def load_cascade(name: str) -> Any:
    """Return one of OpenCV's cascades, and keep OpenCV from taking every core."""
    import cv2

    if not hasattr(cv2, "CascadeClassifier"):
        raise MissingPackage(
            'OpenCV 5 has no face cascades: pip install "opencv-python-headless<5"'
        )
    cv2.setNumThreads(min(THREADS, cv2.getNumThreads()))
    return cv2.CascadeClassifier(str(Path(str(cv2.__file__)).parent / "data" / name))


def shrink(picture: NDArray[np.uint8], shorter_side: int) -> tuple[NDArray[np.uint8], float]:
    """Return a picture with the shorter side at most this long, and the scale."""
    import cv2

    scale = min(1.0, shorter_side / min(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), scale


def resize_square(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return a picture as a square, side pixels long."""
    import cv2

    return np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
