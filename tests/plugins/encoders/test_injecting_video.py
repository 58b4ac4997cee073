"""Emotion in the video encoder: changed embeddings and new proxies, in every image half."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from moodreel import Clip
from moodreel.errors import ConfigurationError
from moodreel.interfaces import AddedTokens, VideoEncoder, VideoFeatures
from moodreel_plugins.encoders.clip import ClipVideoEncoder
from moodreel_plugins.encoders.vip import ClipVipVideoEncoder
from nearness import assert_near
from tiny_models import save_clip, save_siglip, save_vip

DRAW = np.random.default_rng(0)
SHAPES = ((3, 60, 80), (1, 48, 40), (8, 64, 64), (3, 33, 90))
CLIPS = [
    Clip(DRAW.integers(0, 256, (*shape, 3), np.uint8), np.arange(shape[0], dtype=np.float64))
    for shape in SHAPES
]


@pytest.fixture(scope="module")
def encoders(tmp_path_factory):
    home, options = tmp_path_factory.mktemp("models"), {"dtype": "float32", "device": "cpu"}
    return {
        "clip": ClipVideoEncoder(str(save_clip(home / "clip")), batch_size=4, **options),
        "clip-vip": ClipVipVideoEncoder(
            str(save_vip(home / "clip-vip")), most_frames=5, frames=4, **options
        ),
        "siglip": ClipVideoEncoder(str(save_siglip(home / "siglip")), **options),
    }


def proxies(new, visible):
    """An inject that brings each clip's new proxies [B, N, W], as far as [B, N] says."""

    def inject(tokens):
        return tokens, AddedTokens(new[tokens.clips], visible[tokens.clips])

    return inject


def draw(encoder, count):
    seed = torch.Generator().manual_seed(0)
    return torch.randn(len(CLIPS), count, encoder.patch_width, generator=seed)


@pytest.mark.parametrize("family", ["clip", "clip-vip"])
def test_new_proxies_change_what_they_are_seen_by_and_nothing_else(encoders, family):
    encoder = encoders[family]
    plain, new = encoder.encode(CLIPS).pooled, draw(encoder, 2)
    hidden = torch.zeros(len(CLIPS), 2)
    assert_near(encoder.encode_injected(CLIPS, proxies(100 * new, hidden)).pooled, plain)
    visible = hidden.clone()
    visible[2] = 1
    changed = encoder.encode_injected(CLIPS, proxies(new, visible)).pooled
    assert (changed[2] - plain[2]).abs().max() > 1e-3
    others = [0, 1, 3]
    assert_near(changed[others], plain[others])
    alone = encoder.encode_injected(CLIPS[2:3], proxies(new[2:3], visible[2:3])).pooled
    assert_near(alone[0], changed[2])


@pytest.mark.parametrize("family", ["clip", "clip-vip"])
def test_two_half_visible_copies_count_as_one_proxy(encoders, family):
    encoder = encoders[family]
    one = draw(encoder, 1)
    whole = encoder.encode_injected(CLIPS, proxies(one, torch.ones(len(CLIPS), 1))).pooled
    halves = proxies(one.expand(-1, 2, -1), torch.full((len(CLIPS), 2), 0.5))
    assert_near(encoder.encode_injected(CLIPS, halves).pooled, whole)


@pytest.mark.parametrize("family", ["clip", "clip-vip"])
def test_gradients_reach_a_closed_gate_and_then_the_proxies(encoders, family):
    encoder = encoders[family]
    new, gate = draw(encoder, 2).requires_grad_(), torch.zeros((), requires_grad=True)
    shut = encoder.encode_injected(CLIPS, proxies(new, gate.expand(len(CLIPS), 2))).pooled
    assert_near(shut, encoder.encode(CLIPS).pooled)
    shut[:, 0].sum().backward()
    step = 1e-3
    with torch.no_grad():
        ajar = encoder.encode_injected(
            CLIPS, proxies(new, torch.full((len(CLIPS), 2), step))
        ).pooled
    rise = (ajar[:, 0].sum() - shut[:, 0].sum()).item() / step
    assert gate.grad.item() == pytest.approx(rise, rel=0.05, abs=0.02)
    seen = proxies(new, torch.ones(len(CLIPS), 2))
    encoder.encode_injected(CLIPS, seen).pooled[:, 0].sum().backward()
    assert new.grad.abs().sum() > 0


@pytest.mark.parametrize("family", ["clip", "siglip", "clip-vip"])
def test_rows_are_told_by_clip_and_frame(encoders, family):
    """What is added to one frame's patches alone moves that clip, and that frame's vector."""
    encoder = encoders[family]

    def inject(tokens):
        chosen = (tokens.clips[:, None] == 2) & (tokens.frames == 4)
        chosen = torch.from_numpy(chosen).to(tokens.patches)[:, :, None, None]
        ramp = torch.linspace(-1, 1, encoder.patch_width)
        return replace(tokens, patches=tokens.patches + chosen * ramp), None

    plain, moved = encoder.encode(CLIPS), encoder.encode_injected(CLIPS, inject)
    distance = (moved.pooled - plain.pooled).abs().amax(1)
    assert distance[2] > 1e-4
    assert distance[[0, 1, 3]].max() < 1e-5
    if plain.frames is not None:
        apart = (moved.frames - plain.frames)[2].abs().amax(1)
        assert apart[4] > 1e-4
        assert apart[[0, 1, 2, 3, 5, 6, 7]].max() < 1e-5


def test_a_half_without_a_class_token_takes_no_new_proxies(encoders):
    encoder = encoders["siglip"]
    with pytest.raises(ConfigurationError, match="without a class token takes no new tokens"):
        encoder.encode_injected(CLIPS, proxies(draw(encoder, 1), torch.ones(len(CLIPS), 1)))


def test_an_encoder_of_old_says_that_nothing_can_be_injected():
    class Old(VideoEncoder):
        space, dim = "old", 3

        def encode(self, clips):
            return VideoFeatures(torch.ones(len(clips), 3) / 3**0.5)

    with pytest.raises(ConfigurationError, match="video encoder Old lets nothing be injected"):
        Old().encode_injected(CLIPS, lambda tokens: (tokens, None))
