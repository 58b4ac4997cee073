"""CLIPs in other forms become folders that give the features of the same model."""

import json

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import nn
from transformers import CLIPImageProcessor, CLIPModel

from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.clip import ClipVideoEncoder
from moodreel_plugins.encoders.clip_conversion import convert_clip
from moodreel_plugins.encoders.shapes import assumed_heads, clip_config
from openai_names import HEADS, open_clip_folder, openai_names, prefixed, with_own_text
from tiny_models import clip_config as tiny_config
from tiny_models import save_clip

NEAR = {"rtol": 0, "atol": 1e-4}


def model_of(**both):
    """Return a small CLIP, both of whose halves have these options."""
    return tiny_config(vision=both, text=both)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A small CLIP in transformers' form, with quick GELU as OpenAI's."""
    return save_clip(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture(scope="module")
def gelu(tmp_path_factory):
    """A small CLIP with GELU, as most of open_clip's."""
    return save_clip(tmp_path_factory.mktemp("clip") / "gelu", model_of(hidden_act="gelu"))


@pytest.fixture(scope="module")
def weights(clip):
    return load_file(clip / "model.safetensors")


@pytest.fixture(scope="module")
def own(gelu):
    """The weights of the CLIP with GELU, under open_clip's names."""
    return openai_names(load_file(gelu / "model.safetensors"))


@torch.inference_mode()
def features(folder):
    """Return what a model makes of random pixels and of some tokens."""
    draw = torch.Generator().manual_seed(1)
    model = CLIPModel.from_pretrained(folder, dtype=torch.float32).eval()
    ids = torch.tensor([[52, 0, 27, 28, 53], [52, 3, 53, 53, 53]])
    pictures = model.get_image_features(torch.randn(2, 3, 32, 32, generator=draw))
    return torch.cat([pictures.pooler_output, model.get_text_features(ids).pooler_output])


def same_features(one, other):
    torch.testing.assert_close(features(one), features(other), **NEAR)


def refused(source, folder, **options):
    with pytest.raises(ConfigurationError) as caught:
        convert_clip(str(source), folder, **options)
    assert "\n" not in str(caught.value)
    assert not folder.exists()
    return str(caught.value)


# Names and wrappers

FORMS = {
    "plain": lambda w: w,
    "data parallel": lambda w: prefixed(w, "module."),
    "compiled and parallel": lambda w: prefixed(w, "_orig_mod.module."),
    "a part of a larger model": lambda w: prefixed(w, "model.clip."),
    "a part of an unknown model": lambda w: prefixed(w, "retriever.encoder."),
    "sharded": lambda w: {
        f"_fsdp_wrapped_module.{n.replace('layers.0.', 'layers.0._fsdp_wrapped_module.')}": v
        for n, v in w.items()
    },
    "state_dict": lambda w: {"state_dict": w, "epoch": 3, "optimizer": {"lr": 0.1}},
    "restore.pt": lambda w: {"global_step": 9, "model_state_dict": prefixed(w, "clipmodel.")},
    "lightning": lambda w: {"state_dict": prefixed(w, "net."), "callbacks": {}},
    "lightning with a copy": lambda w: {
        "state_dict": prefixed(w, "model.") | prefixed(w, "ema_model.")
    },
    "deepspeed": lambda w: {"module": prefixed(w, "module.clip."), "dp_world_size": 8},
    "wrapped twice": lambda w: {"model": {"state_dict": w}},
    "OpenAI's names": openai_names,
    "OpenAI's with its numbers": lambda w: openai_names(w) | NUMBERS,
    "open_clip's own text": lambda w: with_own_text(openai_names(w)),
    "open_clip's training": lambda w: {"state_dict": prefixed(openai_names(w), "module.")},
    "with a bias of SigLIP's loss": lambda w: openai_names(w) | {"logit_bias": torch.ones(1)},
    "with heads of a training": lambda w: w | {"head.weight": torch.ones(2)},
}
NUMBERS = {
    "input_resolution": torch.tensor(32),
    "context_length": torch.tensor(20),
    "vocab_size": torch.tensor(54),
}
BESIDE = {"lightning with a copy", "with a bias of SigLIP's loss", "with heads of a training"}


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_in_any_usual_form_becomes_the_same_model(form, clip, weights, tmp_path):
    torch.save(FORMS[form](weights), tmp_path / "saved.pt")
    told = convert_clip(str(tmp_path / "saved.pt"), tmp_path / "made", str(clip / "config.json"))
    same_features(tmp_path / "made", clip)
    assert ("left out" in told) == (form in BESIDE)
    assert "tokenizer copied" in told


def test_half_precision_stays_as_it_was(clip, weights, tmp_path):
    halves = {name: value.half() for name, value in weights.items()}
    torch.save(halves, tmp_path / "saved.pt")
    convert_clip(str(tmp_path / "saved.pt"), tmp_path / "made", str(clip / "config.json"))
    made = load_file(tmp_path / "made" / "model.safetensors")
    assert all(value.equal(halves[name]) for name, value in made.items())


# What shapes do not tell: the activation and the heads


def test_a_folder_of_open_clips_says_activation_heads_and_all(own, gelu, tmp_path):
    source = open_clip_folder(tmp_path / "open", own)
    assert ", gelu;" in convert_clip(str(source), tmp_path / "made")
    same_features(tmp_path / "made", gelu)
    assert ", gelu;" in convert_clip(
        str(source / "open_clip_model.safetensors"), tmp_path / "by its file"
    )
    same_features(tmp_path / "by its file", gelu)


def test_quick_gelu_is_said_by_open_clips_configuration(weights, clip, tmp_path):
    source = open_clip_folder(tmp_path / "open", openai_names(weights), quick_gelu=True)
    convert_clip(str(source), tmp_path / "made")
    same_features(tmp_path / "made", clip)


def test_a_configuration_of_open_clips_can_be_given_to_a_file(own, gelu, tmp_path):
    torch.save({"state_dict": prefixed(own, "module.")}, tmp_path / "epoch_3.pt")
    (tmp_path / "ViT-tiny.json").write_text(json.dumps({"embed_dim": 32, **HEADS}))
    given = str(tmp_path / "ViT-tiny.json")
    convert_clip(str(tmp_path / "epoch_3.pt"), tmp_path / "made", config=given)
    same_features(tmp_path / "made", gelu)


@pytest.mark.parametrize("names", [openai_names, dict], ids=["OpenAI's", "transformers'"])
def test_a_file_that_does_not_say_its_activation_is_refused_with_what_to_give(names, tmp_path):
    weights = load_file(save_clip(tmp_path / "wide", wide()) / "model.safetensors")
    torch.save(names(weights), tmp_path / "alone.pt")
    said = refused(tmp_path / "alone.pt", tmp_path / "made")
    for part in ("activation=quick_gelu", "activation=gelu", "config=FILE"):
        assert part in said
    told = convert_clip(str(tmp_path / "alone.pt"), tmp_path / "made", activation="gelu")
    assert ", gelu;" in told
    assert "heads taken as 64 wide" in told


def test_a_folder_of_open_clips_without_its_configuration_is_refused(own, tmp_path):
    source = open_clip_folder(tmp_path / "open", own)
    (source / "open_clip_config.json").unlink()
    assert "nothing says its activation" in refused(source, tmp_path / "made")


def as_script(state):
    """Return modules that hold weights by their names, and compute nothing."""
    whole = nn.Module()
    for name, value in state.items():
        *stems, last = name.split(".")
        place = whole
        for stem in stems:
            if not hasattr(place, stem):
                place.add_module(stem, nn.Module())
            place = getattr(place, stem)
        place.register_parameter(last, nn.Parameter(value))
    return torch.jit.script(whole)


def wide():
    """Return a small CLIP whose heads are 64 wide, as every published one."""
    return tiny_config(
        vision={"hidden_size": 128, "num_attention_heads": 2},
        text={"hidden_size": 64, "num_attention_heads": 1},
    )


def test_openais_archives_and_state_dicts_say_that_they_are_quick(tmp_path):
    given = save_clip(tmp_path / "wide", wide())
    state = openai_names(load_file(given / "model.safetensors"))
    torch.jit.save(as_script(state), tmp_path / "archive.pt")
    torch.save(state | NUMBERS, tmp_path / "state.pt")
    for name in ("archive", "state"):
        told = convert_clip(str(tmp_path / f"{name}.pt"), tmp_path / name)
        assert "quick_gelu" in told
        assert "heads taken as 64 wide" in told  # 128 is no published width
        same_features(tmp_path / name, given)


class Gelu(nn.Module):
    def __init__(self, state):
        super().__init__()
        self.inner = as_script(state)
        self.act = nn.GELU()

    def forward(self, x):
        return self.act(x)


def test_an_archive_whose_code_computes_gelu_is_taken_at_its_word(tmp_path):
    given = save_clip(tmp_path / "wide", wide())
    state = openai_names(load_file(given / "model.safetensors"))
    torch.jit.save(torch.jit.script(Gelu(state)), tmp_path / "archive.pt")
    assert ", gelu;" in convert_clip(str(tmp_path / "archive.pt"), tmp_path / "made")


@pytest.mark.parametrize(
    ("width", "heads"),
    [(768, 12), (896, 14), (1024, 16), (1280, 16), (1408, 16), (1664, 16), (1792, 16)],
)
def test_the_heads_of_every_published_width_are_right(width, heads, weights):
    """ViT-B, B+, L, H, g, bigG and e: 64, 80, 88, 104 and 112 wide."""
    state = {name: value.to("meta") for name, value in weights.items()}
    for name, value in state.items():
        if name.startswith("vision") and not name.endswith("visual_projection.weight"):
            sizes = [width if size == 64 else size for size in value.shape]
            state[name] = torch.empty(sizes, device="meta")
    made = clip_config(state, {"text_config": {"num_attention_heads": 4}}, "file")
    assert made.vision_config.num_attention_heads == heads


def test_heads_that_no_published_clip_has_are_told():
    told = assumed_heads({}, tiny_config(), "file")
    assert "64 wide" in told
    known = {f"{half}_config": {"num_attention_heads": 4} for half in ("text", "vision")}
    assert not assumed_heads(known, tiny_config(), "file")


def test_a_configuration_that_says_other_than_the_weights_is_refused(clip, weights, tmp_path):
    """As where the last layers are missing, which would make a shallower model."""
    cut = {n: v for n, v in weights.items() if "vision_model.encoder.layers.1." not in n}
    torch.save(cut, tmp_path / "cut.pt")
    said = refused(tmp_path / "cut.pt", tmp_path / "made", config=str(clip / "config.json"))
    assert "says vision num_hidden_layers 2, its weights have 1" in said


def test_an_activation_beside_a_configuration_must_agree_with_it(own, tmp_path):
    source = open_clip_folder(tmp_path / "open", own)
    assert "says gelu" in refused(source, tmp_path / "made", activation="quick_gelu")
    assert ", gelu;" in convert_clip(str(source), tmp_path / "made", activation="gelu")


# Pictures


def test_pictures_are_cut_as_clip_cuts_them_not_squeezed(clip, weights, tmp_path):
    torch.save(weights, tmp_path / "saved.pt")
    for name in ("model.safetensors", "config.json"):
        (tmp_path / name).write_bytes((clip / name).read_bytes())
    convert_clip(str(tmp_path / "saved.pt"), tmp_path / "made", str(tmp_path / "config.json"))
    draw = np.random.default_rng(0)
    frame = np.repeat(draw.integers(0, 256, (48, 8, 3), np.uint8), 12, axis=1)
    video = ClipVideoEncoder(str(tmp_path / "made"), dtype="float32", device="cpu")
    usual = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    known = usual(images=Image.fromarray(frame), return_tensors="pt")["pixel_values"]
    assert (video.make_pixels([frame]) - known).abs().mean() < 0.02


PREPROCESSING = {
    "mean": [0.5, 0.4, 0.3],
    "std": [0.2, 0.3, 0.4],
    "interpolation": "bilinear",
    "resize_mode": "squash",
    "size": 32,
}


def test_open_clips_preprocessing_is_taken_over(own, tmp_path):
    source = open_clip_folder(tmp_path / "open", own, PREPROCESSING)
    convert_clip(str(source), tmp_path / "made")
    made = json.loads((tmp_path / "made" / "preprocessor_config.json").read_text())
    assert (made["image_mean"], made["image_std"]) == ([0.5, 0.4, 0.3], [0.2, 0.3, 0.4])
    assert made["resample"] == 2
    video = ClipVideoEncoder(str(tmp_path / "made"), dtype="float32", device="cpu")
    frame = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    pixels = torch.tensor(frame).permute(2, 0, 1) / 255
    mean, spread = (torch.tensor(PREPROCESSING[n]).view(3, 1, 1) for n in ("mean", "std"))
    torch.testing.assert_close(video.make_pixels([frame])[0], (pixels - mean) / spread, **NEAR)
    oblong = np.zeros((32, 64, 3), np.uint8)
    oblong[:, :16] = 255  # a quarter of the width: squeezed, it is there; cut, it is not
    assert video.make_pixels([oblong])[0, 0, :, :8].min() > 1


def test_a_folders_own_processor_is_kept(clip, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for path in clip.iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    size = {"height": 32, "width": 32}
    CLIPImageProcessor(size=size, do_center_crop=False, image_mean=[0.1] * 3).save_pretrained(
        source
    )
    convert_clip(str(source), tmp_path / "made")
    made = json.loads((tmp_path / "made" / "preprocessor_config.json").read_text())
    assert made["image_mean"] == [0.1] * 3
    assert made["do_center_crop"] is False
