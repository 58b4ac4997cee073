"""The optimiser of a run: groups of parameters by name, the schedule of rates, and exact states.

Everything goes by the parameters' names, in the order in which the module holds them: a state that
one process wrote belongs to the same parameters in another.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from moodreel.training.plan import TrainingPlan

ENCODER = "tuned."
"""What the names of the encoders' parameters begin with."""

LAYER = re.compile(r"^(.*\.(?:layers|layer|blocks))\.(\d+)\.")


def make_optimizer(trainee: nn.Module, plan: TrainingPlan) -> torch.optim.Optimizer:
    """Return AdamW (Loshchilov and Hutter 2019) over what learns.

    A group has the `names` of its parameters, and `highest`, its rate at the schedule's top. It is
    fused: the other ways copy each parameter, 0.2 GB for the token embeddings of a CLIP.
    """
    groups = parameter_groups(trainee, plan)
    return torch.optim.AdamW(groups, plan.rate, plan.betas, plan.epsilon, fused=True)


def parameter_groups(trainee: nn.Module, plan: TrainingPlan) -> list[dict[str, Any]]:
    """Return groups of the parameters that share a rate and a decay, in the module's order."""
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    depths = stack_depths(name for name, _ in trainee.named_parameters())
    for name, parameter in learning(trainee):
        rate, decay = rate_of(name, plan, depths), decay_of(parameter, plan)
        group = {"params": [], "names": [], "weight_decay": decay, "highest": rate}
        found = groups.setdefault((rate, decay), group)
        found["params"].append(parameter)
        found["names"].append(name)
    return list(groups.values())


def learning(trainee: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the parameters that learn, by name."""
    return ((name, p) for name, p in trainee.named_parameters() if p.requires_grad)


def rate_of(name: str, plan: TrainingPlan, depths: Mapping[str, int]) -> float:
    """Return the highest rate of a parameter.

    Encoders' layers may learn the slower the further they are from the output (layer-wise rates,
    Howard and Ruder 2018), and parts named in `plan.rates` at a multiple.
    """
    rate = plan.encoder_rate if name.startswith(ENCODER) else plan.rate
    rate *= plan.layer_rate ** layers_above(name, depths)
    return rate * math.prod(times for part, times in plan.rates.items() if is_part(name, part))


def layers_above(name: str, depths: Mapping[str, int]) -> int:
    """Return how many layers of its stack are above a parameter of the encoders.

    Embeddings are below all layers of their half, and what follows the layers is above them.
    """
    if not name.startswith(ENCODER):
        return 0
    if found := LAYER.search(name):
        return depths[found[1]] - int(found[2]) - 1
    half = name.split(".")[1]
    stacks = [depth for stack, depth in depths.items() if stack.split(".")[1] == half]
    return max(stacks, default=0) if "embed" in name else 0


def stack_depths(names: Iterable[str]) -> dict[str, int]:
    """Return how many layers each stack of the encoders has, by the stack's name."""
    depths: dict[str, int] = {}
    for name in names:
        if found := LAYER.search(name):
            depths[found[1]] = max(depths.get(found[1], 0), int(found[2]) + 1)
    return depths


def is_part(name: str, part: str) -> bool:
    """Whether a parameter is in a part: whether its dotted name holds the part's, whole words.

    >>> is_part("tuned.text_model.encoder.layers.1.mlp", "encoder.layers.1")
    True
    >>> is_part("tuned.text_model.encoder.layers.11.mlp", "encoder.layers.1")
    False
    """
    return f".{part}." in f".{name}."


def decay_of(parameter: Tensor, plan: TrainingPlan) -> float:
    """Return the decay of a parameter: matrices decay; biases, norms, gates, the scale do not."""
    return plan.decay if parameter.ndim > 1 else 0.0


def set_rates(optimizer: Any, step: int, plan: TrainingPlan) -> None:
    """Give every group its rate in a step, and the epsilon that PyTorch's AdamW then takes."""
    corrected = math.sqrt(1 - plan.betas[1] ** (step + 1)) if plan.epsilon_first else 1.0
    for group in optimizer.param_groups:
        group["lr"] = group["highest"] * schedule(step, plan)
        group["eps"] = plan.epsilon / corrected


def schedule(step: int, plan: TrainingPlan) -> float:
    """Return the share of the highest rate: up in a line, then down on a cosine to zero.

    As in CLIP-ViP's training, which counts steps from 1.
    """
    rising = int(plan.warmup * plan.steps)
    if step + 1 < rising:
        return (step + 1) / rising
    done = (step + 1 - rising) / max(1, plan.steps - rising)
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
