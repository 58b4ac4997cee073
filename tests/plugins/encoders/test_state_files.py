"""Checkpoints as people have them: they load, or one line says what was seen and what to do."""

import json
import pickle
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPModel

from moodreel import create
from moodreel.errors import ConfigurationError, MoodreelError
from moodreel_plugins.encoders.checkpoints import weight_files
from moodreel_plugins.encoders.clip_conversion import convert_clip
from moodreel_plugins.encoders.state_files import read_state
from moodreel_plugins.encoders.state_names import plain_names
from tiny_models import save_clip

NAMES = {
    "vision_model.encoder.layers": "visual.transformer.resblocks",
    "text_model.encoder.layers": "transformer.resblocks",
    "vision_model.embeddings.class_embedding": "visual.class_embedding",
    "vision_model.embeddings.position_embedding.weight": "visual.positional_embedding",
    "vision_model.embeddings.patch_embedding": "visual.conv1",
    "vision_model.pre_layrnorm": "visual.ln_pre",
    "vision_model.post_layernorm": "visual.ln_post",
    "visual_projection.weight": "visual.proj",
    "text_model.embeddings.token_embedding": "token_embedding",
    "text_model.embeddings.position_embedding.weight": "positional_embedding",
    "text_model.final_layer_norm": "ln_final",
    "text_projection.weight": "text_projection",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}
JOINT = re.compile(r"self_attn\.([qkv])_proj\.(weight|bias)$")


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """A small CLIP in transformers' form."""
    return save_clip(tmp_path_factory.mktemp("clip") / "clip")


@pytest.fixture(scope="module")
def weights(clip):
    return load_file(clip / "model.safetensors")


def openai_names(state):
    """Return the weights as OpenAI's CLIP names them."""
    made = {}
    for name, value in state.items():
        short = name
        for ours, theirs in NAMES.items():
            short = short.replace(ours, theirs)
        if joint := JOINT.search(name):
            if joint.group(1) == "q":
                parts = [state[name.replace(".q_proj", f".{part}_proj")] for part in "qkv"]
                short = JOINT.sub(r"attn.in_proj_\2", short)
                made[short] = torch.cat(parts)
        elif name in ("visual_projection.weight", "text_projection.weight"):
            made[short] = value.T.contiguous()
        else:
            made[short] = value
    return made


def prefixed(state, prefix):
    return {f"{prefix}{name}": value for name, value in state.items()}


def with_own_text(state):
    """Return open_clip's names of a model whose text half is a module of its own."""
    ours = ("visual", "logit")
    return {n if n.startswith(ours) else f"text.{n}": value for n, value in state.items()}


NUMBERS = {"input_resolution": torch.tensor(32), "context_length": torch.tensor(16)}
FORMS = {
    "plain": lambda w: w,
    "data parallel": lambda w: prefixed(w, "module."),
    "compiled and parallel": lambda w: prefixed(w, "_orig_mod.module."),
    "a part of a larger model": lambda w: prefixed(w, "model.clip."),
    "state_dict": lambda w: {"state_dict": w, "epoch": 3, "optimizer": {"lr": 0.1}},
    "restore.pt": lambda w: {"global_step": 9, "model_state_dict": prefixed(w, "clipmodel.")},
    "lightning": lambda w: {"state_dict": prefixed(w, "net."), "callbacks": {}},
    "deepspeed": lambda w: {"module": prefixed(w, "module.clip."), "dp_world_size": 8},
    "wrapped twice": lambda w: {"model": {"state_dict": w}},
    "OpenAI's names": openai_names,
    "OpenAI's with its numbers": lambda w: openai_names(w) | NUMBERS,
    "open_clip's own text": lambda w: with_own_text(openai_names(w)),
    "half precision": lambda w: {name: value.half() for name, value in w.items()},
    "with heads of a training": lambda w: w | {"head.weight": torch.ones(2)},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_in_any_usual_form_becomes_the_same_model(form, clip, weights, tmp_path):
    torch.save(FORMS[form](weights), tmp_path / "saved.pt")
    told = convert_clip(str(tmp_path / "saved.pt"), tmp_path / "made", str(clip / "config.json"))
    made = CLIPModel.from_pretrained(tmp_path / "made", dtype=torch.float32).state_dict()
    for name, value in weights.items():
        torch.testing.assert_close(made[name], value, rtol=0, atol=1e-2)
    assert ("left out" in told) == ("heads" in form)
    assert "tokenizer copied" in told


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


def test_a_folder_of_open_clips_says_its_activation_itself(weights, tmp_path):
    held = {"model_cfg": {"text_cfg": {"heads": 2}, "vision_cfg": {"heads": 2}}}
    (tmp_path / "open_clip_config.json").write_text(json.dumps(held))
    made = {name: value.clone() for name, value in openai_names(weights).items()}
    save_file(made, tmp_path / "open_clip_model.safetensors")
    assert "gelu" in convert_clip(str(tmp_path), tmp_path / "made")
    config = CLIPModel.from_pretrained(tmp_path / "made").config
    assert config.text_config.hidden_act == config.vision_config.hidden_act == "gelu"
    assert config.text_config.num_attention_heads == 2
    (tmp_path / "open_clip_config.json").unlink()
    with pytest.raises(ConfigurationError, match="which activation the model has"):
        convert_clip(str(tmp_path), tmp_path / "again")


POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605157884\n"
OTHERS = {
    "LFS": (POINTER.encode(), "pointer of Git LFS; the weights of 605 MB .*git lfs pull"),
    "a page": (b"<!DOCTYPE html><html>", "page of the web.*download"),
    "an error": (b'{"error": "Repository not found"}', "is JSON, not weights"),
    "nothing": (b"", "is empty"),
    "zeros": (b"\0" * 4096, "is empty"),
    "a text": (b"hello there", "refused|cannot be read"),
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
