"""Lines of text in a picture: where they are, and each cut out upright.

The network is PP-OCR's detector by differentiable binarisation (Liao et al., "Real-time Scene Text
Detection with Differentiable Binarization", AAAI 2020): a map of how likely each pixel lies in
the middle of a line. The middles are grown to lines by the offset of section 3.4 there.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.onnx_sessions import load_session

LIKELY = 0.3  # a pixel is in a line from here on, as the network's authors advise
CERTAIN = 0.6  # the mean of a line at least: theirs for photographs
GROWN = 1.6  # the offset's factor, theirs
MULTIPLE = 32  # sides that the network takes
SMALLEST = 3  # pixels of the network's picture: less is no line
MOST = 32  # lines of a picture, the likeliest: a page of a book takes seconds otherwise
HEIGHT = 48  # pixels of a line as it is read
TALL = 1.5  # a line that is so many times higher than wide is turned
SCALE, SHIFT = np.float32(1 / 127.5), np.float32(1)  # 0..255 to -1..1


@dataclass(frozen=True, eq=False)
class Line:
    """A line of text.

    Args:
        corners: float32 [4, 2], in pixels of the frame, clockwise from the top left.
        certainty: how likely its pixels are those of text, 0 to 1.
    """

    corners: NDArray[np.float32]
    certainty: float

    @cached_property
    def top_left(self) -> tuple[float, float]:
        """The least x and y of the corners."""
        x, y = self.corners.min(0).tolist()
        return x, y

    @property
    def height(self) -> float:
        """The height in pixels, of the frame."""
        return float(np.linalg.norm(self.corners[3] - self.corners[0]))


def find_lines(model: Path, frame: NDArray[np.uint8], side: int) -> list[Line]:
    """Return the lines of text in a frame [H, W, 3], from the top to the bottom.

    Args:
        model: the detector's file.
        frame: RGB.
        side: the longer side of the picture that the detector sees, in pixels.
    """
    likely = text_map(model, frame, side)
    scale = np.divide(frame.shape[1::-1], likely.shape[::-1]).astype(np.float32)
    likeliest = sorted(read_map(likely, scale), key=lambda line: -line.certainty)[:MOST]
    return reading_order(likeliest)


def has_text(model: Path, frame: NDArray[np.uint8], side: int) -> bool:
    """Whether anything in a frame [H, W, 3] may be text, at a glance."""
    return bool((text_map(model, frame, side) > LIKELY).any())


def text_map(model: Path, frame: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Return how likely each pixel of a frame [H, W, 3], shrunk to `side`, is text: [h, w]."""
    import cv2

    height, width = frame.shape[:2]
    shrink = min(1.0, side / max(height, width))
    shape = [max(MULTIPLE, round(edge * shrink / MULTIPLE) * MULTIPLE) for edge in (width, height)]
    picture = cv2.resize(frame, shape, interpolation=cv2.INTER_AREA)
    likely: NDArray[np.float32] = load_session(model).run(None, {"x": network_input(picture)})[0]
    return likely[0, 0]


def network_input(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture as the networks take it: BGR, -1 to 1, [1, 3, H, W]."""
    scaled = picture[..., ::-1].astype(np.float32) * SCALE - SHIFT
    return np.ascontiguousarray(scaled.transpose(2, 0, 1)[None])


def read_map(likely: NDArray[np.float32], scale: NDArray[np.float32]) -> list[Line]:
    """Return the lines of a map [H, W] of how likely each pixel is text."""
    import cv2

    mask = (likely > LIKELY).astype(np.uint8)
    if not mask.any():
        return []
    mask = cv2.dilate(mask, np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    boxes = [cv2.minAreaRect(contour) for contour in contours]
    wide = [box for box in boxes if min(box[1]) >= SMALLEST]
    lines = (grown_line(likely, box, scale) for box in wide)
    return [line for line in lines if line.certainty >= CERTAIN]


def grown_line(likely: NDArray[np.float32], box: tuple, scale: NDArray[np.float32]) -> Line:
    """Return the line whose middle is a turned rectangle: centre, (width, height), angle."""
    import cv2

    centre, (width, height), angle = box
    certainty = mean_inside(likely, cv2.boxPoints(box))
    grown = 2 * GROWN * width * height / (2 * (width + height))
    corners = cv2.boxPoints((centre, (width + grown, height + grown), angle)) * scale
    return Line(clockwise(corners), certainty)


def mean_inside(likely: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    """Return the mean of a map inside four corners."""
    import cv2

    low = np.floor(corners.min(0)).astype(int).clip(0)
    high = np.ceil(corners.max(0)).astype(int) + 1
    part = likely[low[1] : high[1], low[0] : high[0]]
    inside = np.zeros(part.shape, np.uint8)
    cv2.fillPoly(inside, [np.round(corners - low).astype(np.int32)], 1)
    return float(part[inside > 0].mean()) if inside.any() else 0.0


def clockwise(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return four corners from the top left on: the two left ones are those with the least x."""
    left, right = np.split(corners[np.argsort(corners[:, 0], kind="stable")], 2)
    left, right = (side[np.argsort(side[:, 1], kind="stable")] for side in (left, right))
    return np.stack([left[0], right[0], right[1], left[1]]).astype(np.float32)


def reading_order(lines: list[Line]) -> list[Line]:
    """Return lines from the top to the bottom, and from the left where they are level."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.top_left[1]):
        level = rows and line.top_left[1] - rows[-1][0].top_left[1] < rows[-1][0].height / 2
        if level:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.top_left[0])]


def cut_line(frame: NDArray[np.uint8], line: Line) -> NDArray[np.uint8]:
    """Return a line of a frame upright, [48, W, 3]."""
    import cv2

    corners = line.corners
    width = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    height = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
    if height > TALL * width:
        corners, width, height = np.roll(corners, -1, axis=0), height, width
    across = max(round(HEIGHT * float(width) / max(float(height), 1)), HEIGHT // 2)
    target = np.array([[0, 0], [across, 0], [across, HEIGHT], [0, HEIGHT]], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    return cv2.warpPerspective(
        frame, turn, (across, HEIGHT), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
