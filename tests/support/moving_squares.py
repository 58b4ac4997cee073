"""Clips in which only motion tells left from right: one is the other, reversed."""

import numpy as np

from moodreel import Clip

SIDE, SQUARE, FRAMES = 32, 8, 6
COLOURS = {"red": (230, 40, 40), "green": (40, 200, 60), "blue": (50, 80, 240)}
WAYS = ("left", "right")


def moving_square(colour, way, height, shade):
    """Return a clip of a square that crosses a plain picture."""
    frames = np.full((FRAMES, SIDE, SIDE, 3), shade, np.uint8)
    for number, left in enumerate(np.linspace(2, SIDE - SQUARE - 2, FRAMES).astype(int)):
        frames[number, height : height + SQUARE, left : left + SQUARE] = COLOURS[colour]
    return Clip(frames if way == "right" else frames[::-1].copy(), np.arange(FRAMES) / FRAMES)


def draw_squares(count, seed):
    """Return clips, and what each shows in words, of a seed."""
    draw = np.random.default_rng(seed)
    clips, texts = [], []
    for _ in range(count):
        colour, way = draw.choice(list(COLOURS)), draw.choice(WAYS)
        height, shade = int(draw.integers(0, SIDE - SQUARE)), int(draw.integers(20, 90))
        clips.append(moving_square(colour, way, height, shade))
        texts.append(f"{colour} {way}")
    return clips, texts
