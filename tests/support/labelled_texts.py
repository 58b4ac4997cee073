"""Texts labelled with moods that no word of theirs names: only a fitted reader can tell."""

from itertools import product

SUBJECTS = ("a man", "a girl", "two women", "people", "an old couple", "a child")
SCENES = {
    "joy": (
        "at a wedding party with balloons",
        "opening birthday presents",
        "dancing at a festival",
        "on a roller coaster with arms in the air",
        "with a puppy that licks their hands",
    ),
    "sadness": (
        "at a funeral beside a coffin",
        "in front of a gravestone in the rain",
        "at the bed of a dying patient",
        "leaving a burnt down home",
        "holding a photograph of a dead soldier",
    ),
    "neutral": (
        "walking along a road",
        "at a desk with a computer",
        "cutting vegetables in a kitchen",
        "waiting for a bus",
        "reading the manual of a machine",
        "beside a parked car",
        "pointing at a map",
        "in a room with a table",
        "with a ladder and a bucket of paint",
        "talking on a phone",
    ),
}


def labelled_rows() -> list[dict[str, str]]:
    """A row for each subject in each scene; those of one scene are of one video."""
    return [
        {"video": f"{label} {number}", "text": f"{subject} {scene}", "label": label}
        for label, scenes in SCENES.items()
        for (number, scene), subject in product(enumerate(scenes), SUBJECTS)
    ]
