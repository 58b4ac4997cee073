"""A clip's tags: people, framing, place, things, light, colours and motion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from moodreel import Clip
from moodreel_plugins.emotion.face_detectors import FaceDetector, HaarDetector
from moodreel_plugins.tags.light import colour_tags, light_tags, measure_pixels
from moodreel_plugins.tags.motion import motion_tags
from moodreel_plugins.tags.objects import PERSON, FoundObject, ObjectDetector
from moodreel_plugins.tags.people import frame_people, people_tags
from moodreel_plugins.tags.places import best, place_tags
from moodreel_plugins.tags.tag import Tag

LOOKS = 3  # frames of a clip that detectors see: people stay, and detectors are the cost
NEAR = 0.3  # the share of the frame from which on a body may be a close-up, which a face tells
FACE = "face"


@dataclass(frozen=True)
class Tagger:
    """Tags clips.

    Args:
        objects: finds people and things.
        faces: finds faces where no body is seen, or one that is near: the object detector misses
            close-ups.
        looks: how many frames of a clip the detectors see, evenly spaced.
    """

    objects: ObjectDetector = field(default_factory=ObjectDetector)
    faces: FaceDetector = field(default_factory=HaarDetector)
    looks: int = LOOKS

    def weights(self) -> list[Path]:
        """Return the files that tags depend on."""
        return [*self.objects.weights(), *self.faces.weights()]

    def tags(self, clip: Clip) -> list[Tag]:
        """Return the tags of a clip, those of which nothing is known left out."""
        return [tag for tag in self.each_tag(clip) if tag.confidence > 0]

    def each_tag(self, clip: Clip) -> Iterator[Tag]:
        """Yield tags, some with a confidence of 0."""
        frames = [clip.frames[place] for place in spread(len(clip), self.looks)]
        found = [self.objects.find(frame) for frame in frames]
        people = [
            frame_people(objects, self.find_faces(frame, objects), frame.shape[1] / frame.shape[0])
            for frame, objects in zip(frames, found, strict=True)
        ]
        pixels = measure_pixels(list(clip.frames))
        yield from people_tags(people)
        yield from place_tags(found)
        yield from thing_tags(found)
        yield from light_tags(pixels)
        yield from colour_tags(pixels)
        yield from motion_tags(pixels)

    def find_faces(self, frame: Any, objects: Sequence[FoundObject]) -> list[FoundObject]:
        """Return the faces of a frame, boxes in shares of it, where the bodies leave it open."""
        bodies = [one.width * one.height for one in objects if one.name == PERSON]
        if bodies and max(bodies) < NEAR:
            return []
        height, width = frame.shape[:2]
        return [
            FoundObject(
                FACE,
                1.0,
                box.left / width,
                box.top / height,
                box.width / width,
                box.height / height,
            )
            for box in self.faces.find(frame)
        ]


def thing_tags(frames: Sequence[Sequence[FoundObject]]) -> Iterator[Tag]:
    """Yield the things of a clip's frames, each with its mean highest confidence."""
    names = {one.name for objects in frames for one in objects} - {PERSON}
    for name in sorted(names):
        sure = [best(objects, {name}) for objects in frames]
        yield Tag(name, sum(sure) / len(frames))


def spread(count: int, most: int) -> list[int]:
    """Return at most `most` places out of `count`, evenly spaced and away from the ends.

    >>> spread(6, 3), spread(1, 3)
    ([1, 3, 5], [0])
    """
    few = min(count, most)
    return [int(place) for place in (np.arange(few) + 0.5) * count / few]
