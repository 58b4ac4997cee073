"""Tags of motion: how much changes from one frame that was looked at to the next."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.tags.tag import Tag, ramp

# The mean change of a pixel between frames, from 0 to 1. On the development footage it was at most
# 0.003 in front of an unmoved scene, 0.01 to 0.02 where a person gestures, and above 0.1 where the
# camera is carried about or the shot changes.
STILL = (0.008, 0.004)
MOVING = (0.1, 0.2)


def motion_tags(pixels: NDArray[np.float32]) -> Iterator[Tag]:
    """Yield still or moving for pixels [T, h, w, 3]; of a single frame nothing is known."""
    if len(pixels) > 1:
        change = float(np.abs(np.diff(pixels, axis=0)).mean())
        yield Tag("still", ramp(change, *STILL))
        yield Tag("moving", ramp(change, *MOVING))
