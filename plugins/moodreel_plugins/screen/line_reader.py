"""Reading a line of text: PP-OCR's recogniser, decoded greedily.

Du et al., "PP-OCR: A Practical Ultra Lightweight OCR System", 2020 (arXiv:2009.09941);
connectionist temporal classification as in Graves et al. 2006.
"""

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.onnx_sessions import load_session
from moodreel_plugins.screen.text_lines import network_input

WIDEST = 48 * 40  # pixels: longer lines are shrunk, so that memory is bounded
BLANK = 0


def read_line(model: Path, line: NDArray[np.uint8]) -> tuple[str, float]:
    """Return the text of a line [48, W, 3], and how probable its signs are on average."""
    import cv2

    if line.shape[1] > WIDEST:
        line = cv2.resize(line, (WIDEST, line.shape[0]), interpolation=cv2.INTER_AREA)
    chances = load_session(model).run(None, {"x": network_input(line)})[0][0]
    return decode(chances, signs(model))


def decode(chances: NDArray[np.float32], known: tuple[str, ...]) -> tuple[str, float]:
    """Return the likeliest text of probabilities [T, signs]: neither blanks nor repetitions."""
    best = chances.argmax(1)
    kept = (best != BLANK) & np.append(True, best[1:] != best[:-1])
    text = "".join(known[place] for place in best[kept])
    sure = chances.max(1)[kept]
    return " ".join(text.split()), float(sure.mean()) if len(sure) else 0.0


@cache
def signs(model: Path) -> tuple[str, ...]:
    """Return the signs that a recogniser tells apart; the first is none, the last a space."""
    held = load_session(model).get_modelmeta().custom_metadata_map["character"]
    return ("", *held.splitlines(), " ")
