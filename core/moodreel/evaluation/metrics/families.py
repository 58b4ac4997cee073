"""Families of comparisons, within each of which p values are corrected for being several."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeVar

import numpy as np

from moodreel.evaluation.metrics.statistics import Difference

Family = Literal["group", "measure", "all"]
"""Which comparisons are one family: those of a measure in a query group, of a measure, or all."""

Key = TypeVar("Key", bound=tuple[str, ...])

KEYS: Mapping[Family, Callable[[tuple[str, ...]], Hashable]] = {
    "group": lambda key: key[-2:],
    "measure": lambda key: key[-1],
    "all": lambda key: None,
}
WORDS: Mapping[Family, str] = {
    "group": "all {pairs} in one measure on one group of queries",
    "measure": "all {pairs} in one measure, over all groups of queries that are tested",
    "all": "all {pairs}, in all measures and groups of queries that are tested",
}
"""What each family holds, for reports."""


def holm(chances: Sequence[float]) -> list[float]:
    """Return p values corrected for being several (Holm 1979).

    >>> holm([0.01, 0.04, 0.5])
    [0.03, 0.08, 0.5]
    """
    order = np.argsort(chances, kind="stable")
    factors = len(order) - np.arange(len(order))
    corrected = np.maximum.accumulate(np.asarray(chances)[order] * factors)
    found = np.empty(len(order))
    found[order] = np.minimum(corrected, 1.0)
    return [float(value) for value in found]


def correct_families(
    differences: Mapping[Key, Difference], family: Family = "group"
) -> dict[Key, Difference]:
    """Return differences with p corrected within each family; untested ones are of none.

    Args:
        differences: by strategies, query group and measure, the last two parts of each key.
        family: which of them are one family.
    """
    families: dict[Hashable, list[Key]] = {}
    for key, found in differences.items():
        if found.tested:
            families.setdefault(KEYS[family](key), []).append(key)
    corrected = dict(differences)
    for keys in families.values():
        for key, p in zip(keys, holm([differences[key].p for key in keys]), strict=True):
            corrected[key] = replace(differences[key], adjusted=p, family=len(keys))
    return corrected
