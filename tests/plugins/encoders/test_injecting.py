"""New tokens and changed layers inside real text models, of every family."""

import numpy as np
import pytest
import torch

from injecting_strategies import Deep
from moodreel.emotions import EmotionScores
from moodreel.errors import ConfigurationError
from moodreel.fusion import Dims
from moodreel.interfaces import AddedTokens, Injection
from moodreel_plugins.encoders.clip import ClipTextEncoder
from moodreel_plugins.encoders.vip import ClipVipTextEncoder
from nearness import assert_near
from tiny_models import save_clip, save_siglip, save_vip

TEXTS = ["two cats", "a happy dog", "a"]
FAMILIES = ("clip", "siglip", "clip-vip", "sentence")
MADE = {"clip": save_clip, "siglip": save_siglip, "clip-vip": save_vip}


@pytest.fixture(scope="module")
def encoders(tmp_path_factory, text_encoder):
    home, found = tmp_path_factory.mktemp("models"), {"sentence": text_encoder}
    for name, save in MADE.items():
        kind = ClipVipTextEncoder if name == "clip-vip" else ClipTextEncoder
        found[name] = kind(str(save(home / name)), dtype="float32", device="cpu")
    return found


class Adding(Injection):
    """Brings new tokens, and remembers what it was given."""

    def __init__(self, tokens, visible, layers=()):
        self.added, self.layers, self.given = AddedTokens(tokens, visible), layers, {}

    def enter(self, tokens, mask=None, ids=None):
        self.given["enter"] = tokens, mask, ids
        return tokens, self.added

    def at_layer(self, layer, states, mask=None):
        self.given[layer] = states, mask
        return states


def new_tokens(encoder, count):
    draw = torch.Generator().manual_seed(4)
    return torch.randn(len(TEXTS), count, encoder.width, generator=draw)


@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_that_are_not_seen_change_nothing(encoders, family):
    encoder = encoders[family]
    plain = encoder.encode(TEXTS)
    hidden = Adding(100 * new_tokens(encoder, 2), torch.zeros(len(TEXTS), 2))
    found = encoder.encode(TEXTS, hidden)
    assert_near(found.pooled, plain.pooled)
    length = plain.tokens.shape[1]
    assert found.mask[:, :length].equal(plain.mask)
    assert not found.mask[:, length:].any()
    assert_near(found.tokens[:, :length][plain.mask], plain.tokens[plain.mask])


@pytest.mark.parametrize("family", FAMILIES)
def test_two_half_visible_copies_count_as_one_token(encoders, family):
    encoder, one = encoders[family], None
    one = new_tokens(encoder, 1)
    whole = encoder.encode(TEXTS, Adding(one, torch.ones(len(TEXTS), 1)))
    halves = Adding(one.expand(-1, 2, -1), torch.full((len(TEXTS), 2), 0.5))
    assert_near(encoder.encode(TEXTS, halves).pooled, whole.pooled)
    assert (whole.pooled - encoder.encode(TEXTS).pooled).abs().max() > 1e-3


@pytest.mark.parametrize("family", FAMILIES)
def test_each_text_has_new_tokens_of_its_own(encoders, family):
    encoder = encoders[family]
    new, visible = new_tokens(encoder, 2), torch.tensor([[1.0, 0], [0, 0], [0.3, 1]])
    together = encoder.encode(TEXTS, Adding(new, visible)).pooled
    for row, text in enumerate(TEXTS):
        one = Adding(new[row : row + 1], visible[row : row + 1])
        assert_near(encoder.encode([text], one).pooled[0], together[row])
    assert_near(together[1], encoder.encode(TEXTS).pooled[1])


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_reach_new_tokens_and_a_gate_that_is_closed(encoders, family):
    encoder = encoders[family]
    new = new_tokens(encoder, 2).requires_grad_()
    gate = torch.zeros((), requires_grad=True)
    shut = encoder.encode(TEXTS, Adding(new, gate.expand(len(TEXTS), 2)))
    assert_near(shut.pooled, encoder.encode(TEXTS).pooled)
    shut.pooled[:, 0].sum().backward()
    slope = gate.grad.item()
    step = 1e-3
    with torch.no_grad():
        ajar = encoder.encode(TEXTS, Adding(new, torch.full((len(TEXTS), 2), step)))
    rise = (ajar.pooled[:, 0].sum() - shut.pooled[:, 0].sum()).item()
    assert slope == pytest.approx(rise / step, rel=0.05, abs=0.02)
    encoder.encode(TEXTS, Adding(new, torch.ones(len(TEXTS), 2))).pooled[:, 0].sum().backward()
    assert new.grad.abs().sum() > 0


@pytest.mark.parametrize("family", FAMILIES)
def test_ids_and_mask_are_the_tokenizers_and_new_tokens_come_last(encoders, family):
    encoder = encoders[family]
    adding = Adding(new_tokens(encoder, 2), torch.ones(len(TEXTS), 2), layers=(0, -1))
    found = encoder.encode(TEXTS, adding)
    tokens, mask, ids = adding.given["enter"]
    plain = encoder.encode(TEXTS)
    assert mask.equal(plain.mask)
    assert ids.shape == mask.shape == tokens.shape[:2]
    words = [
        encoder.tokenizer.decode(row[kept], skip_special_tokens=True)
        for row, kept in zip(ids, mask, strict=True)
    ]
    assert [word.replace(" ", "") for word in words] == [t.replace(" ", "") for t in TEXTS]
    for layer in (0, -1):
        states, seen = adding.given[layer]
        assert states.shape == found.tokens.shape
        assert seen.equal(found.mask)
    if family != "sentence":  # whose embeddings go through a norm
        assert_near(adding.given[0][0][:, -2:], adding.added.tokens)


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_are_changed_where_a_strategy_says(encoders, family):
    encoder = encoders[family]
    strategy = Deep().bind(Dims(encoder.dim, encoder.width))
    wanted = EmotionScores(np.eye(8, dtype=np.float32)[:3], np.ones((3, 8), bool))
    plain = encoder.encode(TEXTS).pooled
    assert_near(encoder.encode(TEXTS, strategy.injector(wanted)).pooled, plain)
    changes = []
    for table in strategy.tables:
        table.data.copy_(torch.randn(table.shape, generator=torch.Generator().manual_seed(0)))
        found = encoder.encode(TEXTS, strategy.injector(wanted)).pooled
        changes.append((found - plain).abs().max())
        found[:, 0].sum().backward()
        assert table.grad.abs().sum() > 0
    assert changes[0] > 1e-3
    assert changes[0] != changes[1]


def test_a_layer_that_is_not_there_is_named(encoders):
    strategy = Deep().bind(Dims(32, 48))
    strategy.inject_layers = (12,)
    with pytest.raises(
        ConfigurationError, match=r"no layer 12 .* its 2 layers are numbered from 0"
    ):
        encoders["clip"].encode(["a"], strategy.injector(EmotionScores.unobserved(1)))
