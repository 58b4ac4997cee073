"""The display matrix: how a stored picture is turned and mirrored to be shown."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Turn = tuple[int, int, int, int]
"""(a, b, c, d) of -1, 0 and 1: the stored (x, y) is shown at (ax + cy, bx + dy)."""

UPRIGHT: Turn = (1, 0, 0, 1)


def frame_turn(frame: Any) -> Turn:
    """Return how a decoded frame is to be shown, to the nearest quarter turn."""
    for held in frame.side_data:
        if held.type.name == "DISPLAYMATRIX":
            return nearest_turn(np.frombuffer(bytes(held)[:36], np.int32))
    return UPRIGHT


def nearest_turn(matrix: NDArray[np.int32]) -> Turn:
    """Return the display matrix [9] without scale, and by quarter turns.

    >>> nearest_turn(np.array([0, 65536, 0, -65536, 0, 0, 0, 0, 1 << 30], np.int32))
    (0, 1, -1, 0)
    """
    a, b, _, c, d = (float(number) for number in matrix[:5])
    if a * d - b * c == 0:  # no picture would be left of it
        return UPRIGHT
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return int(np.sign(a)) or 1, 0, 0, int(np.sign(d)) or 1
    return 0, int(np.sign(b)) or 1, int(np.sign(c)) or 1, 0


def lies_sideways(turn: Turn) -> bool:
    """Whether width and height change places."""
    return turn[0] == 0


def turn_picture(pixels: NDArray[np.uint8], turn: Turn) -> NDArray[np.uint8]:
    """Return a stored picture [H, W, 3] as it is shown."""
    a, b, c, d = turn
    if lies_sideways(turn):
        pixels = pixels.swapaxes(0, 1)
    across, down = (c, b) if lies_sideways(turn) else (a, d)
    return np.ascontiguousarray(pixels[::down, ::across])
