"""The best parameters that a run has seen."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass
class BestState:
    """The best parameters so far; without a validation, the last ones.

    Args:
        value: the mAP on the validation split with these parameters.
        step: after how many steps they were reached.
        looks_since: how many looks at the validation split since then found no better ones.
        state: the parameters by name.
    """

    value: float = -math.inf
    step: int = 0
    looks_since: int = 0
    state: dict[str, Tensor] = field(default_factory=dict)

    def take(self, value: float, step: int, trainee: nn.Module) -> None:
        """Note a look: keep the parameters if they are better, or cannot be compared.

        Those that cannot be compared are not copied: the last ones count.
        """
        self.looks_since += 1
        if math.isnan(value) or value > self.value:
            self.value, self.step, self.looks_since = value, step, 0
            held = learned_state(trainee)
            self.state = held if math.isnan(value) else {n: v.clone() for n, v in held.items()}

    def held(self) -> dict[str, Any]:
        """Return what `restore` takes."""
        return dict(vars(self))

    def restore(self, held: Mapping[str, Any]) -> None:
        """Put back what `held` returned."""
        vars(self).update(held)


def learned_state(trainee: nn.Module) -> dict[str, Tensor]:
    """Return what training changes, by name: parameters that learn, and buffers; no copies."""
    learned = {name: p for name, p in trainee.named_parameters() if p.requires_grad}
    changing = learned | dict(trainee.named_buffers())
    return {name: value.detach().cpu() for name, value in changing.items()}
