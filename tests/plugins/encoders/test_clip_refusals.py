"""What the encoders of CLIP's family refuse, in one line that says what to do."""

import pytest
from transformers import BertConfig, BertModel

from moodreel import Engine, Registry
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.clip import ClipVideoEncoder
from moodreel_plugins.encoders.vip import ClipVipTextEncoder, ClipVipVideoEncoder
from tiny_models import pair, save_clip


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
