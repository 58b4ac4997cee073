"""What a CLIP of transformers does not compute is refused by name, never dropped."""

import json

import pytest
import torch
from safetensors.torch import load_file

from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.clip_conversion import convert_clip
from openai_names import open_clip_folder, openai_names, prefixed


@pytest.fixture(scope="module")
def weights(folders):
    return load_file(folders["clip"] / "model.safetensors")


@pytest.fixture(scope="module")
def own(weights):
    """The weights under open_clip's names."""
    return openai_names(weights)


def refused(source, folder, **options):
    with pytest.raises(ConfigurationError) as caught:
        convert_clip(str(source), folder, **options)
    assert "\n" not in str(caught.value)
    assert not folder.exists()
    return str(caught.value)


UNUSUAL = {
    "average pooling": {"vision_cfg": {"head_width": 16, "pool_type": "avg"}},
    "no norm": {"vision_cfg": {"head_width": 16, "no_ln_pre": True}},
    "attentional pooling": {"vision_cfg": {"head_width": 16, "attentional_pool": True}},
    "timm": {"vision_cfg": {"timm_model_name": "convnext_base"}},
    "ResNet": {"vision_cfg": {"layers": [3, 4, 6, 3], "width": 64}},
    "no causal mask": {"text_cfg": {"heads": 4, "no_causal_mask": True}},
    "pooling of the last": {"text_cfg": {"heads": 4, "pool_type": "last"}},
    "a text model": {"text_cfg": {"hf_model_name": "roberta-base"}},
    "a tokenizer's cleaning": {"text_cfg": {"tokenizer_kwargs": {"clean": "canonicalize"}}},
    "CoCa": {"multimodal_cfg": {"layers": 12}},
    "an oblong picture": {"vision_cfg": {"head_width": 16, "image_size": [32, 64]}},
    "heads of no width": {"vision_cfg": {"head_width": 0}},
    "heads that do not fit": {"vision_cfg": {"head_width": 24}, "text_cfg": {"heads": 5}},
    "another depth": {"vision_cfg": {"head_width": 16, "layers": 3}},
    "no text": {"text_cfg": None},
}


@pytest.mark.parametrize("kind", UNUSUAL)
def test_what_another_model_computes_is_refused_by_name(kind, own, tmp_path):
    source = open_clip_folder(tmp_path / "open", own, **UNUSUAL[kind])
    refused(source, tmp_path / "made")


@pytest.mark.parametrize(
    "given",
    [
        {"resize_mode": "longest"},
        {"interpolation": "nearest"},
        {"mode": "L"},
        {"size": 64},
        {"mean": "grey"},
    ],
    ids=str,
)
def test_preprocessing_that_is_not_ours_is_refused_by_name(given, own, tmp_path):
    source = open_clip_folder(tmp_path / "open", own, given)
    assert "preprocess_cfg" in refused(source, tmp_path / "made")


FOREIGN = {
    "LoRA": ({"transformer.resblocks.0.attn.lora_A": (2, 2)}, "LoRA adapters that are not merged"),
    "peft": ({"base_model.model.x.base_layer.weight": (2, 2)}, "LoRA"),
    "CoCa": ({"visual.attn_pool.query": (4, 8)}, "CoCa"),
    "Long-CLIP": ({"positional_embedding_res": (20, 48)}, "Long-CLIP"),
    "a bias": ({"text_projection.bias": (32,)}, "with a bias"),
    "layer scale": ({"visual.transformer.resblocks.0.ls_1.gamma": (64,)}, "layer scale"),
    "timm": ({"visual.trunk.cls_token": (1, 1, 64)}, "timm"),
    "ResNet": ({"visual.layer1.0.conv1.weight": (1, 1)}, "ResNet"),
    "CLIP4Clip": ({"frame_position_embeddings.weight": (4, 4)}, "layers over frames"),
    "one layer more in one half": ({"transformer.extra.weight": (2, 2)}, "this model has not"),
    "unheard of": ({"gate.weight": (2, 2)}, "holds gate.weight, which this model has not"),
    "quantised": ({"visual.proj.SCB": (2,)}, "quantised"),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_parts_of_another_model_are_refused_by_name(kind, own, tmp_path):
    shapes, says = FOREIGN[kind]
    more = {name: torch.ones(shape) for name, shape in shapes.items()}
    source = open_clip_folder(tmp_path / "open", own | more)
    assert says in refused(source, tmp_path / "made")


def test_a_siglip_needs_no_conversion(folders, tmp_path):
    assert "needs no conversion" in refused(folders["siglip"], tmp_path / "made")


def test_a_naflex_is_no_clip_to_convert(folders, tmp_path):
    source = tmp_path / "naflex"
    source.mkdir()
    for path in folders["siglip"].iterdir():
        (source / path.name).write_bytes(path.read_bytes())
    config = {"model_type": "siglip2", "vision_config": {"num_patches": 16}}
    (source / "config.json").write_text(json.dumps(config))
    assert "NaFlex" in refused(source, tmp_path / "made")


def test_two_models_in_one_file_are_refused(weights, tmp_path):
    torch.save(prefixed(weights, "a.") | prefixed(weights, "b."), tmp_path / "two.pt")
    assert "holds 2 CLIPs (a., b.)" in refused(tmp_path / "two.pt", tmp_path / "made")


def test_whole_numbers_are_said_to_be_quantised(weights, tmp_path):
    small = {name: value.to(torch.int8) for name, value in weights.items()}
    torch.save(small, tmp_path / "int8.pt")
    assert "quantised" in refused(tmp_path / "int8.pt", tmp_path / "made")
