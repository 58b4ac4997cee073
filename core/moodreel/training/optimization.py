"""The optimiser of a run: groups of parameters by name, the schedule of rates, and exact states.

Everything goes by the parameters' names, in the order in which the module holds them: a state that
one process wrote belongs to the same parameters in another.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from moodreel.training.plan import TrainingPlan

ENCODER = "tuned."
"""What the names of the encoders' parameters begin with."""


def make_optimizer(trainee: nn.Module, plan: TrainingPlan) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov and Hutter 2019) over what learns.

    A group has the `names` of its parameters, and `highest`, its rate at the schedule's top.
    """
    return torch.optim.AdamW(parameter_groups(trainee, plan), plan.rate, plan.betas, plan.epsilon)


def parameter_groups(trainee: nn.Module, plan: TrainingPlan) -> list[dict[str, Any]]:
    """Return groups of the parameters that share a rate and a decay, in the module's order."""
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for name, parameter in learning(trainee):
        rate, decay = rate_of(name, plan), decay_of(parameter, plan)
        group = {"params": [], "names": [], "weight_decay": decay, "highest": rate}
        found = groups.setdefault((rate, decay), group)
        found["params"].append(parameter)
        found["names"].append(name)
    return list(groups.values())


def learning(trainee: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters that learn, by name."""
    return ((name, p) for name, p in trainee.named_parameters() if p.requires_grad)


def rate_of(name: str, plan: TrainingPlan) -> float:
    """Return the highest rate of a parameter."""
    return plan.encoder_rate if name.startswith(ENCODER) else plan.rate


def decay_of(parameter: Tensor, plan: TrainingPlan) -> float:
    """Return the decay of a parameter: matrices decay; biases, norms, gates, the scale do not."""
    return plan.decay if parameter.ndim > 1 else 0.0


def set_rates(optimizer: Any, step: int, plan: TrainingPlan) -> None:
    """Give every group its rate in a step."""
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * schedule(step, plan)


def schedule(step: int, plan: TrainingPlan) -> float:
    """Return the share of the highest rate: up in a line, then down on a cosine to zero."""
    rising = max(1, round(plan.warmup * plan.steps))
    if step < rising:
        return (step + 1) / rising
    done = (step - rising) / max(1, plan.steps - rising)
    return 0.5 * (1 + math.cos(math.pi * done))


def named_state(optimizer: Any) -> dict[str, dict[str, Tensor]]:
    """Return what an optimiser keeps of each parameter, by the parameter's name."""
    return {
        name: dict(optimizer.state[parameter])
        for group in optimizer.param_groups
        for name, parameter in zip(group["names"], group["params"], strict=True)
        if parameter in optimizer.state
    }


def restore_state(optimizer: Any, held: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Put back what `named_state` returned."""
    groups = optimizer.state_dict()["param_groups"]
    state = {
        place: dict(held[name])
        for group in groups
        for name, place in zip(group["names"], group["params"], strict=True)
        if name in held
    }
    optimizer.load_state_dict({"state": state, "param_groups": groups})
