"""Tags in words, by family: each is the mean of some phrases in the sentence encoder's space."""

from moodreel_plugins.tags.light import HUES
from moodreel_plugins.tags.objects import PERSON, THINGS

FAMILIES = {
    "people": "people",
    **dict.fromkeys(("one person", "two people", "several people", "a crowd"), "count"),
    **dict.fromkeys(("close-up", "full body", "far away"), "shot"),
    "night": "night",
    "day": "day",
    **dict.fromkeys(("indoors", "outdoors"), "place"),
    **dict.fromkeys((*HUES, "black and white"), "colour"),
    **dict.fromkeys(("still", "moving"), "motion"),
    **dict.fromkeys((name for name in THINGS if name != PERSON), "thing"),
}
"""The family of each tag, by which it is weighed."""

PHRASES: dict[str, tuple[str, ...]] = {
    "people": ("a person", "people", "a man", "a woman", "someone"),
    "one person": ("one person", "a person alone", "a man", "a woman"),
    "two people": ("two people", "two men", "two women", "two friends", "a couple"),
    "several people": ("several people", "a group of people", "some friends together"),
    "a crowd": ("a crowd", "a crowd of people", "many people"),
    "close-up": ("a close-up", "a close-up of a face", "a portrait of a person"),
    "full body": ("the full body of a person", "a person seen from head to toe"),
    "far away": ("a person far away", "people in the distance", "a wide shot"),
    "night": ("at night", "a dark night", "in the dark", "darkness"),
    "day": ("by day", "in bright daylight", "in the daytime"),
    "indoors": ("indoors", "inside a room", "the interior of a building"),
    "outdoors": ("outdoors", "outside in the open air", "out in the street"),
    "black and white": ("black and white", "a black and white film", "grey, without colour"),
    "still": ("nothing moves", "still and calm", "motionless"),
    "moving": ("fast movement", "action", "running and moving"),
    "aeroplane": ("an aeroplane", "an airplane"),
    "cell phone": ("a mobile phone",),
    "diningtable": ("a dining table",),
    "mouse": ("a computer mouse",),
    "remote": ("a remote control",),
    "tie": ("a necktie",),
    "motorbike": ("a motorbike", "a motorcycle"),
    "pottedplant": ("a potted plant",),
    "sofa": ("a sofa", "a couch"),
    "sports ball": ("a ball", "a ball game"),
    "tvmonitor": ("a television", "a screen"),
}
"""What a user may write for a tag; other tags are written as they are named."""

OPPOSITES: dict[str, tuple[str, ...]] = {
    "night": ("day",),
    "day": ("night",),
    "indoors": ("outdoors",),
    "outdoors": ("indoors",),
    "still": ("moving",),
    "moving": ("still",),
    "one person": ("two people", "several people", "a crowd"),
    "two people": ("one person", "a crowd"),
    "several people": ("one person",),
    "a crowd": ("one person",),
    "close-up": ("far away", "full body"),
    "full body": ("close-up",),
    "far away": ("close-up",),
    **{name: tuple(other for other in HUES if other != name) for name in HUES},
}
"""The tags that a tag is told apart from."""


def phrases_of(name: str) -> list[str]:
    """Return the phrases of a tag.

    >>> phrases_of("dog"), phrases_of("sofa")
    (['dog'], ['a sofa', 'a couch'])
    """
    return list(PHRASES.get(name, (name,)))
