"""Published files into folders: bit for bit, and nothing that is not a CLIP-ViP."""

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPConfig

from inputs import CLIP_VIP, publish
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.clip_vip import ClipVip, ProxySettings
from moodreel_plugins.encoders.vip import ClipVipTextEncoder, ClipVipVideoEncoder
from moodreel_plugins.encoders.vip_conversion import convert_clip_vip
from nearness import assert_near
from tiny_models import save_clip, spread, tokenizer

CONFIG = str(CLIP_VIP / "config.json")


@pytest.fixture(scope="module")
def weights():
    return load_file(CLIP_VIP / "model.safetensors")


@pytest.fixture
def published(tmp_path, weights):
    return publish(tmp_path / "pretrain_clipvip_base_32.pt", weights)


def refused(source, folder, **options):
    with pytest.raises(ConfigurationError) as caught:
        convert_clip_vip(str(source), folder, **options)
    assert "\n" not in str(caught.value)
    assert not folder.exists()
    assert not list(folder.parent.glob(".partial*"))
    return str(caught.value)


def same_weights(one, other):
    """Say whether two models hold the same numbers, bit for bit."""
    ours, theirs = one.state_dict(), other.state_dict()
    return ours.keys() == theirs.keys() and all(v.equal(theirs[n]) for n, v in ours.items())


# What is written


@torch.inference_mode()
def test_weights_are_bit_equal_to_the_state_dict_loaded_directly(published, weights, tmp_path):
    convert_clip_vip(published, tmp_path / "made", config=CONFIG)
    made = ClipVip.from_pretrained(tmp_path / "made")
    direct = ClipVip(CLIPConfig.from_json_file(CONFIG)).eval()
    direct.load_state_dict({n: v for n, v in weights.items() if "position_ids" not in n})
    known = load_file(CLIP_VIP / "io.safetensors")
    assert same_weights(made, direct)
    inputs = known["input_ids"], known["attention_mask"]
    assert_near(made.text_features(*inputs), direct.text_features(*inputs))
    assert_near(made.video_features(known["video"]), known["video_features"])


def base_model(patch):
    """A model of the published widths, with two of its twelve layers and few words."""
    config = CLIPConfig(
        text_config={"num_hidden_layers": 2, "vocab_size": 300},
        vision_config={"num_hidden_layers": 2, "patch_size": patch},
        vision_additional_config=ProxySettings(3, 12).to_dict(),
    )
    return spread(ClipVip(config))


@torch.inference_mode()
@pytest.mark.parametrize("patch", [32, 16])
def test_b32_and_b16_need_nothing_but_the_file(patch, tmp_path):
    model = base_model(patch)
    stale = {"vision_model.embeddings.position_ids": torch.arange(5)[None]}
    source = publish(tmp_path / f"pretrain_clipvip_base_{patch}.pt", model.state_dict() | stale)
    said = convert_clip_vip(source, tmp_path / "made")
    assert f"patches of {patch}, 3 proxies added, 12 frames" in said
    made = ClipVip.from_pretrained(tmp_path / "made")
    assert made.config.vision_config.num_attention_heads == 12
    assert made.config.text_config.num_attention_heads == 8
    pixels = torch.randn(1, 2, 3, 224, 224)
    assert same_weights(made, model)
    assert_near(made.video_features(pixels), model.video_features(pixels))
    ids = torch.tensor([[298, 5, 9, 299]])
    assert_near(made.text_features(ids), model.text_features(ids))


def test_half_precision_stays_as_it_was_published(weights, tmp_path):
    halves = {name: v.half() if v.is_floating_point() else v for name, v in weights.items()}
    convert_clip_vip(publish(tmp_path / "half.pt", halves), tmp_path / "made", config=CONFIG)
    written = load_file(tmp_path / "made" / "model.safetensors")
    assert all(value.equal(halves[name]) for name, value in written.items())


def test_a_tokenizer_is_copied_or_referred_to(published, tmp_path, monkeypatch):
    tokenizer().save_pretrained(tmp_path / "words")
    said = convert_clip_vip(
        published, tmp_path / "with", config=CONFIG, tokenizer=str(tmp_path / "words")
    )
    assert said.endswith("tokenizer copied")
    text = ClipVipTextEncoder(str(tmp_path / "with"), dtype="float32")
    assert text.encode(["a cat"]).pooled.isfinite().all()
    said = convert_clip_vip(published, tmp_path / "named", config=CONFIG, tokenizer="some/clip")
    assert "some/clip, to be fetched" in said
    named = ClipVipTextEncoder(str(tmp_path / "named"))
    with pytest.raises(ConfigurationError, match=r"some/clip: tokenizer not found.*hf download"):
        named.encode(["a cat"])


@torch.inference_mode()
def test_a_plain_clip_becomes_an_initial_clip_vip(tmp_path):
    clip = save_clip(tmp_path / "clip")
    said = convert_clip_vip(str(clip), tmp_path / "made", proxies=2, frames=6)
    assert "a plain CLIP with new proxies" in said
    model = ClipVip.from_pretrained(tmp_path / "made")
    assert ProxySettings.of(model.config) == ProxySettings(2, 6)
    embeddings = model.vision_model.embeddings
    assert not embeddings.temporal_embedding.any()
    distance = embeddings.added_cls - embeddings.class_embedding
    assert 0 < distance.norm() < 0.5 * embeddings.class_embedding.norm() * 2**0.5
    assert not embeddings.added_cls[0].equal(embeddings.added_cls[1])
    plain = load_file(clip / "model.safetensors")
    written = load_file(tmp_path / "made" / "model.safetensors")
    assert all(written[name].equal(value) for name, value in plain.items())
    convert_clip_vip(str(clip), tmp_path / "again", proxies=2, frames=6)
    again = load_file(tmp_path / "again" / "model.safetensors")
    assert all(again[name].equal(value) for name, value in written.items())


def test_what_is_written_is_ready_to_use(tmp_path):
    convert_clip_vip(str(save_clip(tmp_path / "clip")), tmp_path / "made")
    video, text = (
        kind(str(tmp_path / "made")) for kind in (ClipVipVideoEncoder, ClipVipTextEncoder)
    )
    assert video.space == text.space
    assert text.encode(["a cat"]).pooled.shape == (1, video.dim)


# What is refused


class Hostile:
    def __reduce__(self):
        return (open, ("hostile-code-ran", "w"))


def hostile_files(weights):
    name, value = next(iter(weights.items()))
    views = torch.zeros(1).expand(10**9)
    return {
        "code": {"clipmodel.x": Hostile()},
        "code beside weights": {f"clipmodel.{name}": value, "extra": Hostile()},
        "a module": torch.nn.Linear(2, 2),
        "a list": [value],
        "numbers by name": {"a": 1},
        "tensors by number": {1: value},
        "nothing": {},
        "sparse": {"a": torch.eye(3).to_sparse()},
        "more than is stored": {"vision_model.embeddings.class_embedding": views},
    }


@pytest.mark.parametrize("kind", list(hostile_files({"a": torch.zeros(1)})))
def test_a_hostile_or_wrong_file_is_refused_and_never_run(kind, weights, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(hostile_files(weights)[kind], "bad.pt")
    refused("bad.pt", tmp_path / "made", config=CONFIG)
    assert not Path("hostile-code-ran").exists()


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_bare_pickle_with_code_is_refused_and_never_run(protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.pt").write_bytes(pickle.dumps(Hostile(), protocol))
    assert "refused" in refused("bad.pt", tmp_path / "made")
    assert not Path("hostile-code-ran").exists()


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused(kept, published, tmp_path):
    whole = Path(published).read_bytes()
    size = kept if isinstance(kept, int) else int(len(whole) * kept)
    (tmp_path / "cut.pt").write_bytes(whole[:size])
    assert "cut.pt" in refused(tmp_path / "cut.pt", tmp_path / "made", config=CONFIG)


CLASS, LAYER = "vision_model.embeddings.class_embedding", "text_model.encoder.layers.1.mlp.fc1.bias"
WRONG = {
    "a name too few": (lambda w: {n: v for n, v in w.items() if n != LAYER}, "it lacks"),
    "a wrong shape": (lambda w: w | {LAYER: torch.zeros(7)}, "has another shape of"),
    "no patches": (
        lambda w: {n: v for n, v in w.items() if "patch_embedding" not in n},
        "lacks vision_model.embeddings.patch_embedding",
    ),
    "not a number": (lambda w: w | {CLASS: w[CLASS] * torch.nan}, "no finite numbers"),
    "whole numbers": (lambda w: w | {CLASS: torch.ones(64, dtype=torch.long)}, "finite numbers"),
    "a name twice": (lambda w: w | {f"clipmodel.{CLASS}": w[CLASS].clone()}, "twice"),
    "a scalar where a table is": (
        lambda w: w | {"text_projection.weight": torch.tensor(1.0)},
        "lacks text_projection.weight",
    ),
    "another network": (lambda w: {"layer1.0.conv1.weight": torch.zeros(3, 3)}, "it lacks"),
}


@pytest.mark.parametrize(("change", "says"), WRONG.values(), ids=WRONG)
def test_every_name_and_shape_is_checked(change, says, weights, tmp_path):
    save_file(change(dict(weights)), tmp_path / "wrong.safetensors")
    assert says in refused(tmp_path / "wrong.safetensors", tmp_path / "made", config=CONFIG)


def test_heads_that_shapes_do_not_tell_are_asked_for(published, tmp_path):
    assert "config=config.json" in refused(published, tmp_path / "made")


def test_a_configuration_of_another_model_is_refused(published, tmp_path):
    known = json.loads(Path(CONFIG).read_text())
    known["vision_config"]["num_attention_heads"] = 7
    (tmp_path / "config.json").write_text(json.dumps(known))
    refused(published, tmp_path / "made", config=str(tmp_path / "config.json"))
    (tmp_path / "config.json").write_text("[")
    refused(published, tmp_path / "made", config=str(tmp_path / "config.json"))


def test_nothing_is_written_over(published, tmp_path):
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "mine.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="is not empty"):
        convert_clip_vip(published, tmp_path / "made", config=CONFIG)
    assert (tmp_path / "made" / "mine.txt").read_text() == "mine"
