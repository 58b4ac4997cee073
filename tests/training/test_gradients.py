"""Gradients in chunks, over accumulated batches and with activations made again."""

from dataclasses import replace

import pytest
import torch
from accelerate.utils import set_seed

from moodreel import Clip, Registry
from moodreel.fusion.checkpoints import load_strategy
from moodreel.registry.settings import load_settings
from moodreel.training.gradients import Gradients
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer
from moodreel.training.tuning import tunable_network
from tiny_models import save_vip

PLAN = TrainingPlan(steps=2, batch=64, emotion=1.0, distil=1.0, objective="separate-frames")


def made(registry, examples, plan, name="concat-fc", **options):
    set_seed(0)
    strategy = load_strategy(registry, name, plan.seed, **options).train()
    with torch.no_grad():
        strategy.gate.fill_(0.5)  # so that everything has a gradient from the beginning
    trainer = Trainer(strategy, plan, examples[0])
    return trainer, trainer.accelerator.prepare(trainer.trainee)


def gradients(registry, examples, plan, **options):
    trainer, model = made(registry, examples, plan, **options)
    values = [trainer.add_gradients(model, 0, part) for part in range(plan.accumulate)]
    found = {name: p.grad.clone() for name, p in trainer.trainee.named_parameters()}
    return values, found


def check_close(found, wanted):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=1e-5, msg=name)


def test_four_chunks_of_16_give_the_gradients_of_a_batch_of_64(registry, examples):
    """Every term that compares the batch is that of the batch: the scale's gradient shows it."""
    whole, wanted = gradients(registry, examples, PLAN, dropout=0.0)
    cached, found = gradients(registry, examples, replace(PLAN, chunk=16), dropout=0.0)
    assert cached[0] == pytest.approx(whole[0], abs=1e-5)
    assert wanted["log_scale"].abs() > 1e-3
    check_close(found, wanted)
    smaller, _ = gradients(registry, examples, replace(PLAN, batch=16), dropout=0.0)
    assert smaller[0]["contrastive"] < whole[0]["contrastive"] - 0.1


def test_a_chunk_draws_the_same_dropout_both_times(registry, examples):
    trainer, model = made(registry, examples, replace(PLAN, chunk=16), dropout=0.5)
    batch = trainer.collator.share(trainer.batches.at(0), 0)
    cutter = Gradients(model, trainer.accelerator, trainer.loss, 16, 1.0, 0)
    first, again, other = (cutter.encode(batch.part(slice(16)), 3, n)["text"] for n in (1, 1, 2))
    assert first.equal(again)
    assert not first.equal(other)


def test_accumulated_batches_move_by_the_mean_of_their_gradients(registry, examples):
    plan = replace(PLAN, batch=16, accumulate=2)
    _, both = gradients(registry, examples, plan, dropout=0.0)
    parts = []
    for part in range(2):
        trainer, model = made(registry, examples, replace(plan, accumulate=1), dropout=0.0)
        trainer.add_gradients(model, part, 0)
        parts.append({name: p.grad.clone() for name, p in trainer.trainee.named_parameters()})
    check_close(both, {name: (parts[0][name] + parts[1][name]) / 2 for name in both})


@pytest.fixture
def tiny_vip(tmp_path):
    """A registry whose encoders are a CLIP-ViP with small random weights."""
    entry = f"{{plugin: clip-vip, checkpoint: {save_vip(tmp_path / 'vip')}, device: cpu}}"
    kinds = ("text_encoder", "video_encoder")
    lines = "".join(f"  {kind}: {{tiny: {entry}}}\n" for kind in kinds)
    chosen = ", ".join(f"{kind}: tiny" for kind in kinds)
    head = f"presets:\n  tiny: {{extends: starter, captioner: null, {chosen}}}\n"
    (tmp_path / "tiny.yaml").write_text(f"{head}components:\n{lines}")
    return Registry(load_settings("tiny", tmp_path / "tiny.yaml"))


def test_checkpointing_changes_no_gradient_and_keeps_fewer_activations(tiny_vip):
    draw = torch.Generator().manual_seed(0)
    frames = torch.randint(0, 256, (2, 12, 32, 32, 3), generator=draw, dtype=torch.uint8).numpy()
    clips = [Clip(shown, torch.arange(12).double().numpy()) for shown in frames]
    (plain, kept), (again, fewer) = (
        video_gradients(tiny_vip, TrainingPlan(tune="all", checkpointing=checkpointing), clips)
        for checkpointing in (False, True)
    )
    assert fewer < 0.6 * kept
    assert all(one.equal(other) for one, other in zip(plain, again, strict=True))


def video_gradients(registry, plan, clips):
    """The gradients that clips give to a network, and how many numbers are kept for them."""
    network = tunable_network(registry, plan)
    network.train().zero_grad()
    saved = []
    hooks = (lambda tensor: saved.append(tensor.numel()) or tensor, lambda tensor: tensor)
    with torch.autograd.graph.saved_tensors_hooks(*hooks):
        loss = registry.slot("video_encoder").encode(clips).pooled.square()[:, ::2].sum()
    loss.backward()
    return [p.grad.clone() for p in network.parameters() if p.grad is not None], sum(saved)
