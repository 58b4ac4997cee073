"""The ConSE encoder: what it sees, what a clip's vector depends on, and weights that do not fit."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from moodreel import Clip
from moodreel.errors import ConfigurationError
from moodreel_plugins.encoders.image_networks import (
    ImageNetwork,
    central_square,
    fit_frame,
    load_in_order,
    packaged_weights,
    read_weights,
)

LITE0 = {"model": "tf_efficientnet_lite0"}
PROMISED = {
    "people riding bicycles in the street": "bikes",
    "a cup of coffee": "coffee",
    "a cat": "cat",
    "rocket launch": "rocket",
    "a horse": "horse",
    "text on a page": "page",
    "a photographer with a tripod": "photographer",
    "an ancient temple": "temple",
}


def noise(frames, height=90, width=120, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (frames, height, width, 3), np.uint8)
    return Clip(pixels, np.arange(frames, dtype=np.float64))


@pytest.fixture(scope="module")
def encoder(registry):
    return registry.create("video_encoder", "starter-fast")


@pytest.mark.parametrize("query", PROMISED)
def test_a_promised_query_finds_its_clip_first(engine, query):
    assert Path(engine.search(query, top=1)[0].video).stem == PROMISED[query]


@pytest.mark.parametrize("query", PROMISED)
def test_without_emotion_late_fusion_ranks_as_the_baseline(engine, query):
    ranked = [
        [hit.video for hit in engine.search(query, top=99, merge=False, fusion=fusion)]
        for fusion in ("late", "baseline")
    ]
    assert ranked[0] == ranked[1]


def test_vectors_are_unit_vectors_of_the_text_space(encoder):
    features = encoder.encode([noise(2), noise(2, seed=1)])
    assert features.pooled.shape == (2, encoder.dim)
    assert features.frames.shape == (2, 2, encoder.dim)
    torch.testing.assert_close(features.pooled.norm(dim=-1), torch.ones(2))
    assert encoder.space == encoder.text_encoder.space


def test_a_clip_does_not_depend_on_its_batch(encoder):
    clips = [noise(3, seed=1), noise(1, 64, 64, seed=2), noise(2, 40, 200, seed=3)]
    together = encoder.encode(clips)
    for row, clip in enumerate(clips):
        alone = encoder.encode([clip])
        torch.testing.assert_close(alone.pooled[0], together.pooled[row], atol=1e-4, rtol=0)
        shown = together.frames[row, : len(clip)]
        torch.testing.assert_close(alone.frames[0], shown, atol=1e-4, rtol=0)


def test_shorter_clips_are_padded_with_their_last_frame(encoder):
    frames = encoder.encode([noise(3), noise(1, seed=1)]).frames[1]
    assert torch.equal(frames[0], frames[1])
    assert torch.equal(frames[0], frames[2])


def test_batches_of_one_frame_give_the_same(registry, encoder):
    single = registry.create("video_encoder", "starter-fast", batch_size=1)
    clip = noise(3)
    torch.testing.assert_close(
        single.encode([clip]).pooled, encoder.encode([clip]).pooled, atol=1e-4, rtol=0
    )


def test_no_clips_give_no_rows(encoder):
    assert encoder.encode([]).pooled.shape == (0, encoder.dim)


def test_logits_of_several_networks_are_averaged(registry):
    whole, centre = (
        registry.create("video_encoder", "starter-fast", networks=[LITE0 | {"view": view}])
        for view in ("whole", "centre")
    )
    both = registry.create(
        "video_encoder", "starter-fast", networks=[LITE0, LITE0 | {"view": "centre"}]
    )
    frames = list(noise(1).frames)
    mean = (whole.class_logits(frames) + centre.class_logits(frames)) / 2
    torch.testing.assert_close(both.class_logits(frames), mean)


def test_a_vector_is_the_weighted_mean_of_the_likeliest_classes(registry):
    encoder = registry.create("video_encoder", "starter-fast", classes=2, temperature=1)
    logits = torch.full((1, 1000), -20.0)
    logits[0, [5, 7]] = torch.tensor([3.0, 1.0])
    weights = torch.tensor([3.0, 1.0]).softmax(0)
    mean = weights @ encoder.class_embeddings[[5, 7]]
    torch.testing.assert_close(encoder.embed(logits)[0], mean / mean.norm())


def test_more_classes_than_there_are_means_all(registry):
    encoder = registry.create("video_encoder", "starter-fast", classes=5000)
    assert encoder.encode([noise(1)]).pooled.isfinite().all()


def test_every_option_that_changes_vectors_changes_the_fingerprint(registry, encoder):
    changed = [{"classes": 5}, {"forms": ["plain"]}, {"frames": 2}]
    changed += [{"temperature": 1}, {"networks": [LITE0 | {"view": "centre"}]}]
    made = [registry.create("video_encoder", "starter-fast", **options) for options in changed]
    assert len({encoder.fingerprint, *(one.fingerprint for one in made)}) == len(changed) + 1


# What a network sees


def test_the_centre_is_square_and_undistorted():
    pixels = torch.arange(5 * 9).reshape(1, 1, 5, 9)
    assert torch.equal(central_square(pixels), pixels[..., 2:7])
    assert torch.equal(central_square(pixels.mT), pixels.mT[..., 2:7, :])


@pytest.mark.parametrize("view", ["whole", "centre"])
@pytest.mark.parametrize("shape", [(1, 1), (480, 17), (30, 640)])
def test_any_frame_fits(view, shape):
    fitted = fit_frame(np.full((*shape, 3), 200, np.uint8), view, 24)
    assert fitted.shape == (1, 3, 24, 24)
    torch.testing.assert_close(fitted, torch.full_like(fitted, 200))


# What cannot be used


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"networks": []}, "at least one"),
        ({"forms": []}, "at least one"),
        ({"temperature": 0}, "above 0"),
        ({"frames": 0}, "above 0"),
        ({"forms": ["poetic"]}, "forms"),
        ({"networks": [LITE0 | {"view": "left"}]}, "networks"),
        ({"networks": [{"model": "resnet18"}]}, "no package holds weights for 'resnet18'"),
        ({"networks": [LITE0 | {"checkpoint": "gone.pth"}]}, "gone.pth: weights cannot be read"),
    ],
)
def test_wrong_options_are_refused_in_one_line(registry, options, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        registry.create("video_encoder", "starter-fast", **options)
    assert "\n" not in str(caught.value)


def test_an_unknown_model_is_refused(tmp_path):
    file = tmp_path / "weights.safetensors"
    save_file({"weight": torch.zeros(1)}, file)
    with pytest.raises(ConfigurationError, match="no_such_model"):
        _ = ImageNetwork("no_such_model", checkpoint=str(file)).classifier


@pytest.mark.parametrize("name", ["weights.pth", "weights.safetensors"])
def test_a_damaged_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"not weights")
    with pytest.raises(ConfigurationError, match=f"{name}: no weights can be read"):
        read_weights(tmp_path / name)


class Marked:
    """Leaves a mark where it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("ran"),)


def test_code_in_a_checkpoint_never_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"weight": Marked()}, "evil.pth")
    with pytest.raises(ConfigurationError, match="no weights can be read"):
        read_weights(Path("evil.pth"))
    assert not Path("ran").exists()


SOURCE = Path("weights.pth")


def layers(width=3):
    return torch.nn.Sequential(torch.nn.Linear(2, width), torch.nn.Linear(width, 2))


def test_weights_load_by_name_whatever_their_order():
    model, other = layers(), layers()
    load_in_order(model, dict(reversed(other.state_dict().items())), SOURCE)
    assert torch.equal(model[0].weight, other[0].weight)


def test_weights_of_other_names_load_in_order():
    model, other = layers(), layers()
    named = {f"their.{name}": value for name, value in other.state_dict().items()}
    load_in_order(model, named, SOURCE)
    assert torch.equal(model[1].bias, other[1].bias)


@pytest.mark.parametrize(
    "weights",
    [
        {},
        layers(4).state_dict(),
        {f"their.{name}": value for name, value in layers(4).state_dict().items()},
        dict(list(layers().state_dict().items())[:-1]),
        layers().state_dict() | {"more": torch.zeros(1)},
        {
            f"x{i}": value
            for i, value in enumerate([*layers().state_dict().values(), torch.ones(1)])
        },
        dict.fromkeys(layers().state_dict(), "text"),
    ],
    ids=["none", "other sizes", "other names and sizes", "too few", "named more", "more", "text"],
)
def test_weights_of_another_model_are_refused(weights):
    with pytest.raises(ConfigurationError, match=r"weights\.pth: these are not the weights"):
        load_in_order(layers(), weights, SOURCE)


def test_a_file_that_holds_no_mapping_is_refused(tmp_path):
    torch.save(torch.zeros(3), tmp_path / "tensor.pth")
    with pytest.raises(ConfigurationError, match=r"tensor\.pth"):
        read_weights(tmp_path / "tensor.pth")


def test_packaged_weights_are_there():
    assert packaged_weights("tf_efficientnet_lite2").is_file()
