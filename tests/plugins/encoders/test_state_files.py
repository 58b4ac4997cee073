"""Checkpoints as people have them: they load, or one line says what was seen and what to do."""

import json
import pickle

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn

from moodreel import create
from moodreel.errors import ConfigurationError, MoodreelError
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


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605157884\n"
OTHERS = {
    "LFS": (POINTER.encode(), "pointer of Git LFS; the weights of 605 MB .*git lfs pull"),
    "a page": (b"<!DOCTYPE html><html>", "page of the web.*download"),
    "an error": (b'{"error": "Repository not found"}', "is JSON, not weights"),
    "nothing": (b"", "is empty"),
    "zeros": (b"\0" * 4096, "is empty"),
    "a text": (b"Entry not found", "is a text, not weights: it begins 'Entry not found'"),
    "code": (pickle.dumps(print), "refused|cannot be read"),
}


@pytest.mark.parametrize("suffix", [".pt", ".bin", ".safetensors"])
@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_no_checkpoint_is_named(kind, suffix, tmp_path):
    data, message = OTHERS[kind]
    path = tmp_path / f"weights{suffix}"
    path.write_bytes(data)
    with pytest.raises(ConfigurationError, match=message) as raised:
        read_state(path)
    assert "\n" not in str(raised.value)
    assert path.name in str(raised.value)


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


@pytest.mark.faults
@given(st.sampled_from(["zip", "old", "safetensors", "script"]), st.data())
def test_a_damaged_checkpoint_is_read_or_refused(tmp_path_factory, form, data):
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    tensors = {"a": torch.ones(3), "b": torch.zeros(2, 2)}
    if form == "safetensors":
        save_file(tensors, path)
    elif form == "script":
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)
    else:
        torch.save(tensors, path, _use_new_zipfile_serialization=form == "zip")
    whole = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        whole = whole or bytearray(b" ")
    path.write_bytes(bytes(whole))
    try:
        assert read_state(path)
    except MoodreelError as error:
        told = str(error)
    else:
        told = path.name
    assert path.name in told
    assert "\n" not in told
