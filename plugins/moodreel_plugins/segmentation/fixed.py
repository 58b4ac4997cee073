"""No shots: a video is cut by the clock alone."""

from collections.abc import Iterator

from moodreel import Clip, Register, Segment, VideoFacts, hookimpl
from moodreel.interfaces import Segmenter


class FixedSegmenter(Segmenter):
    """Takes a video for one shot, so that its windows are those of the clock."""

    finds_shots = False

    def shots(self, clips: Iterator[Clip], facts: VideoFacts) -> list[Segment]:
        """Return the whole video."""
        return [Segment(0.0, facts.duration)]


@hookimpl
def register_segmenters(register: Register) -> None:
    """Register the clock."""
    register("fixed", FixedSegmenter)
