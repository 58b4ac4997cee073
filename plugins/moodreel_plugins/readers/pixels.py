"""Turning a decoded frame into the picture that is shown: RGB, upright, square pixels, shrunk."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel import VideoFacts
from moodreel.containers.orientation import lies_sideways, turn_picture
from moodreel_plugins.readers.tone_mapping import shown_range

SPACES = {"bt601": "ITU601", "bt709": "ITU709", "bt2020": "BT2020"}


def shown_picture(
    frame: Any, facts: VideoFacts, shorter_side: int, reformatter: Any
) -> NDArray[np.uint8]:
    """Return a frame as it is shown: uint8 [H, W, 3], the shorter side at most `shorter_side`.

    Args:
        frame: the decoded frame.
        facts: of the video.
        shorter_side: the most pixels of the shorter side.
        reformatter: PyAV's, one for all frames of a reading: setting one up takes longer than
            turning a frame into RGB.
    """
    size = shrunk_size(facts.width, facts.height, shorter_side)
    stored = size[::-1] if lies_sideways(facts.turn) else size
    return turn_picture(rgb_pixels(frame, facts, stored, reformatter), facts.turn)


def rgb_pixels(
    frame: Any, facts: VideoFacts, size: tuple[int, int], reformatter: Any
) -> NDArray[np.uint8]:
    """Return a frame in RGB at a size (width, height), high dynamic range made ordinary."""
    colour = facts.colour
    wide = colour.transfer != "sdr" or colour.matrix == "bt2020"
    given: dict[str, Any] = {"format": "rgb48le" if wide else "rgb24"}
    if colour.matrix in SPACES:
        given["src_colorspace"] = SPACES[colour.matrix]
        given["src_color_range"] = "JPEG" if colour.full_range else "MPEG"
    pixels = reformatter.reformat(frame, *size, **given).to_ndarray()
    return shown_range(pixels, colour) if wide else pixels


def shrunk_size(width: int, height: int, shorter_side: int) -> tuple[int, int]:
    """Return a size whose shorter side is at most `shorter_side`, of the same shape.

    >>> shrunk_size(1280, 720, 480)
    (853, 480)
    """
    scale = min(1.0, shorter_side / min(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))
