"""An exponential moving average of the weights that a run learns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from moodreel.training.optimization import learning


@dataclass
class AveragedWeights:
    """The average, which validation looks at and which is kept (Polyak and Juditsky 1992).

    Args:
        decay: the share of the average that a step keeps, below 1; 0: there is no average. In step
            t it is at most (1 + t) / (10 + t), so that the first values are soon forgotten, as in
            TensorFlow's ExponentialMovingAverage.
        values: the averages by the parameters' names.
    """

    decay: float
    values: dict[str, Tensor] = field(default_factory=dict)

    def begin(self, trainee: nn.Module) -> None:
        """Take the first values for the average."""
        if self.decay:
            self.values = {name: p.detach().clone() for name, p in learning(trainee)}

    @torch.no_grad()
    def add(self, trainee: nn.Module, step: int) -> None:
        """Take up the weights after a step, which are counted from 0."""
        if self.decay:
            kept = min(self.decay, (1 + step) / (10 + step))
            for name, parameter in learning(trainee):
                self.values[name].lerp_(parameter, 1 - kept)

    @contextmanager
    def in_place(self, trainee: nn.Module) -> Iterator[None]:
        """Let a module hold the average instead of its own weights for a while."""
        self.swap(trainee)
        try:
            yield
        finally:
            self.swap(trainee)

    def swap(self, trainee: nn.Module) -> None:
        """Exchange the weights of a module and the average; nothing is copied."""
        if self.decay:
            for name, parameter in learning(trainee):
                own, parameter.data = parameter.data, self.values[name]
                self.values[name] = own

    def restore(self, held: Mapping[str, Tensor]) -> None:
        """Put back the averages of an interrupted run."""
        for name, value in held.items():
            self.values[name].copy_(value)
