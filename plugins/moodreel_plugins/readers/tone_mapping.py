"""Showing pictures of high dynamic range, or of a wide gamut, on an ordinary screen."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from moodreel.media import Colour

# SMPTE ST 2084 (PQ), equations 4.1 and 5.1.
M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
PQ_PEAK = 10_000.0  # candelas a square metre
# ARIB STD-B67 (HLG), as in ITU-R BT.2100, table 5.
HLG_A, HLG_B, HLG_C = 0.17883277, 0.28466892, 0.55991073
HLG_PEAK, HLG_GAMMA = 1000.0, 1.2
LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)  # of BT.2020
WHITE = 203.0  # candelas a square metre of a white page, ITU-R BT.2408
BRIGHTEST = 1000.0  # candelas a square metre that become the screen's white: most films' peak
SDR_GAMMA = 2.4  # ITU-R BT.1886
# From the primaries of BT.2020 to those of BT.709: ITU-R BT.2407, section 2.
NARROWER = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]],
    np.float32,
)


def shown_range(pixels: NDArray[np.uint16], colour: Colour) -> NDArray[np.uint8]:
    """Return a picture of high dynamic range, or of BT.2020, as one of BT.709.

    Args:
        pixels: uint16 [H, W, 3], full range.
        colour: how the numbers are to be read.

    Returns:
        uint8 [H, W, 3].
    """
    light = light_table(colour.transfer)[pixels]
    if colour.transfer == "hlg":  # BT.2100: from the scene's light to the screen's
        light = light * np.maximum(light @ LUMINANCE, 1e-6)[..., None] ** (HLG_GAMMA - 1)
        light *= HLG_PEAK / WHITE
    narrow = np.maximum(light @ NARROWER.T if colour.matrix == "bt2020" else light, 0)
    if colour.transfer != "sdr":
        peak = np.maximum(narrow.max(-1, keepdims=True), 1e-6)
        narrow = narrow * (rolled_off(peak * WHITE) / WHITE / peak)
    return np.round(np.clip(narrow, 0, 1) ** (1 / SDR_GAMMA) * 255).astype(np.uint8)


@lru_cache(maxsize=3)
def light_table(transfer: str) -> NDArray[np.float32]:
    """Return the light of each of 65,536 numbers, where 1 is a white page (for HLG the peak)."""
    signal = np.linspace(0, 1, 1 << 16)
    if transfer == "pq":
        return (light_of(signal) / WHITE).astype(np.float32)
    if transfer == "hlg":
        dark, bright = signal**2 / 3, (np.exp((signal - HLG_C) / HLG_A) + HLG_B) / 12
        return np.where(signal <= 0.5, dark, bright).astype(np.float32)
    return (signal**SDR_GAMMA).astype(np.float32)


def light_of(signal: NDArray) -> NDArray:
    """Return the candelas a square metre of signals in PQ, 0 to 1."""
    root = signal ** (1 / M2)
    return (np.maximum(root - C1, 0) / (C2 - C3 * root)) ** (1 / M1) * PQ_PEAK


def signal_of(light: NDArray) -> NDArray:
    """Return the signals in PQ, 0 to 1, of candelas a square metre."""
    power = (light / PQ_PEAK) ** M1
    return ((C1 + C2 * power) / (1 + C3 * power)) ** M2


def rolled_off(light: NDArray) -> NDArray:
    """Return light of at most `BRIGHTEST` as light of at most `WHITE`.

    The curve is that of ITU-R BT.2390, section 5.4.1: what is dark stays, and a Hermite spline
    in PQ brings the rest below the screen's white.
    """
    top = signal_of(np.array(BRIGHTEST))
    given = np.minimum(signal_of(light) / top, 1)
    most = signal_of(np.array(WHITE)) / top
    knee = 1.5 * most - 0.5
    share = np.maximum(given - knee, 0) / (1 - knee)
    cube, square = share**3, share**2
    spline = (2 * cube - 3 * square + 1) * knee
    spline += (cube - 2 * square + share) * (1 - knee) + (3 * square - 2 * cube) * most
    return light_of(np.where(given < knee, given, spline) * top)
