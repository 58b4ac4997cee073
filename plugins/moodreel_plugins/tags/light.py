"""Tags of light and colour, measured on pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.tags.tag import Tag, ramp

SIDE = 48  # pixels of the square that a frame is measured in
BLACK = 0.06  # lightness up to which rows and columns at the edge are bars, not the picture
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709
# Thresholds set on 64 clips and photographs, labelled by eye (benchmarks/RESULTS.md, "People and
# light"): of night and space the mean luma was 0.05 to 0.27, of day at least 0.33, and of a
# flower before a dark hedge 0.27, whose bright tenth tells it apart.
NIGHT = (0.31, 0.17)  # the mean luma where night begins to be likely, and where it is certain
NO_LAMP = (0.7, 0.5)  # the luma that a tenth of the pixels exceed, likewise
DAY = (0.36, 0.5)  # the mean luma where brightness begins, and where it is certain
GREY = (0.06, 0.03)  # the chroma that one pixel in fifty exceeds, where a clip is without colour
SEEN = (0.2, 0.4)  # the brightest tenth of what is seen well enough to have had a colour
CHROMA = 0.25  # the least chroma of a pixel that has a colour
SHARE = (0.04, 0.2)  # the share of a colour's pixels where it begins to count, and counts whole
HUES = {
    "red": (345, 15),
    "orange": (15, 42),
    "yellow": (42, 68),
    "green": (68, 165),
    "blue": (165, 260),
    "purple": (260, 345),
}
"""Degrees of hue at which colours begin and end: judgements."""


def measure_pixels(frames: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Return frames [T, h, w, 3], 0 to 1, shrunk, and without black bars at the edges."""
    import cv2

    small = [cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for frame in frames]
    pixels: NDArray[np.float32] = np.stack(small).astype(np.float32) / np.float32(255)
    lit = pixels.max((0, 3)) > BLACK  # [h, w], over all frames: bars stay where they are
    rows, columns = np.flatnonzero(lit.any(1)), np.flatnonzero(lit.any(0))
    if not len(rows):
        return pixels
    return pixels[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@dataclass(frozen=True)
class Light:
    """The light of a clip.

    Args:
        mean: the mean luma, 0 to 1.
        bright: the luma that a tenth of the pixels exceed.
        vivid: the chroma that one pixel in fifty exceeds.
    """

    mean: float
    bright: float
    vivid: float


def measure_light(pixels: NDArray[np.float32]) -> Light:
    """Return the light of pixels [T, h, w, 3]."""
    luma, chroma = pixels @ LUMA, pixels.max(-1) - pixels.min(-1)
    bright, vivid = np.quantile(luma, 0.9), np.quantile(chroma, 0.98)
    return Light(float(luma.mean()), float(bright), float(vivid))


def light_tags(pixels: NDArray[np.float32]) -> Iterator[Tag]:
    """Yield night or day, and whether there is no colour, of pixels [T, h, w, 3]."""
    light = measure_light(pixels)
    grey = ramp(light.vivid, *GREY) * ramp(light.bright, *SEEN)
    yield Tag("night", ramp(light.mean, *NIGHT) * ramp(light.bright, *NO_LAMP))
    yield Tag("day", ramp(light.mean, *DAY) * (1 - grey))  # grey pictures may be of anything
    yield Tag("black and white", grey)


def colour_tags(pixels: NDArray[np.float32]) -> Iterator[Tag]:
    """Yield the colours that fill a part of pixels [T, h, w, 3]."""
    hues = pixel_hues(pixels)
    for name, (first, last) in HUES.items():
        within = (hues - first) % 360 < (last - first) % 360
        yield Tag(name, ramp(float(within.mean()), *SHARE))


def pixel_hues(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the hue of each pixel in degrees [n]; NaN for one without a colour."""
    red, green, blue = pixels.reshape(-1, 3).T
    hues = np.degrees(np.arctan2(3**0.5 * (green - blue), 2 * red - green - blue)) % 360
    coloured = np.ptp(pixels.reshape(-1, 3), axis=1) >= CHROMA
    return np.where(coloured, hues, np.nan).astype(np.float32)
