"""`moodreel train`: killed and given again, and what can go wrong."""

import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from hard_videos import text
from outcomes import check_refused

SHORT = ("--steps", 2, "--batch", 8, "plan.every=2")


def test_a_strategy_is_trained_and_can_be_searched_with(moodreel, world, demo, tmp_path):
    target = tmp_path / "trained"
    done = moodreel("train", world, "--fusion", "video-side", "--to", target, *SHORT)
    assert done.code == 0, done.err
    assert done.out.startswith(f"{target}: 2 steps")
    found = moodreel("search", "a cat", "--fusion", target, "--json", "--index", demo / "index")
    assert found.code == 0, found.err


def test_a_video_that_cannot_be_read_is_named_and_the_others_are_learned_from(
    moodreel, demo, tmp_path
):
    for name in ("cat", "coffee"):
        (tmp_path / f"{name}.mp4").symlink_to(demo / "videos" / f"{name}.mp4")
    text(tmp_path / "broken.mp4")
    rows = "cat.mp4,a happy cat\ncoffee.mp4,a cup of coffee\nbroken.mp4,a dog\n"
    (tmp_path / "captions.csv").write_text(f"video,caption\n{rows}")
    place = ("--cache", tmp_path / "cache", "--to", tmp_path / "trained", "--validation", "none")
    done = moodreel("train", tmp_path / "captions.csv", "--fusion", "video-side", *place, *SHORT)
    assert done.code == 1, done.err
    assert f"failed: {tmp_path}/broken.mp4: is not a video" in done.err
    assert (tmp_path / "trained" / "strategy.safetensors").exists()


def test_kill_9_in_the_middle_and_resume(world, tmp_path):
    """The command itself: killed as hard as can be, then given again."""
    options = ["concat-fc", "--steps", "150", "--batch", "16", "plan.every=10", "plan.patience=0"]
    command = [sys.executable, "-m", "moodreel", "train", str(world), "--fusion", *options, "--to"]
    broken = tmp_path / "broken"
    with (tmp_path / "errors").open("w") as errors:
        process = subprocess.Popen([*command, str(broken)], stderr=errors)
    state = broken / "state.pt"
    while process.poll() is None and not state.exists():
        time.sleep(0.01)
    assert process.poll() is None, (tmp_path / "errors").read_text()
    process.kill()
    process.wait()
    assert not (broken / "strategy.safetensors").exists()
    steps = torch.load(state, weights_only=True)["step"]
    assert 0 < steps < 150
    for folder in (broken, tmp_path / "whole"):
        subprocess.run([*command, str(folder)], check=True, stderr=subprocess.DEVNULL)
    found, wanted = (load_file(tmp_path / n / "strategy.safetensors") for n in ("broken", "whole"))
    assert found.keys() == wanted.keys()
    assert all(found[name].equal(wanted[name]) for name in wanted)
    curves = [(tmp_path / n / "losses.jsonl").read_text() for n in ("broken", "whole")]
    assert curves[0] == curves[1]
    assert not state.exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--fusion", "late"], "nothing to learn"),
        (["--fusion", "concat-f"], "Did you mean 'concat-fc'"),
        (["--fusion", "concat-fc", "--objective", "info-nc"], "Did you mean 'info-nce'"),
        (["--fusion", "concat-fc", "plan.emoton=1"], "Did you mean 'emotion'"),
        (["--fusion", "concat-fc", "--split", "tran"], "has no split 'tran'"),
        (["--fusion", "concat-fc", "--batch", "1"], "batch must be 2 or more"),
        ([], "Missing option '--fusion'"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, world, tmp_path, arguments, says):
    check_refused(moodreel("train", world, *arguments, "--to", tmp_path / "new"), says)


def test_half_precision_without_a_gpu_is_refused_before_anything_is_made(
    moodreel, world, tmp_path, monkeypatch
):
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    call = ("train", world, "--fusion", "concat-fc", "--precision", "fp16")
    done = moodreel(*call, "--cache", tmp_path / "cache", "--to", tmp_path / "new")
    check_refused(done, "--precision fp16 needs a GPU; on a CPU use bf16 or no")
    assert not list(tmp_path.iterdir())


def test_a_missing_dataset_is_named(moodreel, tmp_path):
    done = moodreel("train", tmp_path / "none", "--fusion", "concat-fc")
    check_refused(done, "no such file, folder or benchmark")


def test_a_missing_package_is_named_with_its_command(moodreel, world, tmp_path, monkeypatch):
    monkeypatch.setattr("moodreel.cli.train.PACKAGES", ("accelerate", "not_there"))
    done = moodreel("train", world, "--fusion", "video-side", "--to", tmp_path)
    check_refused(done, 'pip install "moodreel[train]"')
