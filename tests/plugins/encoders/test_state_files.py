"""Checkpoints as people have them: they load, or one line says what was seen and what to do."""

import argparse
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from moodreel import create
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.checkpoints import weight_files
from moodreel_plugins.encoders.state_files import read_state
from moodreel_plugins.encoders.state_names import plain_names


@pytest.fixture(scope="module")
def weights(folders):
    return load_file(folders["clip"] / "model.safetensors")


def test_a_torchscript_archive_is_read_without_its_code(weights, tmp_path):
    whole = nn.Module()
    for name, value in weights.items():
        *stems, last = name.split(".")
        place = whole
        for stem in stems:
            if not hasattr(place, stem):
                place.add_module(stem, nn.Module())
            place = getattr(place, stem)
        place.register_parameter(last, nn.Parameter(value))
    torch.jit.save(torch.jit.script(whole), tmp_path / "archive.pt")
    found = read_state(tmp_path / "archive.pt")
    assert found.keys() == weights.keys()
    assert all(found[name].equal(value) for name, value in weights.items())


def test_shards_that_are_not_there_are_named(tmp_path):
    parts = {f"w{n}": f"model-0000{n}-of-00002.safetensors" for n in (1, 2)}
    index = tmp_path / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": parts}))
    save_file({"w1": torch.ones(1)}, tmp_path / parts["w1"])
    with pytest.raises(ConfigurationError, match=r"lacks model-00002-of-00002\.safetensors, of th"):
        weight_files(tmp_path)
    index.write_text("{}")
    with pytest.raises(ConfigurationError, match="names no files of weights"):
        weight_files(tmp_path)


def test_a_siglip_of_any_shape_is_refused_with_what_to_take(tmp_path):
    vision = {"model_type": "siglip2_vision_model", "num_patches": 16, "patch_size": 16}
    config = {"model_type": "siglip2", "vision_config": vision}
    (tmp_path / "config.json").write_text(json.dumps(config))
    save_file({"x": torch.ones(1)}, tmp_path / "model.safetensors")
    for kind in ("video_encoder", "text_encoder"):
        with pytest.raises(ConfigurationError, match=r"SigLIP 2 NaFlex.*siglip2-base-patch16-224"):
            _ = create(kind, "clip", model=str(tmp_path)).dim


def test_two_weights_of_one_name_are_refused():
    state = {"module.x": torch.ones(1), "x": torch.ones(1)}
    with pytest.raises(ConfigurationError, match="holds x twice"):
        plain_names(state, "file")


class Args:
    """Something of a training that is no weight."""


def test_harmless_things_beside_the_weights_are_passed_over(weights, tmp_path):
    beside = {
        "args": argparse.Namespace(lr=0.1, out=Path("runs")),
        "best": np.float64(0.5),
        "history": [np.float32(1.5)],
        "scaler": None,
    }
    torch.save({"model": weights, **beside}, tmp_path / "saved.pt")
    assert read_state(tmp_path / "saved.pt").keys() == weights.keys()


def test_what_is_no_weight_and_may_run_code_is_refused_by_name(weights, tmp_path):
    torch.save({"model": weights, "args": Args()}, tmp_path / "saved.pt")
    with pytest.raises(ConfigurationError, match=r"refused: .*Args.*save its state_dict") as raised:
        read_state(tmp_path / "saved.pt")
    assert "\n" not in str(raised.value)


WRAPPED = {
    "one name that is not known": lambda w: {"towers": w, "epoch": 3, "optimizer": {"lr": 1}},
    "three deep": lambda w: {"checkpoint": {"model": {"state_dict": w}}},
    "an average beside": lambda w: {
        "model_ema": {n: v + 1 for n, v in w.items()},
        "model": w,
        "optimizer": {"state": {0: {"exp_avg": torch.ones(2)}}},
    },
    "an average alone": lambda w: {"ema_state_dict": w, "step": 9},
    "an empty wrapper": lambda w: {"module": {}, "state_dict": w},
}


@pytest.mark.parametrize("form", WRAPPED)
def test_wrappers_are_taken_off(form, weights, tmp_path):
    torch.save(WRAPPED[form](weights), tmp_path / "saved.pt")
    found = read_state(tmp_path / "saved.pt")
    assert found.keys() == weights.keys()
    assert all(found[name].equal(value) for name, value in weights.items())


def test_a_checkpoint_without_weights_says_what_it_holds(tmp_path):
    torch.save({"optimizer": {"lr": 0.1}, "epoch": 3}, tmp_path / "saved.pt")
    with pytest.raises(ConfigurationError, match="'optimizer' is no plain tensor"):
        read_state(tmp_path / "saved.pt")
