"""Clips with twenty captions each and viewers' ratings of feelings, told as Plutchik's eight."""

from dataclasses import dataclass
from json import loads
from pathlib import Path

import numpy as np

from moodreel import Emotion

FEELINGS = {
    "joy": (
        "Joy",
        "Amusement",
        "Excitement",
        "Pride",
        "Relief",
        "Satisfaction",
        "Triumph",
        "Romance",
    ),
    "trust": ("Admiration", "Adoration"),
    "surprise": ("Surprise", "Confusion"),
    "anticipation": ("Interest", "Craving"),
    "fear": ("Fear", "Horror", "Anxiety"),
    "sadness": ("Sadness", "Empathic Pain", "Sympathy", "Disappointment", "Guilt"),
    "disgust": ("Disgust",),
    "anger": ("Anger", "Contempt"),
}
"""The feelings of Cowen and Keltner (2017) that stand for each of Plutchik's eight.

As the labels of GoEmotions are mapped in the registry, wherever one has the same name; interest is
Plutchik's own mild anticipation. A judgement made before anything was measured."""
LEFT_OUT = (
    "Aesthetic Appreciation", "Awe", "Awkwardness", "Boredom", "Calmness", "Entrancement", "Envy",
    "Nostalgia", "Sexual Desire",
)  # fmt: skip
"""Feelings that are none of the eight, or a blend of several (awe is fear and surprise)."""


@dataclass(frozen=True, eq=False)
class RatedClips:
    """Clips as texts.

    Args:
        captions: K captions of each of C clips.
        ratings: how strongly viewers felt each of the eight, float32 [C, 8] from 0 to 1: the
            strongest of the feelings that stand for it.
        feelings: the names of the feelings that were rated.
    """

    captions: list[list[str]]
    ratings: np.ndarray
    feelings: list[str]

    @property
    def texts(self):
        """All C * K captions, clip by clip."""
        return [caption for group in self.captions for caption in group]


def read_rated(file: Path, most: int | None = None) -> RatedClips:
    """Read a file with a clip a line: `captions`, and `ratings` by feeling."""
    rows = [loads(line) for line in file.read_text(encoding="utf-8").splitlines()[:most]]
    ratings = [
        [strongest(row["ratings"], FEELINGS[emotion]) for emotion in Emotion] for row in rows
    ]
    feelings = sorted(rows[0]["ratings"])
    captions = [row["captions"] for row in rows]
    return RatedClips(captions, np.array(ratings, np.float32), feelings)


def strongest(ratings, names):
    """Return the largest of some ratings by name; those that are missing count for nothing."""
    return max(ratings.get(name, 0.0) for name in names)
