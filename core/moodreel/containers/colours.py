"""How the numbers of a picture are colours: what a file says, or else what players assume."""

from typing import Any

from moodreel.media import Colour

# Numbers of ITU-T H.273, as FFmpeg has them.
MATRICES = {0: "rgb", 1: "bt709", 4: "bt601", 5: "bt601", 6: "bt601", 9: "bt2020", 10: "bt2020"}
TRANSFERS = {16: "pq", 18: "hlg"}
FULL = 2  # of AVColorRange
HIGH_DEFINITION = 576  # lines; with more, players take an unnamed matrix to be BT.709


def frame_colour(frame: Any) -> Colour:
    """Return how a decoded frame is to be read."""
    matrix = MATRICES.get(int(frame.colorspace))
    if frame.format.is_rgb:
        matrix = "rgb"
    elif matrix in (None, "rgb"):
        matrix = "bt709" if frame.height > HIGH_DEFINITION else "bt601"
    full = int(frame.color_range) == FULL or frame.format.name.startswith("yuvj")
    return Colour(matrix or "bt601", full, TRANSFERS.get(int(frame.color_trc), "sdr"))
