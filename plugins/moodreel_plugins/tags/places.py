"""Tags of place: indoors or outdoors, from things that are hardly ever found elsewhere."""

from collections.abc import Iterator, Sequence

from moodreel_plugins.tags.objects import FoundObject
from moodreel_plugins.tags.tag import Tag, ramp

# By COCO's names; what is found in both places (a chair, a dog, a bottle) says nothing. Judgements.
PLACES = {
    "outdoors": {
        *("car", "bus", "train", "truck", "boat", "aeroplane", "traffic light", "fire hydrant"),
        *("stop sign", "parking meter", "elephant", "bear", "zebra", "giraffe", "cow", "sheep"),
        *("skis", "snowboard", "kite", "surfboard"),
    },
    "indoors": {
        *("sofa", "bed", "toilet", "microwave", "oven", "toaster", "sink", "refrigerator"),
        *("tvmonitor", "diningtable"),
    },
}
LIKELY = (0.3, 0.7)  # where a detection's confidence becomes certainty


def place_tags(frames: Sequence[Sequence[FoundObject]]) -> Iterator[Tag]:
    """Yield indoors or outdoors for the objects of a clip's frames; neither where both are seen."""
    sure = {
        place: sum(ramp(best(objects, names), *LIKELY) for objects in frames) / len(frames)
        for place, names in PLACES.items()
    }
    for place, other in (("outdoors", "indoors"), ("indoors", "outdoors")):
        yield Tag(place, max(0.0, sure[place] - sure[other]))


def best(objects: Sequence[FoundObject], names: set[str]) -> float:
    """Return the highest confidence of an object of some names, 0 if there is none."""
    return max((one.confidence for one in objects if one.name in names), default=0.0)
