"""What the encoders of CLIP's family refuse, in one line that says what to do."""

import json
import re

import pytest
import torch
from safetensors.torch import load_file, save
from transformers import BertConfig, BertModel

from moodreel import Engine, Registry
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.clip import ClipTextEncoder, ClipVideoEncoder
from moodreel_plugins.encoders.vip import ClipVipTextEncoder, ClipVipVideoEncoder
from openai_names import openai_names
from tiny_models import clip_config, pair, save_clip

FAMILIES = ("clip", "siglip", "clip-vip")


def refused(call):
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_absent_weights_say_what_was_looked_for_and_how_to_bring_them(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = refused(lambda: ClipVideoEncoder("some/clip-that-is-nowhere").weights())
    for part in ("some/clip-that-is-nowhere", "config.json", "model.safetensors", "hf download"):
        assert part in said
    said = refused(lambda: ClipVipTextEncoder(str(tmp_path)).weights())
    assert "'checkpoint'" in said
    assert "in this folder" in said


def test_a_preset_without_its_checkpoint_asks_for_it():
    said = refused(lambda: Registry.load("clip-vip-b32"))
    assert "checkpoint" in said


def test_another_kind_of_model_is_refused(folders, tmp_path):
    BertModel(BertConfig(**BERT)).save_pretrained(tmp_path / "bert")
    assert "BertModel" in refused(lambda: ClipVideoEncoder(str(tmp_path / "bert")).model)
    said = refused(lambda: ClipVideoEncoder(str(folders["clip-vip"])).model)
    assert "plugin clip-vip" in said
    said = refused(lambda: ClipVipVideoEncoder(str(folders["clip"])).model)
    assert "moodreel convert" in said


BERT = {"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1, "vocab_size": 8}


@pytest.mark.parametrize("family", ["clip", "clip-vip"])
def test_a_damaged_file_is_refused(folders, family, tmp_path):
    for path in folders[family].iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    video, _ = pair({family: tmp_path}, family)
    assert "cannot be loaded" in refused(lambda: video.model)


def test_a_missing_tokenizer_is_named_with_what_to_bring(folders, tmp_path):
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folders["clip-vip"] / name).read_bytes())
    _, text = pair({"clip-vip": tmp_path}, "clip-vip")
    assert "tokenizer.json" in refused(lambda: text.encode(["a cat"]))


def test_encoders_of_different_spaces_are_not_paired(folders, tmp_path):
    given = [f"video_encoder.model={folders['clip']}", f"text_encoder.model={folders['siglip']}"]
    said = refused(lambda: Engine.from_preset("clip-b32", index=tmp_path, overrides=given))
    assert "do not share a space" in said
    other = save_clip(tmp_path / "other")
    (other / "model.safetensors").write_bytes(perturbed(other / "model.safetensors"))
    given[1] = f"text_encoder.model={other}"
    said = refused(lambda: Engine.from_preset("clip-b32", index=tmp_path, overrides=given))
    assert "do not share a space" in said


def perturbed(path):
    from safetensors.torch import load_file, save

    return save({name: value + 1 for name, value in load_file(path).items()}, {"format": "pt"})


# Folders as people have them


def copy(folder, path, **files):
    """Copy a model's folder, with other bytes in some files; None leaves one out."""
    path.mkdir()
    for file in folder.iterdir():
        data = files.get(file.stem, file.read_bytes())
        if data is not None:
            (path / file.name).write_bytes(data)
    return path


def loaded(folder, kind=ClipVideoEncoder):
    return lambda: kind(str(folder), dtype="float32", device="cpu").model


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 605157884\n"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("data", "says"),
    [(POINTER, "pointer of Git LFS.*605 MB.*git lfs pull"), (b"<html>", "page of the web")],
    ids=["LFS", "page"],
)
def test_weights_that_were_not_downloaded_are_named(family, data, says, folders, tmp_path):
    folder = copy(folders[family], tmp_path / "x", model=data)
    kind = ClipVipVideoEncoder if family == "clip-vip" else ClipVideoEncoder
    for call in (loaded(folder, kind), lambda: kind(str(folder)).weights()):
        assert re.search(says, refused(call))


@pytest.mark.parametrize("name", ["config", "tokenizer"])
def test_other_files_that_were_not_downloaded_are_named(name, folders, tmp_path):
    folder = copy(folders["clip"], tmp_path / "x", **{name: POINTER})
    text = ClipTextEncoder(str(folder), dtype="float32", device="cpu")
    assert f"{name}.json: is a pointer of Git LFS" in refused(lambda: text.encode(["a"]))


@pytest.mark.parametrize("config", [b"{}", b"[]", b"{", b'{"model_type": "no-such"}', b"\xff"])
def test_a_configuration_that_is_none_is_refused(config, folders, tmp_path):
    folder = copy(folders["clip"], tmp_path / "x", config=config)
    refused(lambda: ClipVideoEncoder(str(folder)).dim)
    refused(loaded(folder))


def test_code_that_comes_with_a_model_is_never_run(folders, tmp_path):
    config = json.loads((folders["clip"] / "config.json").read_text())
    config |= {"model_type": "own", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}}
    folder = copy(folders["clip"], tmp_path / "x", config=json.dumps(config).encode())
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    refused(lambda: ClipVideoEncoder(str(folder)).dim)
    refused(loaded(folder))
    assert not (tmp_path / "ran").exists()


def test_another_network_is_refused_before_it_is_loaded(tmp_path):
    BertModel(BertConfig(**BERT)).save_pretrained(tmp_path / "bert")
    assert "Bert is no dual encoder" in refused(
        lambda: ClipVideoEncoder(str(tmp_path / "bert")).dim
    )


def of_8_bits(weights):
    return {name: value.to(torch.int8) for name, value in weights.items()}


def rewritten(folder, path, change):
    """Copy a model's folder, with its weights changed."""
    changed = change(load_file(folder / "model.safetensors"))
    held = {name: value.contiguous() for name, value in changed.items()}
    return copy(folder, path, model=save(held, {"format": "pt"}))


PREFIX = "module."
MORE = "vision_model.encoder.layers.2.mlp.fc1.bias"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda w: {PREFIX + n: v for n, v in w.items()},
            "prefixes, or OpenAI's.*moodreel convert",
        ),
        (openai_names, "prefixes, or OpenAI's.*moodreel convert"),
        (of_8_bits, r"8 bits \(I8\)"),
        (lambda w: w | {"logit_scale": torch.tensor(torch.inf)}, "logit_scale holds no finite"),
        (lambda w: w | {MORE: torch.ones(128)}, "layers.2.mlp.fc1.bias, which this model has not"),
        (lambda w: w | {"vision_model.x.lora_A": torch.ones(2)}, "LoRA adapters"),
    ],
    ids=["prefix", "OpenAI", "quantised", "infinite", "a layer more", "LoRA"],
)
def test_weights_that_make_another_model_are_refused(change, says, folders, tmp_path):
    folder = rewritten(folders["clip"], tmp_path / "x", change)
    assert re.search(says, refused(loaded(folder)))


def test_a_clip_vip_with_more_layers_than_its_configuration_has_is_refused(folders, tmp_path):
    folder = rewritten(folders["clip-vip"], tmp_path / "x", lambda w: w | {MORE: torch.ones(128)})
    assert "which this model has not" in refused(loaded(folder, ClipVipVideoEncoder))


def test_heads_and_stale_buffers_beside_a_model_are_passed_over(folders, tmp_path):
    beside = {"vision_model.embeddings.position_ids": torch.arange(17), "head.bias": torch.ones(2)}
    folder = rewritten(folders["clip"], tmp_path / "x", lambda w: w | beside)
    assert loaded(folder)() is not None


def test_files_and_folders_in_other_forms_say_how_to_convert_them(folders, tmp_path):
    weights = folders["clip"] / "model.safetensors"
    assert f"moodreel convert clip {weights}" in refused(loaded(weights))
    for name, says in (
        ("open_clip_config.json", "moodreel convert clip"),
        ("adapter_config.json", "LoRA adapter"),
        (".metadata", "distributed checkpoint"),
        ("model_index.json", "diffusers"),
    ):
        folder = tmp_path / name.strip(".")
        folder.mkdir()
        (folder / name).write_text("{}")
        assert says in refused(loaded(folder))


def test_a_tokenizer_of_another_model_is_refused(tmp_path):
    folder = save_clip(tmp_path / "few", clip_config(text={"vocab_size": 30}))
    text = ClipTextEncoder(str(folder), dtype="float32", device="cpu")
    assert "tokenizer's files are another model's" in refused(lambda: text.encode(["a cat"]))
