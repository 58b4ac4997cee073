"""Shots by PySceneDetect: hard cuts, by jumps of colour and lightness from frame to frame."""

from collections.abc import Iterator
from typing import Any, Literal

from moodreel import Clip, Register, Segment, VideoFacts, hookimpl
from moodreel.interfaces import Requirement, Segmenter
from moodreel_plugins.segmentation.edges import shots_between

Detector = Literal["content", "adaptive"]


class SceneSegmenter(Segmenter):
    """Finds shots by a detector of PySceneDetect's, with its own defaults unless told otherwise.

    It knows hard cuts, and costs far less than `shots`; it takes dissolves for no cut, and quick
    movements for one more often.

    Args:
        detector: "content" compares each frame with the one before; "adaptive" also with the
            frames around, which forgives a moving camera.
        threshold: how large a change must be; None: the detector's own.
        shortest: how many frames a shot has at least.
    """

    frame_size = (144, 256)  # PySceneDetect shrinks pictures to at least 256 across
    requires = (Requirement("scenedetect", "pip install scenedetect-headless", "BSD-3-Clause"),)

    def __init__(
        self, detector: Detector = "content", threshold: float | None = None, shortest: int = 15
    ) -> None:
        self.detector = detector
        self.threshold = threshold
        self.shortest = shortest

    def new_detector(self) -> Any:
        """Return a detector that has seen nothing yet."""
        from scenedetect.detectors import AdaptiveDetector, ContentDetector

        given: dict[str, Any] = {"min_scene_len": self.shortest}
        if self.detector == "adaptive":
            named = {} if self.threshold is None else {"adaptive_threshold": self.threshold}
            return AdaptiveDetector(**given, **named)
        named = {} if self.threshold is None else {"threshold": self.threshold}
        return ContentDetector(**given, **named)

    def shots(self, clips: Iterator[Clip], facts: VideoFacts) -> list[Segment]:
        """Return the shots of a video, by all of its frames."""
        from scenedetect import FrameTimecode

        detector, times = self.new_detector(), list[float]()
        found: list[Any] = []
        for clip in clips:
            for frame, time in zip(clip.frames, clip.times, strict=True):
                place = FrameTimecode(len(times), fps=float(facts.fps))
                found += detector.process_frame(place, frame[..., ::-1].copy())  # as OpenCV has it
                times.append(float(time))
        if times:
            found += detector.post_process(FrameTimecode(len(times) - 1, fps=float(facts.fps)))
        return shots_between((times[cut.frame_num] for cut in found), facts)


@hookimpl
def register_segmenters(register: Register) -> None:
    """Register PySceneDetect's detectors."""
    register("scenes", SceneSegmenter)
