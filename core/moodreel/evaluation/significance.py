"""Tests of differences between strategies, by pair, query group and measure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from moodreel.errors import InvalidInput, closest
from moodreel.evaluation.material import Material
from moodreel.evaluation.metrics.crossing import Factor, crossing_factors
from moodreel.evaluation.metrics.families import Family, correct_families
from moodreel.evaluation.metrics.statistics import (
    FEWEST,
    RESAMPLES,
    Difference,
    Tally,
    paired_differences,
    tally,
)
from moodreel.evaluation.results import Result

Pair = tuple[Result, Result]
Differences = Mapping[tuple[str, str, str, str], Difference]


@dataclass(frozen=True)
class Significance:
    """How differences are tested.

    Args:
        resamples: how many resamples the bootstrap and the randomisation test draw.
        seed: the seed of these draws.
        family: which comparisons are one family for Holm's correction.
        all_pairs: whether the strategies after the first are compared with each other, too.
        factors: what queries share, one thing or two that cross: "words", "videos", or labels of
            the captions. None: "face" and "scene" where all videos have both, else words and
            videos.
        fewest: the number of queries below which a difference is described and not tested.
    """

    resamples: int = RESAMPLES
    seed: int = 0
    family: Family = "group"
    all_pairs: bool = False
    factors: Sequence[str] | None = None
    fewest: int = FEWEST


def shared_factors(material: Material, names: Sequence[str] | None = None) -> Sequence[Factor]:
    """Return what queries share, as tests take it.

    Raises:
        InvalidInput: more than two things, or one that nothing is labelled with.
    """
    known = {"words": material.words, "videos": material.rights, **material.label_factors}
    usual = ("face", "scene") if {"face", "scene"} <= known.keys() else ("words", "videos")
    chosen = usual if names is None else names
    if not 1 <= len(chosen) <= 2:
        raise InvalidInput(f"queries are resampled by one factor or by two, not by {len(chosen)}")
    for name in chosen:
        if name not in known:
            raise InvalidInput(f"captions have no label {name!r}.{closest(name, known)}")
    return [known[name] for name in chosen]


def factor_words(material: Material, names: Sequence[str] | None = None) -> str:
    """Return what is resampled, in words for reports."""
    used = crossing_factors(shared_factors(material, names))
    told = " and ".join(f"{factor.name} ({factor.levels})" for factor in used)
    return f"{told}, crossed" if len(used) > 1 else told


def judge_pairs(material: Material, pairs: Sequence[Pair], tests: Significance) -> Differences:
    """Return the difference of each pair in every query group and measure, corrected by family."""
    if not pairs:
        return {}
    factors = shared_factors(material, tests.factors)
    measures = pairs[0][0].measures
    found: dict[tuple[str, str, str, str], Difference] = {}
    for group, chosen in material.groups.items():
        held = [(first.values(chosen), second.values(chosen)) for first, second in pairs]
        inside = [factor.part(chosen) for factor in factors]
        tested = iter(paired_differences(held, inside, tests.resamples, tests.seed))
        for first, second in pairs:
            for name in measures:
                one = next(tested)
                enough = one.queries >= tests.fewest
                found[first.name, second.name, group, name] = one if enough else one.described()
    known = {key: one for key, one in found.items() if one.queries}
    return correct_families(in_order(known, pairs), tests.family)


def in_order(found: Differences, pairs: Sequence[Pair]) -> Differences:
    """Return differences pair by pair."""
    places = {(one.name, two.name): place for place, (one, two) in enumerate(pairs)}
    return dict(sorted(found.items(), key=lambda item: places[item[0][:2]]))


def tallies_of(
    material: Material, first: Result, others: Sequence[Result]
) -> dict[tuple[str, str], Tally]:
    """Return the queries won, lost and tied against the first, by strategy and query group."""
    return {
        (other.name, group): tally(first.scores.rank[chosen], other.scores.rank[chosen])
        for other in others
        for group, chosen in material.groups.items()
    }


def small_groups(material: Material, fewest: int = FEWEST) -> list[str]:
    """Return the query groups that are too small to be tested."""
    return [name for name, chosen in material.groups.items() if np.sum(chosen) < fewest]
