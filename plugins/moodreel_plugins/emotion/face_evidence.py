"""How what single faces show becomes the mood of a clip, and how much each face counts in it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from moodreel_plugins.emotion.face_detectors import Box

# An emotion's probability where no face says anything: a judgement. Four faces in ten are neutral,
# and the others show any of six emotions alike.
PRIOR = 0.1
EXTREME = 0.01  # probabilities count as no nearer to 0 and 1, so that no frame decides alone
# What the classifier keeps of its accuracy beyond chance on faces of so many pixels, measured on
# labelled photographs that were shrunk (benchmarks/RESULTS.md, "Face detectors").
SIDES = (8, 16, 24, 32, 48)
KEPT = (0.0, 0.2, 0.7, 0.85, 1.0)
SURE = 0.8  # the certainty of a detector from which a face counts fully: a judgement


def face_trust(box: Box) -> float:
    """Return how far the reading of a face can be trusted, 0 to 1, by its size and certainty."""
    kept = float(np.interp(min(box.width, box.height), SIDES, KEPT))
    return kept * min(1.0, box.certainty / SURE)


def face_shares(boxes: Sequence[Box], frames: Sequence[int], count: int) -> NDArray[np.float64]:
    """Return the share of the clip's evidence that each face has [n]; together at most 1.

    A frame has one share in `count`, which its faces divide by their weights; of its own part a
    face keeps as much as it can be trusted.

    Args:
        boxes: the n faces.
        frames: the number of the frame of each.
        count: how many frames the clip has.
    """
    weights = np.array([box.weight for box in boxes], float)
    together = np.bincount(frames, weights, minlength=count)[list(frames)] if boxes else weights
    trust = np.array([face_trust(box) for box in boxes], float)
    return weights / together * trust / count


def pooled_intensities(
    faces: Sequence[Mapping[str, float]], shares: NDArray[np.float64]
) -> dict[str, float]:
    """Return the probability of each emotion in a clip; of no faces, nothing.

    The log-odds against the prior are averaged over all frames of the clip, those without a face
    counting as 0, which is no evidence (a logarithmic opinion pool: Genest and Zidek 1986, with
    the weights as the shares). So an emotion in one frame of six moves the clip a sixth of the way
    from the prior, and a frame with a small or doubtful face moves it less.

    Args:
        faces: what each of n faces shows, as probabilities by emotion.
        shares: the share of each face in the clip's evidence [n], together at most 1.

    >>> one_of_six = pooled_intensities([{"sadness": 0.5}], np.array([1 / 6]))
    >>> round(one_of_six["sadness"], 3)
    0.138
    """
    prior = log_odds(PRIOR)
    return {
        name: float(1 / (1 + np.exp(-(prior + shares @ (log_odds(shown) - prior)))))
        for name in (faces[0] if faces else ())
        for shown in [np.array([face[name] for face in faces])]
    }


def log_odds(probabilities: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return log-odds; of probabilities near 0 and 1, those of `EXTREME`."""
    inside = np.clip(probabilities, EXTREME, 1 - EXTREME)
    return np.asarray(np.log(inside / (1 - inside)))
