"""Perception Encoder and MobileCLIP in form: small random models in open_clip's folders."""

import json

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from torch.nn.functional import gelu, layer_norm, multi_head_attention_forward, normalize

from moodreel import Clip
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.open_clip_pair import OpenClipTextEncoder, OpenClipVideoEncoder
from tiny_models import TEXT
from tiny_timm_clips import DIM, FAMILIES, SIZES, save_timm_clip

HEADS = TEXT["num_attention_heads"]
TEXTS = ["a cat", "two dogs in a car"]


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    home = tmp_path_factory.mktemp("open-clip")
    return {family: save_timm_clip(home / family, family) for family in FAMILIES}


def both(folder):
    options = {"dtype": "float32", "device": "cpu"}
    return OpenClipVideoEncoder(str(folder), **options), OpenClipTextEncoder(str(folder), **options)


@pytest.fixture(scope="module")
def clip():
    frames = np.random.default_rng(0).integers(0, 255, (2, 90, 120, 3), dtype=np.uint8)
    return Clip(frames, np.array([0.0, 1.0]))


def reference(state, ids, causal):
    """open_clip's text half, written with torch's own attention: features [B, D]."""
    get = {name.removeprefix("text."): value for name, value in state.items()}
    states = get["token_embedding.weight"][ids] + get["positional_embedding"][: ids.shape[1]]
    states = states.transpose(0, 1)
    length = len(states)
    mask = torch.full((length, length), -torch.inf).triu(1) if causal else None
    for layer in range(TEXT["num_hidden_layers"]):
        at = {
            name.removeprefix(f"transformer.resblocks.{layer}."): value
            for name, value in get.items()
        }
        x = layer_norm(states, states.shape[-1:], at["ln_1.weight"], at["ln_1.bias"])
        seen, _ = multi_head_attention_forward(
            x, x, x, x.shape[-1], HEADS, at["attn.in_proj_weight"], at["attn.in_proj_bias"],
            None, None, False, 0.0, at["attn.out_proj.weight"], at["attn.out_proj.bias"],
            attn_mask=mask, need_weights=False,
        )  # fmt: skip
        states = states + seen
        x = layer_norm(states, states.shape[-1:], at["ln_2.weight"], at["ln_2.bias"])
        x = gelu(x @ at["mlp.c_fc.weight"].T + at["mlp.c_fc.bias"])
        states = states + x @ at["mlp.c_proj.weight"].T + at["mlp.c_proj.bias"]
    states = layer_norm(states, states.shape[-1:], get["ln_final.weight"], get["ln_final.bias"])
    return states.transpose(0, 1)[range(len(ids)), ids.argmax(-1)] @ get["text_projection"]


@pytest.mark.parametrize("family", FAMILIES)
def test_texts_have_the_features_that_open_clip_gives_them(models, family):
    _, text = both(models[family])
    state = load_file(models[family] / "open_clip_model.safetensors")
    ids = torch.zeros(len(TEXTS), text.longest, dtype=torch.long)
    for row, tokens in zip(ids, text.tokenizer(TEXTS)["input_ids"], strict=True):
        row[: len(tokens)] = torch.tensor(tokens)
    expected = normalize(reference(state, ids, causal=family == "pe-core"), dim=-1)
    torch.testing.assert_close(text.encode(TEXTS).pooled, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_frames_have_the_features_that_timm_gives_their_pixels(models, family, clip):
    video, _ = both(models[family])
    held = FAMILIES[family]["vision_cfg"]
    size = {"img_size": SIZES[held["timm_model_name"]]} if family == "pe-core" else {}
    trunk = timm.create_model(
        held["timm_model_name"], num_classes=DIM, global_pool=held["timm_pool"], **size
    ).eval()
    state = load_file(models[family] / "open_clip_model.safetensors")
    stem = "visual.trunk."
    trunk.load_state_dict({n.removeprefix(stem): v for n, v in state.items() if stem in n})
    pixels = video.pixels(list(clip.frames))
    assert pixels.shape[-2:] == (video.config.vision_config.image_size,) * 2
    with torch.inference_mode():
        expected = normalize(trunk(pixels), dim=-1)
    torch.testing.assert_close(video.encode([clip]).frames[0], expected, rtol=0, atol=1e-5)


def test_both_halves_share_a_space_and_one_model(models):
    video, text = both(models["pe-core"])
    assert (video.space, video.dim) == (text.space, text.dim)
    assert video.model is text.model


def test_a_text_alone_and_among_longer_ones_has_the_same_features(models):
    for folder in models.values():
        _, text = both(folder)
        alone, among = text.encode(TEXTS[:1]).pooled[0], text.encode(TEXTS).pooled[0]
        torch.testing.assert_close(alone, among, rtol=0, atol=1e-5)


def test_injecting_nothing_changes_no_text(models):
    for folder in models.values():
        _, text = both(folder)
        injected = text.encode(TEXTS, inject=lambda tokens: tokens).pooled
        torch.testing.assert_close(injected, text.encode(TEXTS).pooled, rtol=0, atol=1e-5)


def test_nothing_is_injected_into_frames(models, clip):
    video, _ = both(models["mobileclip"])
    assert video.patch_width is None
    with pytest.raises(ConfigurationError, match="lets nothing be injected"):
        video.encode_injected([clip], lambda tokens, *_: tokens)


def changed(source, folder, config=(), drop=(), **weights):
    """Copy a model with another configuration or other weights."""
    folder.mkdir()
    for path in source.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    held = json.loads((folder / "open_clip_config.json").read_text())
    for key, value in dict(config).items():
        part, _, name = key.partition(".")
        held["model_cfg"][part] = {**held["model_cfg"][part], name: value} if name else value
    (folder / "open_clip_config.json").write_text(json.dumps(held))
    state = load_file(source / "open_clip_model.safetensors") | weights
    kept = {name: value for name, value in state.items() if name not in drop}
    save_file(kept, folder / "open_clip_model.safetensors")
    return folder


WRONG = {
    "a layer too few": ({"drop": ["text.ln_final.bias"]}, "lacks text_model.final_layer_norm.bias"),
    "a stray tensor": ({"visual.trunk.gate": torch.ones(2)}, "holds trunk.gate"),
    "another width": ({"config": {"embed_dim": 16}}, "size mismatch"),
    "no finite numbers": ({"text.ln_final.bias": torch.full((48,), torch.nan)}, "no finite"),
    "an unknown model": ({"config": {"vision_cfg.timm_model_name": "vit_x"}}, "vit_x"),
    "no model of timm": ({"config": {"vision_cfg": {"layers": 2}}}, "convert clip"),
    "a projection unread": ({"config": {"vision_cfg.timm_proj": "mlp"}}, "timm_proj 'mlp'"),
    "a pooling unread": ({"config": {"text_cfg.pool_type": "last"}}, "pool_type is 'last'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_another_model_is_refused_in_one_line(kind, models, tmp_path):
    given, says = WRONG[kind]
    _, text = both(changed(models["pe-core"], tmp_path / "wrong", **given))
    with pytest.raises(ConfigurationError) as caught:
        text.encode(["a cat"])
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_projection_without_a_bias_is_one_of_zeros(models, tmp_path, clip):
    state = load_file(models["pe-core"] / "open_clip_model.safetensors")
    zeros = {"visual.trunk.head.bias": torch.zeros_like(state["visual.trunk.head.bias"])}
    told = changed(models["pe-core"], tmp_path / "told", **zeros)
    untold = changed(models["pe-core"], tmp_path / "untold", drop=["visual.trunk.head.bias"])
    one, other = (both(folder)[0].encode([clip]).pooled for folder in (told, untold))
    torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
