"""Features as the catalog keeps them: half precision, finite, and each as long as the others."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Row

from moodreel.interfaces import Component
from moodreel.interfaces.contracts import plugin_error


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


def whole_rows(rows: Sequence[Row]) -> list[Row]:
    """Return the rows of features that hold as many finite numbers as most do."""
    if len({len(row.pooled) for row in rows}) < 2 and is_finite(b"".join(r.pooled for r in rows)):
        return list(rows)
    lengths = [len(row.pooled) for row in rows]
    usual = max(set(lengths), key=lengths.count, default=0)
    return [row for row in rows if len(row.pooled) == usual and is_finite(row.pooled)]


def is_finite(packed: bytes) -> bool:
    """Whether packed numbers are all finite."""
    return bool(np.isfinite(np.frombuffer(packed, np.float16)).all())
