"""The contract of a segmenter."""

from collections.abc import Iterator

import numpy as np

from moodreel.interfaces import Segmenter
from moodreel.media import Clip, Segment, VideoFacts
from moodreel.testing.boundary import conformance

SECONDS, FPS = 4, 25
FRAMES = SECONDS * FPS
FRAMES_A_CLIP = 40  # so that a cut lies inside a clip, and the last clip is a short one


@conformance
def check_segmenter(segmenter: Segmenter) -> None:
    """Check that shots cover a video without gaps, however long it is, and are found again."""
    size = segmenter.frame_size
    for frames in (FRAMES, 1):
        facts = VideoFacts(frames / FPS, FPS, 640, 360)
        shots = segmenter.shots(made_clips(size, frames), facts)
        check_cover(shots, facts)
        again = segmenter.shots(made_clips(size, frames), facts)
        assert shots == again, "the same frames must give the same shots"


def check_cover(shots: list[Segment], facts: VideoFacts) -> None:
    """Check that shots begin at 0 and end where the video ends."""
    assert shots, "a video has one shot at least"
    assert abs(shots[0].start) < 1e-6, f"the first shot begins at 0, got {shots[0].start}"
    end = shots[-1].end
    assert abs(end - facts.duration) < 1e-6, f"the last ends at {facts.duration} s, got {end}"


def made_clips(size: tuple[int, int] | None, frames: int) -> Iterator[Clip]:
    """Yield the frames of a video that is dark, then bright, as a segmenter is given them."""
    if size is None:
        return
    draw = np.random.default_rng(0)
    for first in range(0, frames, FRAMES_A_CLIP):
        numbers = np.arange(first, min(first + FRAMES_A_CLIP, frames))
        light = np.where(numbers < FRAMES // 2, 20, 200)[:, None, None, None]
        noise = draw.integers(0, 20, (len(numbers), *size, 3))
        yield Clip((light + noise).astype(np.uint8), numbers / FPS)
