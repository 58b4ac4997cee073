"""The moving average of the weights."""

import pytest
from torch import nn

from moodreel.training.averaged_weights import AveragedWeights


def test_the_average_follows_the_weights_and_takes_their_place_for_a_while():
    module = nn.Linear(2, 1, bias=False)
    module.weight.data.fill_(1.0)
    average = AveragedWeights(0.5)
    average.begin(module)
    wanted = 1.0
    for step, value in enumerate((2.0, 4.0, 8.0)):
        module.weight.data.fill_(value)
        average.add(module, step)
        kept = min(0.5, (1 + step) / (10 + step))
        wanted = kept * wanted + (1 - kept) * value
    with average.in_place(module):
        assert module.weight[0, 0].item() == pytest.approx(wanted, abs=1e-5)
    assert module.weight.eq(8.0).all()


def test_without_a_decay_there_is_no_average():
    module, average = nn.Linear(2, 1), AveragedWeights(0.0)
    average.begin(module)
    average.add(module, 0)
    before = module.weight.clone()
    with average.in_place(module):
        assert module.weight.equal(before)
    assert not average.values
