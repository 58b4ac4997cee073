"""What a strategy may bring into a text encoder: where its tensors are, and who takes them."""

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorDeviceMismatchError, FakeTensorMode

from injecting_strategies import INJECTING, Deep, MoodTokens, OwnHead, Peak, TokenLayer
from moodreel.errors import PluginError
from moodreel.fusion import FusionStrategy, to_tensors
from moodreel.interfaces import AddedTokens, Injection
from moodreel.testing import check_fusion, sample_emotions, sample_text
from moodreel.testing.samples import SMALL


@pytest.mark.parametrize("strategy", [*INJECTING, OwnHead, Peak])
def test_what_a_strategy_may_bring_keeps_the_contract(strategy):
    check_fusion(strategy())


@pytest.mark.parametrize("strategy", INJECTING)
def test_tokens_come_to_the_device_of_the_parameters_and_go_back(strategy):
    """Tensors that only know their device, and refuse to meet those of another one."""
    tokens, wanted = sample_text().tokens, sample_emotions(5)
    made = strategy().bind(SMALL)
    with FakeTensorMode(allow_non_fake_inputs=True):
        move_to_accelerator(made)
        given = torch.empty(tokens.shape, requires_grad=True)  # so that no number is looked at
        mask, ids = torch.ones(5, 6, dtype=torch.bool), torch.ones(5, 6, dtype=torch.int64)
        injection = made.injector(wanted)
        for place in ("cpu", "cuda"):
            there = given.to(place)
            changed, added = injection.enter(there, mask.to(place), ids.to(place))
            assert changed.device == there.device
            assert added is None or added.tokens.device == added.visible.device == there.device
            for layer in injection.layers:
                assert injection.at_layer(layer, there, mask).device == there.device


def test_a_layer_meets_no_tokens_of_another_device():
    """What the test above would see if tokens stayed where the encoder has them."""
    made, wanted = TokenLayer().bind(SMALL), sample_emotions(5)
    with FakeTensorMode(allow_non_fake_inputs=True):
        move_to_accelerator(made)
        with pytest.raises(PluginError) as caught:
            made.inject(torch.empty(5, 6, SMALL.token), wanted)
    assert isinstance(caught.value.__cause__, FakeTensorDeviceMismatchError)


def move_to_accelerator(module):
    """Put a module's parameters on a device that need not be there."""
    for part in module.modules():
        for name, value in part._parameters.items():
            part._parameters[name] = nn.Parameter(torch.empty(value.shape, device="cuda"))


def test_a_strategy_without_parameters_gets_tokens_on_the_cpu():
    class Plain(FusionStrategy):
        def inject(self, tokens, wanted):
            return tokens + torch.from_numpy(wanted.values).sum()

    with FakeTensorMode(allow_non_fake_inputs=True):
        tokens = torch.empty(5, 6, SMALL.token, device="cuda", requires_grad=True)
        assert Plain().injector(sample_emotions(5))(tokens).is_cuda


@pytest.mark.parametrize(
    ("strategy", "says"),
    [(MoodTokens, "injects new tokens"), (Deep, "injects states inside the text encoder")],
)
def test_an_encoder_that_takes_changed_tokens_alone_is_told_of_more(strategy, says):
    inject = strategy().bind(SMALL).injector(sample_emotions(5))
    with pytest.raises(PluginError, match=says):
        inject(sample_text().tokens)


def test_an_encoder_of_old_takes_what_changes_tokens_alone():
    made, tokens = TokenLayer().bind(SMALL), sample_text().tokens
    made.gate.data.fill_(1)
    wanted = sample_emotions(5)
    assert made.injector(wanted)(tokens).equal(made.inject(tokens, wanted))


def test_a_plain_function_is_an_injection_that_changes_tokens():
    tokens = sample_text().tokens
    changed, added = Injection.of(lambda given: 2 * given).enter(tokens)
    assert changed.equal(2 * tokens)
    assert added is None


@pytest.mark.parametrize(
    ("shape", "visible", "says"),
    [
        ((5, 2, 7), (5, 2), r"new tokens of shape \[5, 2, 7\], not \[5, any, 12\]"),
        ((5, 2, 12), (5, 3), r"`visible` of shape \[5, 3\], not \[5, 2\]"),
    ],
)
def test_new_tokens_that_do_not_fit_are_named(shape, visible, says):
    class Misfit(FusionStrategy):
        def inject(self, tokens, wanted):
            return tokens, AddedTokens(torch.zeros(shape), torch.zeros(visible))

    with pytest.raises(PluginError, match=says):
        Misfit().injector(sample_emotions(5)).enter(sample_text().tokens)


def test_the_tokens_stage_is_that_of_either_method():
    assert Deep().stages == MoodTokens().stages == {"tokens"}


def test_a_strategys_states_of_another_shape_are_named():
    class Shorter(Deep):
        def inject_at(self, layer, states, wanted):
            return states[:, 1:] + to_tensors(wanted, states)[0].sum()

    injection = Shorter().bind(SMALL).injector(sample_emotions(5))
    with pytest.raises(PluginError, match=r"inject_at returns states of shape \[5, 5, 12\]"):
        injection.at_layer(0, sample_text().tokens)
