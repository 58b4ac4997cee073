"""Files that hold no weights are named, and damaged ones are read or refused in one line."""

import io
import json
import pickle
import tarfile
import zipfile
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save, save_file
from torch import nn

from moodreel.errors import ConfigurationError, MoodreelError
from moodreel_plugins.encoders.clip_conversion import convert_clip
from moodreel_plugins.encoders.state_files import read_state
from openai_names import HEADS, openai_names
from tiny_models import clip_config, spread


def zipped(**parts):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "."), data)
    return held.getvalue()


def saved(value, **options):
    held = io.BytesIO()
    torch.save(value, held, **options)
    return held.getvalue()


def arrays(**given):
    held = io.BytesIO()
    np.savez(held, **given)
    return held.getvalue()


def array(values):
    held = io.BytesIO()
    np.save(held, values)
    return held.getvalue()


def tarred():
    """Return what PyTorch's form of before 2017 looks like."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as archive:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            data = pickle.dumps({"protocol_version": 1000})
            part = tarfile.TarInfo(name)
            part.size = len(data)
            archive.addfile(part, io.BytesIO(data))
    return held.getvalue()


TENSORS = {"a": torch.ones(300), "b": torch.zeros(20, 20)}
ZIP, SAFE = saved(TENSORS), save(TENSORS)
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605157884\n"
OTHERS = {
    "LFS": (POINTER.encode(), "pointer of Git LFS; the weights of 605 MB .*git lfs pull"),
    "a page": (b"<!DOCTYPE html><html>", "page of the web.*download"),
    "an error": (b'{"error": "Repository not found"}', "is JSON, not weights"),
    "nothing": (b"", "is empty"),
    "zeros": (b"\0" * 4096, "is empty"),
    "a page after a mark": (b"\xef\xbb\xbf<html>", "page of the web"),
    "a text": (b"Entry not found", "is a text, not weights: it begins 'Entry not found'"),
    "a shortened zip": (ZIP[: len(ZIP) // 2], "cut short or damaged.*download it again"),
    "a shortened safetensors": (SAFE[: len(SAFE) // 2], "cut short or damaged; download it again"),
    "a zip of files": (zipped(readme__txt="x"), "is a zip of files.*readme.txt"),
    "NumPy's arrays": (arrays(x=np.ones(2)), "zip of NumPy's arrays"),
    "an array of NumPy's": (array(np.ones(2)), "an array of NumPy's"),
    "the oldest form": (tarred(), "before 2017"),
    "a GGUF": (b"GGUF" + bytes(range(64)), "is a GGUF"),
    "a packed file": (b"\x1f\x8b\x08" + bytes(range(64)), "packed by gzip"),
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


@pytest.mark.parametrize("name", ["model.onnx", "flax_model.msgpack", "tf_model.h5", "a.distcp"])
def test_files_of_other_frameworks_are_named(name, tmp_path):
    (tmp_path / name).write_bytes(bytes(range(256)))
    with pytest.raises(ConfigurationError, match=r"take|join"):
        read_state(tmp_path / name)


# Damaged at random


@cache
def whole_file(form):
    """Return the bytes of a file in a form."""
    if form == "script":
        held = io.BytesIO()
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), held)
        return held.getvalue()
    small = {"a": torch.ones(3), "b": torch.zeros(2, 2)}
    forms = {
        "zip": lambda: saved(small),
        "old": lambda: saved(small, _use_new_zipfile_serialization=False),
        "wrapped": lambda: saved({"epoch": np.float64(1), "model": {"state_dict": small}}),
        "safetensors": lambda: save(small),
        "numpy": lambda: arrays(a=np.ones(3)),
        "tar": tarred,
        "pointer": POINTER.encode,
        "page": lambda: b"<!DOCTYPE html><html>",
    }
    return forms[form]()


FORMS = ("zip", "old", "wrapped", "safetensors", "script", "numpy", "tar", "pointer", "page")


def told_of(call, name):
    """Return what is said of a file that is refused; its name, where it is read."""
    try:
        assert call()
    except MoodreelError as error:
        return str(error)
    return name


@pytest.mark.faults
@settings(deadline=None)
@given(st.sampled_from(FORMS), st.data())
def test_a_damaged_checkpoint_is_read_or_refused(tmp_path_factory, form, data):
    path = tmp_path_factory.getbasetemp() / "damaged.pt"
    whole = bytearray(whole_file(form))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
        whole = whole or bytearray(b" ")
    path.write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))] or b" "))
    told = told_of(lambda: read_state(path), path.name)
    assert path.name in told
    assert "\n" not in told


@cache
def small_state():
    from transformers import CLIPModel

    return openai_names(spread(CLIPModel(clip_config())).state_dict())


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 70),
    st.sampled_from([10**12, 0.5, -1.0, "", "gelu", "tok", "\ud800", [], [32], {}, {"a": 1}]),
)
PATHS = [
    ("model_cfg",),
    ("preprocess_cfg",),
    ("model_cfg", "quick_gelu"),
    ("model_cfg", "embed_dim"),
    *(("model_cfg", "vision_cfg", n) for n in ("head_width", "width", "image_size", "pool_type")),
    *(("model_cfg", "vision_cfg", n) for n in ("layers", "patch_size", "act_kwargs", "heads")),
    *(("model_cfg", "text_cfg", n) for n in ("heads", "width", "context_length", "norm_kwargs")),
    ("model_cfg", "vision_cfg"),
    ("model_cfg", "text_cfg"),
    *(("preprocess_cfg", n) for n in ("mean", "std", "size", "interpolation", "resize_mode")),
]
PLAIN = [
    *((f"{half}_config", n) for half in ("text", "vision") for n in ("hidden_act", "hidden_size")),
    *((f"{half}_config", "num_attention_heads") for half in ("text", "vision")),
    *((f"{half}_config", "layer_norm_eps") for half in ("text", "vision")),
    ("text_config",),
    ("vision_config", "num_channels"),
    ("projection_dim",),
    ("text_config", "eos_token_id"),
]


def changed(held, path, value):
    """Return nested mappings with another value at a path."""
    if not path or not isinstance(held, dict):
        return value
    return {**held, path[0]: changed(held.get(path[0], {}), path[1:], value)}


@pytest.mark.faults
@settings(deadline=None, max_examples=settings().max_examples // 4)
@given(st.sampled_from([*PATHS, *PLAIN]), ODD)
def test_an_odd_configuration_is_read_or_refused(tmp_path_factory, path, value):
    """Of open_clip's form or transformers': what it says is taken, or one line says why not."""
    home = tmp_path_factory.mktemp("odd")
    known = {
        f"{half}_config": {"num_attention_heads": 4, "hidden_act": "gelu"}
        for half in ("text", "vision")
    }
    held = {"model_cfg": HEADS, "preprocess_cfg": {}} if path in PATHS else known
    held = changed(held, path, value)
    (home / "given.json").write_text(json.dumps(held))
    save_file({n: v.contiguous() for n, v in small_state().items()}, home / "x.safetensors")
    source, config = str(home / "x.safetensors"), str(home / "given.json")
    told = told_of(lambda: convert_clip(source, home / "made", config), home.name)
    assert home.name in told
    assert "\n" not in told
