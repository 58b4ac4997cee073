"""Image augmentation: frames of a clip are cropped, mirrored and recoloured, all of them alike.

What is drawn for a clip depends on numbers alone, so that a run which goes on sees the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from moodreel.media import Clip

RATIOS = 3 / 4, 4 / 3
"""The least and the largest change of a crop's width to its height (Szegedy et al. 2015)."""

GREY = np.array([0.299, 0.587, 0.114], np.float32)  # the weights of ITU-R BT.601

Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class Augmentation:
    """What is changed at random in the frames of a clip.

    Args:
        crop: the least share of the picture that is cut out, 0 to 1; 1 cuts nothing.
        flip: how likely a clip is mirrored, 0 to 1.
        colour: how much brightness, contrast and saturation change at most, each by a factor of
            1 - colour to 1 + colour.
    """

    crop: float = 1.0
    flip: float = 0.0
    colour: float = 0.0

    def __bool__(self) -> bool:
        return self.crop < 1 or self.flip > 0 or self.colour > 0

    def __call__(self, clip: Clip, seed: Sequence[int]) -> Clip:
        """Return a clip with changed frames, of the size of the crop; the seed decides how."""
        draw = np.random.default_rng(seed)
        frames = clip.frames
        if self.crop < 1:
            frames = crop_frames(frames, self.crop, draw)
        if self.flip > draw.random():
            frames = frames[:, :, ::-1]
        if self.colour:
            frames = recolour(frames, draw.uniform(1 - self.colour, 1 + self.colour, 3))
        return replace(clip, frames=np.ascontiguousarray(frames))


def crop_frames(frames: Frames, least: float, draw: np.random.Generator) -> Frames:
    """Cut one rectangle out of frames [T, H, W, 3], of at least a share of their area.

    Its shape changes too; the encoder resizes it, as in a random resized crop.
    """
    height, width = frames.shape[1:3]
    side = np.sqrt(draw.uniform(least, 1))
    change = np.exp(draw.uniform(*np.log(RATIOS)) / 2)
    rows = max(1, min(height, round(height * side / change)))
    columns = max(1, min(width, round(width * side * change)))
    top = int(draw.integers(height - rows + 1))
    left = int(draw.integers(width - columns + 1))
    return frames[:, top : top + rows, left : left + columns]


def recolour(frames: Frames, factors: NDArray[np.float64]) -> Frames:
    """Change the brightness, the contrast and the saturation of frames [T, H, W, 3]."""
    brightness, contrast, saturation = factors.astype(np.float32)
    values = frames * brightness
    values += (1 - contrast) * (values.mean(dtype=np.float32) - values)
    values += (1 - saturation) * ((values @ GREY)[..., None] - values)
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)
