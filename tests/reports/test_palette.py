"""One palette of the emotions, which everybody can tell apart, in charts and on the page."""

import re
from itertools import combinations

import numpy as np
import pytest

from moodreel.emotions import Emotion
from moodreel.reports.palette import EMOTIONS, EMOTIONS_ON_DARK
from moodreel.web.app import STATIC

GROUNDS = {"white": (EMOTIONS, "#f5f5f3"), "dark": (EMOTIONS_ON_DARK, "#22252a")}
# Simulations of complete colour blindness, over linear RGB (Machado et al. 2009, table 1).
VISION = {
    "full": np.eye(3),
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
}  # fmt: skip
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = np.array([0.9505, 1.0, 1.089])


def linear(colour):
    parts = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def lab(light):
    x, y, z = np.cbrt(TO_XYZ @ light.clip(0, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one, other):
    low, high = sorted((TO_XYZ @ linear(colour))[1] for colour in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("vision", VISION)
def test_any_two_emotions_are_told_apart(ground, vision):
    palette, _ = GROUNDS[ground]
    assert list(palette) == list(Emotion)
    seen = {emotion: lab(VISION[vision] @ linear(c)) for emotion, c in palette.items()}
    for (one, first), (other, second) in combinations(seen.items(), 2):
        assert np.linalg.norm(first - second) > 12, (one, other)


@pytest.mark.parametrize(("ground", "least"), [("white", 3), ("dark", 4.5)])
def test_every_emotion_stands_out_from_the_ground(ground, least):
    palette, behind = GROUNDS[ground]
    for emotion, colour in palette.items():
        assert contrast(colour, behind) >= least, emotion


def test_the_page_has_the_same_colours():
    style = (STATIC / "style.css").read_text()
    dark, light = style.split("@media (prefers-color-scheme: light)", 1)
    for part, palette in ((dark, EMOTIONS_ON_DARK), (light, EMOTIONS)):
        assert dict(re.findall(rf"--({'|'.join(Emotion)}): (#\w+);", part)) == palette
