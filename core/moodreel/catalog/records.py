"""Records of the catalog as plain values: videos, segments, features and filters."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from os.path import isabs

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import EmotionScores
from moodreel.interfaces import Component, EmotionExtractor
from moodreel.media import Segment, TimedText
from moodreel.paths import path_holds


@dataclass(frozen=True)
class VideoRecord:
    """A video as the catalog knows it: `path` as given, `location` absolute, `modified` in ns.

    `sidecar` names the version of the captions beside the video that were read, if any were.
    """

    path: str
    location: str
    size: int
    modified: int
    digest: str
    duration: float
    fps: float
    width: int
    height: int
    sidecar: str = ""
    id: int | None = None

    def with_sidecar(self, version: str) -> "VideoRecord":
        """Return the record with the captions beside the video that were read."""
        return replace(self, sidecar=version)


@dataclass(frozen=True, eq=False)
class SegmentFeatures:
    """What one video encoder made of n segments: pooled [n, D]; frames, [T, D] each, or None."""

    pooled: NDArray[np.float32]
    frames: Sequence[NDArray[np.float32] | None]


@dataclass(frozen=True)
class Track:
    """What one component heard or read in a video, in time."""

    texts: Sequence[TimedText]


SegmentRows = SegmentFeatures | EmotionScores | list[str]
"""What a component makes of n segments: features, emotions [n, 8], or n captions."""

Made = SegmentRows | Track
"""What a component makes of a video."""


def stored_parts(components: Iterable[Component | None]) -> list[Component]:
    """Return the components whose outputs are stored: of joined signals, each by itself."""
    parts: dict[str, Component] = {}
    for component in components:
        inner = component.parts if isinstance(component, EmotionExtractor) else (component,)
        parts.update((part.fingerprint, part) for part in inner if part is not None)
    return list(parts.values())


class GivenCaptions(Component):
    """A stand-in component for captions beside a video, which come before a captioner's."""

    kind = "captioner"
    fingerprint = "given"


GIVEN = GivenCaptions()
CAPTION_ENCODER = "caption_encoder"
"""The kind of the component that turns captions into features; they change with the captions."""


@dataclass(frozen=True)
class IndexedSegment:
    """A segment with the video it lies in."""

    id: int
    video: str
    location: str
    segment: Segment


@dataclass(frozen=True)
class Filter:
    """A filter of videos by path and duration.

    Args:
        path: a part of the path as given when indexed, in upper or lower case; of where the video
            lies, if several were given by that path or if it begins with /. Empty lets every path
            pass.
        longer: the least duration in seconds; None sets no limit.
        shorter: the greatest duration in seconds; None sets no limit.
    """

    path: str = ""
    longer: float | None = None
    shorter: float | None = None

    def __bool__(self) -> bool:
        return self != Filter()

    def fits(self, name: str, location: str) -> bool:
        """Whether a video passes by what it is called, or by where it lies."""
        rooted = isabs(self.path) and path_holds(location, self.path)
        return rooted or path_holds(name, self.path)
