"""Which parameters share a rate and a decay, and how rates go over a run."""

import pytest
import torch
from torch import nn

from moodreel.errors import InvalidInput
from moodreel.training.optimization import (
    make_optimizer,
    named_state,
    parameter_groups,
    restore_state,
    schedule,
)
from moodreel.training.plan import TrainingPlan


class Stack(nn.Module):
    """A module with the names that dual encoders have."""

    def __init__(self, layers=3):
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.strategy = nn.Linear(4, 4)
        self.tuned = nn.Module()
        for half in ("text_model", "vision_model"):
            part = nn.Module()
            part.embeddings = nn.Embedding(5, 4)
            part.layers = nn.ModuleList(
                nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4)) for _ in range(layers)
            )
            self.tuned.add_module(half, part)
        self.tuned.text_projection = nn.Linear(4, 4, bias=False)


def by_name(plan):
    found = {}
    for group in parameter_groups(Stack(), plan):
        found |= dict.fromkeys(group["names"], (group["highest"], group["weight_decay"]))
    return found


def test_matrices_decay_and_biases_norms_and_the_scale_do_not():
    found = by_name(TrainingPlan(decay=0.2))
    assert set(found) == {name for name, _ in Stack().named_parameters()}
    matrices = {name for name, value in Stack().named_parameters() if value.ndim > 1}
    assert {name for name, (_, decay) in found.items() if decay == 0.2} == matrices
    assert found["tuned.text_model.layers.0.1.weight"][1] == 0, "a norm"
    assert found["log_scale"][1] == 0


def test_lower_layers_learn_slower_and_named_parts_faster():
    plan = TrainingPlan(
        rate=1.0, encoder_rate=0.1, layer_rate=0.5, rates={"text_projection": 10, "layers.1": 3}
    )
    rates = {name: rate for name, (rate, _) in by_name(plan).items()}
    assert rates["strategy.weight"] == rates["log_scale"] == 1.0
    for half in ("text_model", "vision_model"):
        layers = [rates[f"tuned.{half}.layers.{n}.0.weight"] for n in range(3)]
        assert layers == pytest.approx([0.1 / 4, 3 * 0.1 / 2, 0.1])
        assert rates[f"tuned.{half}.embeddings.weight"] == pytest.approx(0.1 / 8)
    assert rates["tuned.text_projection.weight"] == pytest.approx(1.0)


def test_a_state_finds_its_parameters_in_another_order():
    first, second = Stack(), Stack()
    plan = TrainingPlan(rates={"vision_model": 2})
    optimizer = make_optimizer(first, plan)
    for place, value in enumerate(first.parameters()):
        value.grad = torch.full_like(value, place + 1.0)
    optimizer.step()
    second.tuned._modules = dict(reversed(second.tuned._modules.items()))
    again = make_optimizer(second, plan)
    restore_state(again, named_state(optimizer))
    found, wanted = named_state(again), named_state(optimizer)
    assert list(found) != list(wanted)
    assert found.keys() == wanted.keys()
    for name, state in wanted.items():
        assert all(found[name][key].equal(value) for key, value in state.items()), name


def test_epochs_say_how_many_steps_are_made():
    plan = TrainingPlan(epochs=100, batch=16, per_process=True, accumulate=2)
    assert plan.resolved(9000, 8).steps == 3516  # 900,000 videos at 256 a step, rounded up
    assert plan.resolved(9000, 8).batch == 128
    assert TrainingPlan(steps=7).resolved(9000, 8).steps == 7


def test_the_rate_rises_then_falls_to_zero_as_published():
    plan = TrainingPlan(steps=100, warmup=0.1)
    rates = [schedule(step, plan) for step in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == rates[9] == 1
    assert rates[54] == pytest.approx(0.5)  # the 55th step, half-way from the 10th to the 100th
    assert rates[-1] == pytest.approx(0)
    assert rates[9:] == sorted(rates[9:], reverse=True)


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ({"epochs": 0}, "epochs must be"),
        ({"accumulate": 0}, "accumulate must be 1 or more"),
        ({"betas": (0.9, 1.0)}, "betas must be"),
        ({"rates": {"text_model": -1}}, "rates.text_model must be 0 or more"),
        ({"scale": 150}, "at most scale_limit"),
        ({"metric": "R@7"}, "metric must be one of"),
    ],
)
def test_a_plan_out_of_range_is_refused(choice, says):
    with pytest.raises(InvalidInput, match=says):
        TrainingPlan(**choice)
