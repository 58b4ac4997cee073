"""Cross-attention over what a CLIP-ViP makes of frames and patches, by the command line."""

import json

import numpy as np
import pytest
import torch

from moodreel.cli import run
from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.evaluation.material import gather_material
from moodreel.features.videos import stack_frames
from moodreel.interfaces import VideoFeatures
from moving_videos import write_encoder, write_videos

SHORT = ["--steps", "4", "--batch", "5", "--rate", "0.02", "plan.every=4", "plan.warmup=0"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Moving squares, and a CLIP-ViP that gives vectors of patches."""
    folder = tmp_path_factory.mktemp("patches")
    write_videos(folder, {"train": 8, "test": 5})
    write_encoder(folder, begun=True, options=", patch_vectors: true")
    return folder


@pytest.mark.parametrize("tune", ["none", "all"])
def test_it_attends_over_patches_trained_tuned_and_compared(place, tune, capsys):
    data = [str(place / "captions.jsonl"), "--videos", str(place), "--cache", str(place / "cache")]
    where = ["--preset", "small", "--config", str(place / "small.yaml")]
    target = str(place / tune)
    learn = ["--fusion", "cross-attention", "--tune", tune, "--validation", "none"]
    assert run(["train", *data, *where, *learn, *SHORT, "--to", target]) == 0
    names = ["--fusion", "baseline", "--fusion", target]
    capsys.readouterr()
    command = ["compare", *data, *where, *names, "--split", "test", "--resamples", "100"]
    assert run([*command, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["strategies"]
    assert found[1]["metrics"]["all"]["MRR"] > 0


def test_what_each_patch_shows_reaches_the_vector_and_the_shortlist(place):
    config = place / "small.yaml"
    with Components.load("small", config, ["segments.length=0"]) as components:
        dataset = load_dataset(place / "captions.jsonl", videos=place).part("test")
        material = gather_material(dataset, components, place / "cache")
        strategy = components.strategy("cross-attention")
    strategy.joint_gate.data.fill_(1)
    strategy.gate.data.fill_(1)
    video, seen = material.videos.features, material.videos.emotions
    assert video.patches.shape == (5, 6, 16, 32)
    other = VideoFeatures(video.pooled, video.frames, -video.patches)
    wanted, text = material.wanted[:1], material.texts[:1]
    assert wanted.values.any()
    with torch.inference_mode():
        stored, moved = (strategy.fuse_video(v, seen) for v in (video, other))
        better, worse = (strategy.rerank(text, wanted, v, seen) for v in (video, other))
    assert (stored - moved).abs().amax(1).min() > 1e-3
    assert (better - worse).abs().max() > 1e-3


def test_vectors_of_frames_and_patches_are_stored_together_and_told_apart():
    draw = torch.Generator().manual_seed(0)
    pooled, frames = torch.zeros(2, 4), torch.randn(2, 3, 4, generator=draw)
    patches = torch.randn(2, 3, 5, 4, generator=draw)
    made = VideoFeatures(pooled, frames, patches)
    again = VideoFeatures(pooled).with_parts(made.parts, 5)
    assert again.frames.equal(frames)
    assert again.patches.equal(patches)
    assert VideoFeatures(pooled, frames).parts is frames
    assert VideoFeatures(pooled).with_parts(frames, 0).patches is None


def test_a_shorter_segment_repeats_its_last_frame_with_its_patches():
    rows = np.arange(6.0, dtype=np.float32).reshape(6, 1)
    stacked = stack_frames([rows, rows[:2]], each=2)
    assert stacked[..., 0].tolist() == [[0, 1, 2, 3, 4, 5], [0, 1, 0, 1, 0, 1]]
