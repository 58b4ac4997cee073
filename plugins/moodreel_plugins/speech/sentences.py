"""Times of sentences inside a phrase of speech, from where it is spoken and how long they are."""

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moodreel import Sound, TimedText

END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+")
FRAME = 0.02  # seconds over which loudness is measured
QUIET = 0.1  # of the loudest part, below which nobody speaks: a judgement
PAUSE = 0.12  # seconds of quiet between sentences at least: a judgement
NEAR = 0.8  # seconds of speech by which letters and time may disagree: a judgement
FEWEST_WORDS = 3  # shorter sentences stay with the one before: a judgement


def timed_sentences(text: str, phrase: Sound, confidence: float) -> list[TimedText]:
    """Return the sentences of a phrase, each with its time.

    Nothing says when each word falls, so letters are taken to follow each other at one pace
    while it is loud, and sentences to end at a pause where one is near.
    """
    parts = sentences(text)
    if not parts:
        return []
    loud = loud_frames(phrase.samples, phrase.rate)
    shares = np.cumsum([len(part) for part in parts]) / sum(len(part) for part in parts)
    cuts = [0, *(at_pause(loud, round(share * len(loud))) for share in shares[:-1]), len(loud)]
    found = []
    for part, (first, last) in zip(parts, pairwise(cuts), strict=True):
        begin, end = loud[min(first, len(loud) - 1)], loud[max(last - 1, 0)] + 1
        start = phrase.start + float(begin) * FRAME
        found.append(
            TimedText(part, start, max(phrase.start + float(end) * FRAME, start), confidence)
        )
    return found


def at_pause(loud: NDArray[np.int64], cut: int) -> int:
    """Return the place among loud frames behind the nearest pause, or the place itself."""
    begins = np.flatnonzero(np.diff(loud) * FRAME >= PAUSE) + 1
    near = begins[np.abs(begins - cut) * FRAME <= NEAR]
    return int(near[np.abs(near - cut).argmin()]) if len(near) else cut


def sentences(text: str) -> list[str]:
    """Return the sentences of a text; very short ones stay with the one before.

    >>> sentences("It is late. No. We go home now.")
    ['It is late. No.', 'We go home now.']
    """
    found: list[str] = []
    for part in END.split(text.strip()):
        if found and len(part.split()) < FEWEST_WORDS:
            found[-1] += f" {part}"
        elif part:
            found.append(part)
    return found


def loud_frames(samples: NDArray[np.float32], rate: int) -> NDArray[np.int64]:
    """Return which stretches of `FRAME` seconds are loud, one at least."""
    size = max(int(FRAME * rate), 1)
    frames = samples[: len(samples) // size * size].reshape(-1, size)
    levels = np.sqrt(np.square(frames).mean(1)) if len(frames) else np.zeros(1)
    return np.flatnonzero(levels >= QUIET * np.quantile(levels, 0.95))
