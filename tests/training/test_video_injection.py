"""Emotion inside the video encoder: trained, stored under its own name, searched and compared."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from moodreel import Registry
from moodreel.cli import run
from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.evaluation.material import gather_material
from moodreel.evaluation.scoring import score_strategy
from moodreel.fusion.checkpoints import WEIGHTS
from moodreel.media import Clip
from moodreel.testing import check_video_encoder
from moving_videos import write_encoder, write_videos
from nearness import assert_near

SHORT = ["--steps", "6", "--batch", "5", "--rate", "0.1", "plan.every=6", "plan.warmup=0"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Moving squares whose brightness is their mood, and a small CLIP-ViP."""
    folder = tmp_path_factory.mktemp("moving")
    write_videos(folder, {"train": 12, "test": 8})
    write_encoder(folder, begun=True)
    return folder


@pytest.fixture(scope="module")
def train(place):
    """Train in a few steps by the command line, once a name, and return the folder."""

    def made(name, *more):
        target = place / name
        if target.exists():
            return target
        data = [str(place / "captions.jsonl"), "--videos", str(place), "--validation", "none"]
        where = ["--preset", "small", "--config", str(place / "small.yaml")]
        command = ["train", *data, *where, "--cache", str(place / "cache"), *SHORT, *more]
        assert run([*command, "--fusion", "video-injection", "--to", str(target)]) == 0
        return target

    return made


@pytest.fixture(scope="module")
def tuned(train):
    """Train a way to inject, together with both encoders."""
    tune = ["--tune", "all", "plan.encoder_rate=1e-3"]
    return lambda into: train(into, *tune, f"fusion_strategy.into={into}")


@pytest.fixture(scope="module")
def trained(tuned):
    return tuned("proxies")


@pytest.fixture(scope="module")
def frozen(train):
    return train("frozen")


def clips(count=3):
    """Bright and dark pictures, of different lengths."""
    draw = np.random.default_rng(0)
    shown = [
        draw.integers(0, 60 + 90 * (n % 2), (n + 2, 40, 40, 3), np.uint8) for n in range(count)
    ]
    return [Clip(frames, np.arange(len(frames), dtype=np.float64)) for frames in shown]


@pytest.mark.parametrize("into", ["proxy", "proxies", "patches"])
def test_a_trained_strategy_is_a_video_encoder_of_its_own(tuned, into):
    trained = tuned(into)
    assert load_file(trained / WEIGHTS)["gate"].abs() > 1e-3, "gradients reached the gate"
    registry = Registry.load("tuned", trained / "tuned.yaml")
    encoder = registry.slot("video_encoder")
    check_video_encoder(encoder)
    assert encoder.space == registry.slot("text_encoder").space
    inside, shown = encoder.encoder.encode(clips()).pooled, encoder.encode(clips()).pooled
    assert (inside - shown).abs().max() > 1e-5
    assert encoder.fingerprint != encoder.encoder.fingerprint


def test_what_training_sees_is_what_is_stored(place, trained):
    """The features of an index are those that the trained module makes of the same frames."""
    with Components.load("tuned", trained / "tuned.yaml", ["segments.length=0"]) as components:
        dataset = load_dataset(place / "captions.jsonl", videos=place)
        stored = gather_material(dataset, components, place / "cache").videos
        encoder, strategy = components.video_encoder, components.strategy()
        frames = [components.decoder.read(v.path, np.arange(6) / 6 + 1 / 12) for v in stored.videos]
        inject = strategy.video_injector(stored.emotions)
        with torch.inference_mode():
            seen = encoder.encoder.encode_injected(frames, inject).pooled
    assert_near(seen, stored.features.pooled, within=2e-3)  # which are kept in half precision


def test_it_is_indexed_and_searched(place, trained, capsys):
    where = ["--config", str(trained / "tuned.yaml"), "--preset", "tuned"]
    index = ["--index", str(trained / "index")]
    assert run(["index", str(place / "test0.mp4"), str(place / "test1.mp4"), *where, *index]) == 0
    capsys.readouterr()
    assert run(["search", "joyful red left", *where, *index, "--json"]) == 0
    hits = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {Path(hit["video"]).name for hit in hits} == {"test0.mp4", "test1.mp4"}


def test_it_is_compared_with_the_encoder_as_it_was(place, trained, frozen, capsys):
    where = ["--preset", "small", "--config", str(place / "small.yaml")]
    data = [str(place / "captions.jsonl"), "--videos", str(place), "--split", "test"]
    names = [f"--fusion={name}" for name in ("baseline", "video-injection", trained, frozen)]
    command = ["compare", *data, *where, "--cache", str(place / "cache"), *names]
    assert run([*command, "--json", "--resamples", "100"]) == 0
    found = json.loads(capsys.readouterr().out)["strategies"]
    assert [Path(row["name"]).name for row in found[2:]] == ["proxies", "frozen"]
    mrr = [row["metrics"]["all"]["MRR"] for row in found]
    assert mrr[0] == mrr[1]
    assert all(0 < value <= 1 for value in mrr)


def test_encoders_that_stay_as_they_are_are_trained_around(place, frozen):
    before, after = (Registry.load(*of) for of in (
        ("small", place / "small.yaml"), ("tuned", frozen / "tuned.yaml")
    ))  # fmt: skip
    one, other = before.slot("video_encoder"), after.slot("video_encoder").encoder
    assert other.fingerprint == one.fingerprint
    assert torch.equal(one.encode(clips()).pooled, other.encode(clips()).pooled)
    assert before.slot("text_encoder").fingerprint == after.slot("text_encoder").fingerprint


def test_a_trained_one_is_trained_further_from_where_it_stood(place, frozen, tmp_path):
    data = [str(place / "captions.jsonl"), "--videos", str(place), "--validation", "none"]
    where = ["--preset", "tuned", "--config", str(frozen / "tuned.yaml")]
    command = ["train", *data, *where, "--cache", str(place / "cache"), *SHORT]
    target = tmp_path / "further"
    assert run([*command, "--fusion", str(frozen), "--to", str(target)]) == 0
    encoder = Registry.load("tuned", target / "tuned.yaml").slot("video_encoder")
    assert encoder.trained == target
    assert encoder.encoder.recipe["plugin"] == "clip-vip", "one strategy is inside, not two"


def test_before_training_the_encoder_is_as_ever(place):
    with Components.load("small", place / "small.yaml", ["segments.length=0"]) as components:
        dataset = load_dataset(place / "captions.jsonl", videos=place).part("test")
        material = gather_material(dataset, components, place / "cache")
        plain, untrained = (
            score_strategy(material, name).matrix() for name in ("baseline", "video-injection")
        )
        encoder, strategy = components.video_encoder, components.strategy("video-injection")
        inject = strategy.video_injector(components.video_emotion.extract(clips()))
        with torch.inference_mode():
            shown = encoder.encode_injected(clips(), inject).pooled
    np.testing.assert_array_equal(plain, untrained)
    assert_near(shown, encoder.encode(clips()).pooled)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (["video_encoder=starter", "text_encoder=minilm"], "'starter' lets nothing be injected"),
        (["video_emotion=null"], "nothing sees emotions in videos"),
    ],
)
def test_what_cannot_be_injected_is_said_in_one_line(place, tmp_path, capsys, more, says):
    data = [str(place / "captions.jsonl"), "--videos", str(place), "--validation", "none"]
    where = ["--preset", "small", "--config", str(place / "small.yaml")]
    command = ["train", *data, *where, "--cache", str(place / "cache"), *SHORT, *more]
    assert run([*command, "--fusion", "video-injection", "--to", str(tmp_path / "none")]) == 2
    said = capsys.readouterr().err.strip()
    assert says in said
    assert "\n" not in said
