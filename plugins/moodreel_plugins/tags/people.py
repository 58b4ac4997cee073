"""Tags of people: how many, and how near. Nothing is guessed of age, sex or identity."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from moodreel_plugins.tags.objects import PERSON, FoundObject
from moodreel_plugins.tags.tag import Tag, ramp

# Judgements in the terms of film (close-up, medium shot, full shot, long shot), tried on the
# development footage.
CLOSE_FACE = 0.3  # a face of this share of the frame's height is a close-up
MEDIUM_FACE = 0.1  # below a face of this share the body is seen whole, and the person is far
CLOSE_BODY = 0.6  # the share of the frame that a person fills who is near
FAR_BODY = 0.4  # the height of a person far away, as a share of the frame's
UPRIGHT = 1.8  # how much higher than wide a person is who is seen from head to toe
EDGE = 0.02  # a body that reaches so near to the frame's edge may go on beyond it
CROWD = 6  # from so many people on it is a crowd
LIKELY = (0.2, 0.6)  # where a detection's confidence becomes certainty
SURE = 0.3  # the least confidence with which a second body counts: chairs and coats look alike
INSIDE = 0.6  # a body of which so much lies in a larger one is the same person's


@dataclass(frozen=True)
class FramePeople:
    """The people of one frame.

    Args:
        bodies: people as the object detector sees them.
        faces: the faces' boxes; a face inside of no body is a person of its own.
        aspect: the frame's width divided by its height.
    """

    bodies: Sequence[FoundObject]
    faces: Sequence[FoundObject]
    aspect: float

    @property
    def everyone(self) -> list[FoundObject]:
        """Bodies, and the faces that belong to none of them."""
        return [*self.bodies, *(face for face in self.faces if not self.has_body(face))]

    @property
    def confidence(self) -> float:
        """The highest confidence of a body or face, 0 where there is none."""
        return max((one.confidence for one in (*self.bodies, *self.faces)), default=0.0)

    def has_body(self, face: FoundObject) -> bool:
        """Whether a face's centre lies in a body."""
        centre = face.left + face.width / 2, face.top + face.height / 2
        return any(body.holds(*centre) for body in self.bodies)


def frame_people(
    objects: Sequence[FoundObject], faces: Sequence[FoundObject], aspect: float
) -> FramePeople:
    """Return the people among the objects and faces of a frame, each body once."""
    seen = [found for found in objects if found.name == PERSON]
    best = max((body.confidence for body in seen), default=0.0)
    sure = [body for body in seen if body.confidence >= min(SURE, best)]
    kept: list[FoundObject] = []
    for body in sorted(sure, key=lambda one: -one.width * one.height):
        if all(body.share_in(larger) < INSIDE for larger in kept):
            kept.append(body)
    return FramePeople(kept, faces, aspect)


def people_tags(frames: Sequence[FramePeople]) -> Iterator[Tag]:
    """Yield how many people a clip shows and how near the largest of them is.

    Args:
        frames: the people of the frames that were looked at, at least one.
    """
    shown = [frame for frame in frames if frame.everyone]
    presence = sum(ramp(frame.confidence, *LIKELY) for frame in shown) / len(frames)
    if presence:
        yield Tag("people", presence)
        yield from count_tags([len(frame.everyone) for frame in shown], presence)
        yield from shot_tags(shown, presence)


def count_tags(counts: Sequence[int], presence: float) -> Iterator[Tag]:
    """Yield one tag for the number of people: the median over the frames that show any."""
    name = count_name(median(counts))
    agreed = sum(count_name(count) == name for count in counts) / len(counts)
    yield Tag(name, presence * agreed)


def count_name(count: float) -> str:
    """Return the tag of a number of people, at least one.

    >>> [count_name(count) for count in (1, 2, 3, 9)]
    ['one person', 'two people', 'several people', 'a crowd']
    """
    if count < 2:
        return "one person"
    if count < 3:
        return "two people"
    return "a crowd" if count >= CROWD else "several people"


def shot_tags(shown: Sequence[FramePeople], presence: float) -> Iterator[Tag]:
    """Yield how near the largest person is, as a share of the frames that agree."""
    votes = [shot_name(frame) for frame in shown]
    for name in dict.fromkeys(votes):
        if name:
            yield Tag(name, presence * votes.count(name) / len(votes))


def shot_name(frame: FramePeople) -> str:
    """Return the tag of the distance of the largest person in a frame; "" where it is unclear."""
    face = max((face.height for face in frame.faces), default=0.0)
    if face >= MEDIUM_FACE:
        return "close-up" if face >= CLOSE_FACE else ""
    body = max(frame.everyone, key=lambda one: one.width * one.height)
    if body.height < FAR_BODY:
        return "far away"
    within = body.top > EDGE and body.top + body.height < 1 - EDGE
    if within and body.height > UPRIGHT * body.width * frame.aspect:
        return "full body"
    return "close-up" if body.width * body.height >= CLOSE_BODY else ""
