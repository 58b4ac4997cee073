"""Measures of strategies over the values of one of their options, such as the weight of mood."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from moodreel.errors import InvalidInput
from moodreel.evaluation.candidates import Candidate
from moodreel.evaluation.material import Material
from moodreel.evaluation.results import EMOTION_MAP, measure
from moodreel.evaluation.scoring import score_strategy
from moodreel.media import Progress
from moodreel.registry.registry import FUSION, Registry

MEASURES = ("R@10", "MRR", EMOTION_MAP)


@dataclass(frozen=True)
class Sweep:
    """The measures of strategies over all queries, for each value of an option.

    Args:
        option: the option's name.
        values: its values, ascending.
        curves: by strategy and measure, the measure for each value. A strategy without the option
            has the same measure for all.
    """

    option: str
    values: Sequence[float]
    curves: Mapping[str, Mapping[str, Sequence[float]]]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return asdict(self)


def sweep_option(
    material: Material,
    candidates: Sequence[Candidate],
    option: str,
    values: Sequence[float],
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Sweep:
    """Measure strategies for each value of an option.

    Args:
        material: the videos and queries.
        candidates: the strategies; of several runs, the first is measured.
        option: the option's name.
        values: the values to give it.
        on_progress: called with the progress.

    Raises:
        InvalidInput: none of the strategies has the option.
    """
    registry = material.components.registry
    if not any(has_option(registry, one.names[0], option) for one in candidates):
        names = ", ".join(one.label for one in candidates)
        raise InvalidInput(f"none of {names} has the option {option!r} to be swept")
    curves = {}
    for place, one in enumerate(candidates):
        on_progress(Progress(f"{one.label}, {option}", place, len(candidates)))
        curves[one.label] = strategy_curves(material, one.names[0], option, values)
    return Sweep(option, values, curves)


def has_option(registry: Registry, name: str, option: str) -> bool:
    """Whether a strategy is a component that takes an option; a trained one has its own."""
    return not registry.names_trained(name) and registry.find(FUSION, name).takes(option)


def strategy_curves(
    material: Material, name: str, option: str, values: Sequence[float]
) -> dict[str, list[float]]:
    """Return one strategy's measures over all queries for each value."""
    if has_option(material.components.registry, name, option):
        found = [summary_of(material, name, {option: value}) for value in values]
    else:
        found = [summary_of(material, name, {})] * len(values)
    return {one: [held.get(one, float("nan")) for held in found] for one in MEASURES}


def summary_of(material: Material, name: str, options: Mapping[str, Any]) -> dict[str, float]:
    """Return a strategy's measures over all queries."""
    scoring = score_strategy(material, name, **options)
    return measure(scoring).summary(material.groups["all"])
