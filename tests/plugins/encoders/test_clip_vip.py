"""CLIP-ViP: the published model's numbers, CLIP as a special case, and any shape."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy, normalize
from transformers import CLIPModel

import places
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from nearness import ROUNDING, assert_near
from tiny_models import clip_config, spread, vip_model

GOLDENS = places.GOLDENS / "clip_vip"
FOLDERS = {"12 frames": GOLDENS / "vip_t12", "4 frames": GOLDENS / "vip_t4"}


@pytest.fixture(scope="module", params=FOLDERS.values(), ids=FOLDERS)
def golden(request):
    model = ClipVip.from_pretrained(request.param)
    return model, load_file(request.param / "io.safetensors")


# The published implementation's numbers


@torch.inference_mode()
def test_video_features_are_the_published_ones(golden):
    model, known = golden
    features = model.video_features(known["video"])
    assert_near(features, known["video_features"])
    assert_near(normalize(features, dim=-1), known["video_embeds"])
    assert_near(model.vision_model(known["video"]).last_hidden_state, known["vision_last_hidden"])


@torch.inference_mode()
def test_text_features_are_the_published_ones(golden):
    model, known = golden
    inputs = known["input_ids"], known["attention_mask"]
    features = model.text_features(*inputs)
    assert_near(features, known["text_features"])
    assert_near(normalize(features, dim=-1), known["text_embeds"])
    assert_near(model.text_states(*inputs), known["text_last_hidden"])


@torch.inference_mode()
def test_the_loss_is_the_published_one(golden):
    model, known = golden
    video = normalize(model.video_features(known["video"]), dim=-1)
    text = normalize(model.text_features(known["input_ids"], known["attention_mask"]), dim=-1)
    scores = model.logit_scale.new_tensor(4.6).exp() * text @ video.T
    pairs = torch.arange(len(scores))
    loss = (cross_entropy(scores, pairs) + cross_entropy(scores.T, pairs)) / 2
    # The scores of unit vectors count e ** 4.6 = 99.5 times.
    assert_near(loss, known["clip_loss"][0], 100 * ROUNDING)


@torch.inference_mode()
def test_the_additive_embedding_passes_through_inject(golden):
    model, known = golden
    present = (known["emotion_counts"] > 0).float()
    mean = present @ known["emotion_embedding"] / (present.sum(1, keepdim=True) + 1e-8)
    inputs = known["input_ids"], known["attention_mask"]
    features = model.text_features(*inputs, inject=lambda tokens: tokens + mean.unsqueeze(1))
    assert_near(normalize(features, dim=-1), known["text_embeds_additive"])
    # It holds for one call alone.
    assert_near(model.text_features(*inputs), known["text_features"])


def test_a_saved_model_is_the_same_when_loaded(golden, tmp_path):
    model, known = golden
    model.save_pretrained(tmp_path)
    again = ClipVip.from_pretrained(tmp_path)
    assert ProxySettings.of(again.config) == ProxySettings(added=3, frames=12)
    written = again.state_dict()
    assert all(value.equal(written[name]) for name, value in model.state_dict().items())
    with torch.inference_mode():
        assert_near(again.video_features(known["video"]), model.video_features(known["video"]))


# Any shape, against full attention under a mask, in CLIP's own encoder


def reference_features(model, pixels):
    """The same features from a plain CLIP: tokens made one by one, a mask instead of two parts."""
    plain = CLIPModel(model.config).eval()
    plain.load_state_dict(model.state_dict(), strict=False)
    tower, ours = plain.vision_model, model.vision_model.embeddings
    places = ours.position_embedding.weight
    added = [] if ours.added_cls is None else list(ours.added_cls)
    proxies = [token + places[0] for token in (ours.class_embedding, *added)]
    features = []
    for video in pixels:
        tokens, frame_of = list(proxies), [-1] * len(proxies)
        for time, frame in enumerate(video):
            patches = tower.embeddings.patch_embedding(frame[None])[0].flatten(1).T
            for place, patch in enumerate(patches):
                tokens.append(patch + places[1 + place] + reference_time(ours, time, len(video)))
                frame_of.append(time)
        frame_of = torch.tensor(frame_of)
        sees = (frame_of[:, None] < 0) | (frame_of < 0) | (frame_of[:, None] == frame_of)
        mask = torch.zeros(sees.shape).masked_fill(~sees, -torch.inf)[None, None]
        states = tower.encoder(tower.pre_layrnorm(torch.stack(tokens)[None]), mask)
        pooled = tower.post_layernorm(states.last_hidden_state[:, 0])
        features.append(plain.visual_projection(pooled)[0])
    return torch.stack(features)


def reference_time(embeddings, time, frames):
    """The temporal embedding of a frame, interpolated between the centres of its rows."""
    if embeddings.temporal_embedding is None:
        return 0
    rows = embeddings.temporal_embedding[0].numpy()
    centre = (time + 0.5) * len(rows) / frames - 0.5
    known = np.arange(len(rows))
    return torch.tensor([np.interp(centre, known, column) for column in rows.T]).float()


SHAPES = {
    "one frame": ({}, 1),
    "17 frames": ({}, 17),
    "one proxy": ({"added": 1}, 5),
    "five proxies": ({"added": 5}, 5),
    "no proxies": ({"added": 0}, 3),
    "no temporal embedding": ({"frames": 0}, 5),
    "few rows of time": ({"frames": 2}, 7),
    "wide, many heads, large patches": (
        {"vision": {"hidden_size": 96, "num_attention_heads": 8, "patch_size": 16}},
        4,
    ),
    "one head, sides that patches do not fill": (
        {"vision": {"num_attention_heads": 1, "image_size": 40, "patch_size": 12}},
        3,
    ),
    "one patch": ({"vision": {"patch_size": 32}, "frames": 3}, 6),
}


@torch.inference_mode()
@pytest.mark.parametrize(("changes", "frames"), SHAPES.values(), ids=SHAPES)
def test_every_shape_equals_full_attention_under_a_mask(changes, frames):
    model = vip_model(**changes)
    side = model.config.vision_config.image_size
    pixels = torch.randn(2, frames, 3, side, side, generator=torch.Generator().manual_seed(1))
    features = model.video_features(pixels)
    assert features.abs().mean() > 0.1
    assert_near(features, reference_features(model, pixels))


@torch.inference_mode()
@settings(max_examples=25, deadline=None)
@given(
    heads=st.sampled_from([1, 2, 4]),
    width=st.sampled_from([4, 16]),
    patch=st.sampled_from([4, 8, 16]),
    grid=st.integers(1, 4),
    layers=st.integers(1, 3),
    act=st.sampled_from(["quick_gelu", "gelu"]),
    seed=st.integers(0, 9),
)
def test_one_frame_without_proxies_and_time_is_clip(heads, width, patch, grid, layers, act, seed):
    shape = {"hidden_size": heads * width, "num_attention_heads": heads, "patch_size": patch}
    shape |= {"image_size": patch * grid, "num_hidden_layers": layers, "hidden_act": act}
    clip = spread(CLIPModel(clip_config(vision=shape)), seed)
    model = vip_model(added=0, frames=0, vision=shape)
    model.load_state_dict(clip.state_dict())
    draw = torch.Generator().manual_seed(seed)
    pixels = torch.randn(2, 3, patch * grid, patch * grid, generator=draw)
    ids = torch.tensor([[52, 3, 9, 30, 53], [52, 7, 53, 53, 53]])
    mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])
    theirs = clip.get_image_features(pixels).pooler_output
    assert_near(model.video_features(pixels.unsqueeze(1)), theirs)
    assert_near(model.text_features(ids, mask), clip.get_text_features(ids, mask).pooler_output)


@torch.inference_mode()
def test_padding_does_not_change_a_text():
    model = vip_model()
    short, mask = torch.tensor([[52, 3, 9, 53]]), torch.ones(1, 4, dtype=torch.long)
    filled = torch.cat([short, torch.full((1, 6), 53)], dim=1)
    padded = torch.cat([mask, torch.zeros(1, 6, dtype=torch.long)], dim=1)
    assert_near(model.text_features(filled, padded), model.text_features(short, mask))


def test_every_part_learns():
    model = vip_model()
    model.video_features(torch.randn(2, 3, 3, 32, 32)).square().sum().backward()
    embeddings = model.vision_model.embeddings
    for part in (embeddings.added_cls, embeddings.temporal_embedding, embeddings.class_embedding):
        assert part.grad.abs().sum() > 0


# What is refused


def test_frames_of_another_size_are_refused():
    with pytest.raises(ValueError, match="32 x 32"):
        vip_model().video_features(torch.zeros(1, 2, 3, 40, 32))


def test_a_folder_that_lacks_weights_is_refused_with_one_line(tmp_path):
    CLIPModel(clip_config()).save_pretrained(tmp_path)
    config = vip_model().config
    config.save_pretrained(tmp_path)
    with pytest.raises(ConfigurationError, match=r"lacks .*added_cls and 1 more") as caught:
        ClipVip.from_pretrained(tmp_path)
    assert "\n" not in str(caught.value)
