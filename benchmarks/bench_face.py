"""What `face` costs a frame, and the detector's share: pytest benchmarks/bench_face.py.

Frames have the shorter side at 480, as readers give them: one with a face, one without. Beside
them runs what the extractor could be without care: the first cascade alone, at full size.
"""

import cv2
import numpy as np
import pytest

from moodreel import Clip, create
from moodreel_plugins.emotion.face_detectors import FINDER, load_cascade

FRAMES = 4


@pytest.fixture(scope="module")
def extractor():
    extractor = create("emotion_extractor", "face")
    extractor.extract([clip_of("astronaut")])  # loads everything
    return extractor


def clip_of(name):
    """A clip of one of scikit-image's photographs, drifting by a few pixels."""
    import skimage

    picture = getattr(skimage.data, name)()
    scale = 480 / min(picture.shape[:2])
    scaled = cv2.resize(picture, None, fx=scale, fy=scale)
    frames = [np.ascontiguousarray(np.roll(scaled, 4 * place, axis=1)) for place in range(FRAMES)]
    return Clip(np.stack(frames), np.arange(FRAMES, dtype=np.float64))


@pytest.mark.parametrize("name", ["astronaut", "coffee"])
@pytest.mark.parametrize("part", ["all", "detector", "cascade-480"])
@pytest.mark.benchmark(min_rounds=5, warmup=True, warmup_iterations=1)
def test_face(benchmark, extractor, name, part):
    clip = clip_of(name)
    cascade = load_cascade(FINDER)
    runs = {
        "all": lambda: extractor.extract([clip]),
        "detector": lambda: [extractor.detector.find(frame) for frame in clip.frames],
        "cascade-480": lambda: [
            cascade.detectMultiScale(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), 1.1, 5)
            for frame in clip.frames
        ],
    }
    benchmark.group = name
    benchmark.extra_info["frames"] = FRAMES
    benchmark(runs[part])
