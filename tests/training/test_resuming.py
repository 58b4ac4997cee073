"""`moodreel train --tune` killed as hard as can be, and given again in other processes."""

import subprocess
import sys
import time

import pytest
import torch
from safetensors.torch import load_file

from moodreel.cli import run
from moodreel.fusion.checkpoints import Checkpoint
from tiny_tuning import write_tiny
from two_processes import run_two, start_two

STATE = "state.pt"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    plan = ["--fusion", "concat-fc", "--batch", "4", "plan.every=1", "plan.encoder_rate=0.01"]
    return [*write_tiny(tmp_path_factory.mktemp("tiny")), *plan]


def start(arguments):
    """Begin a command in a process of its own."""
    return [subprocess.Popen([sys.executable, "-m", "moodreel", *arguments])]


def kill_in_the_middle(command, folder, steps, begin=start):
    """Begin a run in processes of its own, and kill them after the first saved state."""
    processes = begin([*command, "--to", str(folder)])
    while processes[0].poll() is None and not (folder / STATE).exists():
        time.sleep(0.01)
    for process in processes:
        process.kill()
        process.wait()
    assert 0 < torch.load(folder / STATE, weights_only=True)["step"] < steps


def weights(folder):
    """What a run learned: the strategy's weights, and those of the encoders."""
    strategy = load_file(folder / "strategy.safetensors")
    return strategy | load_file(folder / "encoder" / "model.safetensors")


DRAWN = ("plan.jitter=true", "plan.crop=0.5", "plan.colour=0.3", "plan.ema_decay=0.9")


@pytest.mark.parametrize(("tune", "steps", "more"), [("text", 30, ()), ("all", 8, DRAWN)])
def test_kill_9_of_a_tuned_run_costs_no_bit(tiny, tmp_path, tune, steps, more):
    command = [*tiny, "--tune", tune, "--steps", str(steps), *more]
    kill_in_the_middle(command, tmp_path / "broken", steps)
    for name in ("whole", "broken"):
        assert run([*command, "--to", str(tmp_path / name)]) == 0
    found, wanted = (weights(tmp_path / name) for name in ("broken", "whole"))
    assert found.keys() == wanted.keys()
    assert all(found[name].equal(value) for name, value in wanted.items())
    curves = [(tmp_path / name / "losses.jsonl").read_text() for name in ("broken", "whole")]
    assert curves[0] == curves[1]


def test_kill_9_of_two_processes_in_bf16_costs_no_more_than_rounding(tiny, tmp_path):
    """Batches are accumulated too; gradients go between the processes by gloo."""
    more = ["--precision", "bf16", "plan.accumulate=2", "--tune", "text", "--steps", "20"]
    command = [*tiny, *more]
    kill_in_the_middle(command, tmp_path / "broken", 20, start_two)
    for name in ("whole", "broken"):
        run_two([*command, "--to", tmp_path / name])
        assert Checkpoint.load(tmp_path / name).training["processes"] == 2
    found, wanted = (weights(tmp_path / name) for name in ("broken", "whole"))
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=1e-6, msg=name)
    curves = [(tmp_path / name / "losses.jsonl").read_text() for name in ("broken", "whole")]
    assert curves[0].count("\n") == curves[1].count("\n") == 20
