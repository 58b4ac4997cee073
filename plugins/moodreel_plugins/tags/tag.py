"""What a tag is, and how sure one can be of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tag:
    """Something that a clip shows, by its name in `moodreel_plugins.tags.phrases`.

    Args:
        name: the tag's name, such as "two people" or "night".
        confidence: how sure it is, above 0 and at most 1.
    """

    name: str
    confidence: float


def ramp(value: float, none: float, full: float) -> float:
    """Return 0 at `none`, 1 at `full`, a straight line between, and no more beyond.

    >>> ramp(0.3, 0.2, 0.4), ramp(0.1, 0.2, 0.4), ramp(0.1, 0.4, 0.2)
    (0.5, 0.0, 1.0)
    """
    return round(min(1.0, max(0.0, (value - none) / (full - none))), 6)
