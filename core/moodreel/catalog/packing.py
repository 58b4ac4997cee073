"""What components made, as the catalog keeps it: packed to bytes, and checked when read again.

Features are in half precision, moods in single. A row is whole if its numbers are as many as its
component makes, finite, and such as it may make.
"""

from collections.abc import Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from moodreel.emotions import EmotionScores
from moodreel.interfaces import Component
from moodreel.interfaces.contracts import plugin_error
from moodreel.interfaces.outputs import MOST_INTENSITY

HALF, SINGLE = 2, 4  # bytes a number
MOST_EVIDENCE = 2**31 - 1


def half_precision(values: NDArray[np.float32], component: Component) -> bytes:
    """Return features as the catalog keeps them, in half precision.

    Raises:
        PluginError: they are NaN or infinite, or too large to be kept.
    """
    with np.errstate(over="ignore"):
        kept = values.astype(np.float16)
    if not np.isfinite(kept).all():
        most = np.abs(values).max()
        problem = f"numbers up to {most:.3g}, where 65504 is the largest that is kept"
        if not np.isfinite(most):
            problem = "NaN or infinite numbers"
        raise plugin_error(component, f"makes {problem}")
    return kept.tobytes()


def whole_features(rows: Sequence[Row], dim: int | None) -> list[Row]:
    """Return the rows of features that hold `dim` finite numbers; None: as many as most do."""
    packed = [row for row in rows if isinstance(row.pooled, bytes)]
    lengths = [len(row.pooled) for row in packed]
    usual = max(set(lengths), key=lengths.count, default=0) if dim is None else HALF * dim
    fitting = [row for row in packed if len(row.pooled) == usual]
    if is_finite(b"".join(row.pooled for row in fitting)):
        return fitting
    return [row for row in fitting if is_finite(row.pooled)]


def whole_moods(rows: Sequence[Row], count: int) -> list[Row]:
    """Return the rows of moods that hold `count` intensities, such as can be where observed."""
    fitting = [row for row in rows if is_mood(row, count)]
    values, observed = unpack_moods(fitting, count)
    with np.errstate(invalid="ignore"):
        good = np.logical_or(~observed, (values >= 0) & (values <= MOST_INTENSITY))
    return list(compress(fitting, np.all(good, axis=1).tolist()))


def is_mood(row: Row, count: int) -> bool:
    """Whether a row of moods has the right lengths, and counts its evidence."""
    lengths = ((row.intensities, SINGLE * count), (row.observed, count))
    counted = isinstance(row.evidence, int) and 0 <= row.evidence <= MOST_EVIDENCE
    return counted and all(isinstance(held, bytes) and len(held) == n for held, n in lengths)


def unpack_moods(rows: Sequence[Row], count: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return the intensities and what is observed, [n, count] each, of whole rows."""
    values = np.frombuffer(b"".join(row.intensities for row in rows), np.float32)
    observed = np.frombuffer(b"".join(row.observed for row in rows), np.uint8)
    return values.reshape(-1, count), observed.reshape(-1, count) > 0


def whole_frames(held: object, dim: int) -> bool:
    """Whether a row's frames are none, or finite numbers [T, dim]."""
    if not isinstance(held, bytes):
        return held is None
    return bool(held) and len(held) % (HALF * dim) == 0 and is_finite(held)


def is_frames_mood(row: Row, count: int) -> bool:
    """Whether a row of the moods of single frames holds intensities [T, count], T at least 1."""
    if not all(isinstance(held, bytes) and held for held in (row.intensities, row.observed)):
        return False
    if len(row.observed) % count or len(row.intensities) != HALF * len(row.observed):
        return False
    values = np.frombuffer(row.intensities, np.float16)
    observed = np.frombuffer(row.observed, np.uint8) > 0
    with np.errstate(invalid="ignore"):
        good = ~observed | ((values >= 0) & (values <= MOST_INTENSITY))
    return bool(good.all())


def is_finite(packed: bytes) -> bool:
    """Whether packed numbers are all finite."""
    return bool(np.isfinite(np.frombuffer(packed, np.float16)).all())


def unpacked_frames(row: Row, emotions: Sequence[str]) -> EmotionScores | None:
    """Return the scores [T, 8] of a segment's frames, whose columns are in the order of `emotions`.

    None where the row is damaged; numbers that are no intensities count as not observed.
    """
    held, count = (row.intensities, row.observed), len(emotions)
    if not all(isinstance(part, bytes) and part for part in held):
        return None
    if len(row.observed) % count or len(row.intensities) != HALF * len(row.observed):
        return None
    values = np.frombuffer(row.intensities, np.float16).reshape(-1, count)
    observed = np.frombuffer(row.observed, np.uint8).reshape(-1, count) > 0
    observed &= np.isfinite(values) & (values >= 0)
    return EmotionScores.from_columns(emotions, np.where(observed, values, 0), observed)
