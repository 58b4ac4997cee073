"""Words on screen by PP-OCR's small networks; their weights are in rapidocr-onnxruntime."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel import Clip, Register, TimedText, hookimpl
from moodreel.interfaces import Requirement, TextSpotter
from moodreel_plugins.onnx_sessions import package_file
from moodreel_plugins.screen.line_reader import read_line
from moodreel_plugins.screen.text_lines import cut_line, find_lines, has_text

PACKAGE = "rapidocr_onnxruntime"
FINDER, READER = (
    f"models/{name}" for name in ("ch_PP-OCRv4_det_infer.onnx", "ch_PP-OCRv4_rec_infer.onnx")
)
FEWEST_SIGNS = 2  # letters and digits of a text; one alone is mostly a shape that looks like it
GLANCE = 0.5  # of the side: where a smaller picture shows no text, the larger is not looked at


class RapidOcrSpotter(TextSpotter):
    """Reads words in Latin letters and Chinese: titles, signs, captions that are burnt in.

    Args:
        frames: how many frames of a clip are looked at, evenly spread; 1: the middle one.
        side: the longer side of the picture in which text is looked for, in pixels. Smaller ones
            cost less, and miss small letters.
        least_confidence: texts are left out whose signs are less probable on average, 0 to 1.
    """

    requires = (
        Requirement("onnxruntime", 'pip install "moodreel[screen]"', "code: MIT"),
        Requirement("cv2", 'pip install "moodreel[screen]"', "code: Apache-2.0"),
        Requirement(
            PACKAGE,
            "pip install --no-deps rapidocr-onnxruntime==1.4.4",
            "weights: Apache-2.0 (PP-OCRv4)",
        ),
    )

    def __init__(self, frames: int = 1, side: int = 480, least_confidence: float = 0.6) -> None:
        if frames < 1 or side < 64 or not 0 <= least_confidence <= 1:
            raise ValueError("needs frames >= 1, side >= 64 and least_confidence from 0 to 1")
        self.frames = frames
        self.side = side
        self.least_confidence = least_confidence

    def weights(self) -> Sequence[Path]:
        """Return the files of both networks."""
        return [package_file(PACKAGE, name) for name in (FINDER, READER)]

    def spot(self, clips: Sequence[Clip]) -> list[list[TimedText]]:
        """Return the lines of text in each of B clips, in time."""
        return [join_repeated(self.clip_texts(clip)) for clip in clips]

    def clip_texts(self, clip: Clip) -> list[list[TimedText]]:
        """Return the lines of each frame that is looked at."""
        places = spread_places(len(clip), self.frames)
        return [self.frame_texts(clip.frames[at], float(clip.times[at])) for at in places]

    def frame_texts(self, frame: NDArray[np.uint8], time: float) -> list[TimedText]:
        """Return the lines of a frame that are read with some confidence."""
        finder, reader = self.weights()
        if not has_text(finder, frame, round(self.side * GLANCE)):
            return []
        lines = find_lines(finder, frame, self.side)
        read = (read_line(reader, cut_line(frame, line)) for line in lines)
        return [
            TimedText(text, time, time, confidence)
            for text, confidence in read
            if confidence >= self.least_confidence and count_signs(text) >= FEWEST_SIGNS
        ]


def spread_places(length: int, count: int) -> list[int]:
    """Return the places of `count` frames, evenly spread over a clip.

    >>> spread_places(9, 1), spread_places(9, 3), spread_places(2, 5)
    ([4], [1, 4, 7], [0, 1])
    """
    edges = np.linspace(0, length, min(count, length) + 1)
    return [int((first + last) / 2) for first, last in pairwise(edges)]


def count_signs(text: str) -> int:
    """Return how many letters and digits a text has."""
    return sum(sign.isalnum() for sign in text)


def join_repeated(frames: Sequence[Sequence[TimedText]]) -> list[TimedText]:
    """Return the lines of some frames, in time; one that stays is one text.

    >>> join_repeated([[TimedText("Exit", 1, 1, 0.9)], [TimedText("EXIT", 2, 2, 0.8)]])
    [TimedText(text='Exit', start=1, end=2, confidence=0.9)]
    """
    found: list[TimedText] = []
    shown: dict[str, int] = {}
    for texts in frames:
        here: dict[str, int] = {}
        for text in texts:
            place = shown.get(text.text.casefold())
            if place is None:
                place = len(found)
                found.append(text)
            else:
                found[place] = joined(found[place], text)
            here[text.text.casefold()] = place
        shown = here
    return found


def joined(earlier: TimedText, later: TimedText) -> TimedText:
    """Return a text that is seen in two frames: as it was read best."""
    best = max(earlier, later, key=lambda text: text.confidence)
    return TimedText(best.text, earlier.start, later.end, best.confidence)


@hookimpl
def register_text_spotters(register: Register) -> None:
    """Register PP-OCR."""
    register("rapidocr", RapidOcrSpotter)
