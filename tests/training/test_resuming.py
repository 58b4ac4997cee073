"""`moodreel train --tune` killed as hard as can be, and given again in other processes."""

import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from moodreel.cli import run
from tiny_tuning import write_tiny

STATE = "state.pt"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    plan = ["--fusion", "concat-fc", "--batch", "4", "plan.every=1", "plan.encoder_rate=0.01"]
    return [*write_tiny(tmp_path_factory.mktemp("tiny")), *plan]


def kill_in_the_middle(command, folder, steps):
    """Begin a run in a process of its own, and kill it after its first saved state."""
    process = subprocess.Popen([sys.executable, "-m", "moodreel", *command, "--to", str(folder)])
    while process.poll() is None and not (folder / STATE).exists():
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert 0 < torch.load(folder / STATE, weights_only=True)["step"] < steps


def weights(folder):
    """What a run learned: the strategy's weights, and those of the encoders."""
    strategy = load_file(folder / "strategy.safetensors")
    return strategy | load_file(folder / "encoder" / "model.safetensors")


@pytest.mark.parametrize(("tune", "steps"), [("text", 30), ("all", 8)])
def test_kill_9_of_a_tuned_run_costs_no_bit(tiny, tmp_path, tune, steps):
    command = [*tiny, "--tune", tune, "--steps", str(steps)]
    kill_in_the_middle(command, tmp_path / "broken", steps)
    for name in ("whole", "broken"):
        assert run([*command, "--to", str(tmp_path / name)]) == 0
    found, wanted = (weights(tmp_path / name) for name in ("broken", "whole"))
    assert found.keys() == wanted.keys()
    assert all(found[name].equal(value) for name, value in wanted.items())
    curves = [(tmp_path / name / "losses.jsonl").read_text() for name in ("broken", "whole")]
    assert curves[0] == curves[1]
