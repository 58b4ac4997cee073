"""The baseline: no fusion, content alone."""

from moodreel import Register, hookimpl
from moodreel.fusion import FusionStrategy


class Baseline(FusionStrategy):
    """The identity: <text, video>. What every other strategy is compared with."""


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register the baseline."""
    register("baseline", Baseline)
