"""The training loop on a small world of features."""

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file

from moodreel import Registry
from moodreel.cli import run as run_command
from moodreel.datasets import load_dataset
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.fusion import wish_strength
from moodreel.fusion.checkpoints import Checkpoint, load_strategy
from moodreel.interfaces import TextFeatures
from moodreel.training.best_state import BestState
from moodreel.training.objectives import PUBLISHED
from moodreel.training.plan import TrainingPlan
from moodreel.training.runs import Run, choose_parts
from moodreel.training.trainer import Trainer
from nearness import ROUNDING
from two_processes import run_two

PLAN = TrainingPlan(steps=12, batch=16, every=4, rate=1e-2)


class Killed(Exception):
    pass


def trained(registry, examples, name, plan=PLAN, folder=None, report=None, **options):
    strategy = load_strategy(registry, name, plan.seed, **options).train()
    extra = {"on_progress": report} if report else {}
    encoder = registry.create("text_encoder", "minilm")
    trainer = Trainer(strategy, plan, *examples, encoder, folder=folder, **extra)
    return strategy, trainer.run(), trainer


def weights(strategy):
    return {name: value.detach().clone() for name, value in strategy.named_parameters()}


def test_a_strategy_learns_what_the_baseline_cannot_know(registry, examples):
    plan = replace(PLAN, steps=80, every=40, batch=24)
    strategy, outcome, trainer = trained(registry, examples, "video-side", plan)
    learned = trainer.measure(examples[1])
    strategy.gate.data.zero_()
    baseline = trainer.measure(examples[1])
    assert outcome.metrics["validation mAP"] == pytest.approx(learned, abs=ROUNDING)
    assert learned > baseline + 0.1


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *((name, {}) for name in ("video-side", "concat-fc", "cross-attention", "additive")),
        ("late", {"weight": "learned"}),
    ],
)
def test_a_neutral_query_ranks_as_before_training(registry, examples, name, options):
    """Promise 2, held by construction: training cannot break it."""
    strategy, _, _ = trained(registry, examples, name, **options)
    train = examples[0]
    neutral = torch.from_numpy(~train.wanted.values.any(-1))
    with torch.no_grad():
        scores = (
            strategy.fuse_text(train.text, train.wanted)
            @ strategy.fuse_video(train.video, train.seen).T
        )
    assert (strategy.weight if name == "late" else strategy.gate) != 0
    assert neutral.any()
    content = train.text.pooled @ train.video.pooled.T
    torch.testing.assert_close(scores[neutral], content[neutral], rtol=0, atol=ROUNDING)


@pytest.mark.parametrize(
    ("name", "plan", "options"),
    [
        ("concat-fc", PLAN, {}),
        ("cross-attention", replace(PLAN, steps=6, every=2), {}),
        ("additive", replace(PLAN, steps=6, every=2), {"form": "add"}),
        ("late", PLAN, {"weight": "learned"}),
    ],
)
def test_an_interrupted_run_ends_with_the_weights_of_an_unbroken_one(
    registry, examples, tmp_path, name, plan, options
):
    whole, _, _ = trained(registry, examples, name, plan, tmp_path, **options)
    losses = (tmp_path / "losses.jsonl").read_text()
    (tmp_path / "again").mkdir()

    def die(progress):
        raise Killed

    for _ in range(2):  # each time one look further
        with pytest.raises(Killed):
            trained(registry, examples, name, plan, tmp_path / "again", die, **options)
    again, _, _ = trained(registry, examples, name, plan, tmp_path / "again", **options)
    for key, value in weights(whole).items():
        assert value.equal(weights(again)[key]), key
    assert (tmp_path / "again" / "losses.jsonl").read_text() == losses


def test_another_plan_does_not_go_on_with_a_state(registry, examples, tmp_path):
    def die(progress):
        raise Killed

    with pytest.raises(Killed):
        trained(registry, examples, "video-side", PLAN, tmp_path, die)
    with pytest.raises(ConfigurationError, match="another --to, or begin anew with --restart"):
        trained(registry, examples, "video-side", replace(PLAN, seed=1), tmp_path)
    (tmp_path / "state.pt").write_bytes(b"no state")
    with pytest.raises(ConfigurationError, match="cannot be read; delete it"):
        trained(registry, examples, "video-side", PLAN, tmp_path)


def test_a_seed_gives_the_same_weights_and_another_seed_others(registry, examples):
    first, again, other = (
        weights(trained(registry, examples, "concat-fc", replace(PLAN, seed=seed))[0])
        for seed in (1, 1, 2)
    )
    assert all(value.equal(again[name]) for name, value in first.items())
    assert not all(value.equal(other[name]) for name, value in first.items())


@pytest.mark.parametrize("name", PUBLISHED.values())
def test_every_objective_trains(registry, examples, name):
    plan = replace(PLAN, steps=3, objective=name)
    strategy, outcome, _ = trained(registry, examples, "concat-fc", plan)
    assert outcome.steps == 3
    assert strategy.gate != 0


@pytest.mark.parametrize("name", ["video-side", "cross-attention", "additive"])
def test_mixed_precision_learns_what_full_precision_learns(registry, examples, name):
    """The parameters stay in float32; losses agree within bfloat16's three digits."""
    plan = replace(PLAN, steps=8, every=8)
    whole, mixed = (
        trained(registry, examples, name, replace(plan, precision=precision))
        for precision in ("no", "bf16")
    )
    assert all(value.dtype == torch.float32 for value in weights(mixed[0]).values())
    assert mixed[1].metrics["validation mAP"] == pytest.approx(
        whole[1].metrics["validation mAP"], abs=0.05
    )
    other = weights(whole[0])
    assert any(not value.equal(other[name]) for name, value in weights(mixed[0]).items())
    torch.testing.assert_close(mixed[0].gate, whole[0].gate, rtol=0.1, atol=0.01)


def test_training_stops_when_it_gets_no_better(registry, examples):
    plan = replace(PLAN, steps=400, every=2, patience=2, rate=0.0)
    _, outcome, _ = trained(registry, examples, "video-side", plan)
    assert outcome.steps == 6
    assert outcome.best_step == 2


def test_without_a_validation_the_last_weights_are_kept(registry, examples):
    strategy, outcome, _ = trained(registry, (examples[0], None), "video-side")
    assert (outcome.steps, outcome.best_step) == (12, 12)
    assert "validation mAP" not in outcome.metrics
    assert strategy.gate != 0


def test_distillation_keeps_added_fusion_nearer_to_the_baseline(registry, examples):
    """Neutral protection for the form that disturbs: mixed-in queries, held to their ranking."""
    train, distances = examples[0], []
    neutral = torch.from_numpy(~train.wanted.values.any(-1))
    content = (train.text.pooled @ train.video.pooled.T)[neutral]
    for distil in (0.0, 20.0):
        plan = replace(PLAN, steps=40, batch=32, neutral=0.5, distil=distil)
        strategy, _, _ = trained(registry, examples, "video-side", plan, form="add")
        with torch.no_grad():
            scores = (
                strategy.fuse_text(train.text, train.wanted)
                @ strategy.fuse_video(train.video, train.seen).T
            )
        moved = scores[neutral] - content  # the same for every video moves no rank
        distances.append(float((moved - moved.mean(1, keepdim=True)).abs().mean()))
    assert 0 < distances[1] < 0.75 * distances[0]


@pytest.mark.parametrize(("name", "options"), [("video-side", {}), ("late", {"weight": "learned"})])
def test_a_correction_takes_back_what_words_of_emotion_do_to_content(
    registry, examples, name, options
):
    """What remains of "a joyful person and a clock" is near what else is said of the video."""
    strategy, _, _ = trained(registry, examples, name, replace(PLAN, steps=60), **options)
    train = examples[0]
    plain, _ = train.plain
    rows = train.moved.nonzero()[0]
    texts, wanted = train.text_of[rows], train.wanted[train.text_of[rows]]
    content = train.text.pooled[texts]
    with torch.no_grad():
        fused = strategy.fuse_text(TextFeatures(content), wanted)[:, : content.shape[1]]
        corrected = content + strategy.correction(content, wanted)
        strength = wish_strength(wanted, content)
        torch.testing.assert_close(fused, corrected + strength * strategy.shrinkage(content))
    before, after = (
        float((vectors - plain[train.video_of[rows]]).square().sum(1).mean())
        for vectors in (content, corrected)
    )
    assert after < 0.8 * before


@pytest.mark.parametrize(("name", "options"), [("video-side", {}), ("late", {"weight": "learned"})])
def test_training_finds_that_shrinking_helps(registry, examples, name, options):
    """Where rounds of one scene differ by mood alone, chance differences are in the way."""
    strategy, _, _ = trained(registry, examples, name, replace(PLAN, steps=60), **options)
    assert 0.05 < strategy.shrinkage.share <= 1


def test_the_command_writes_a_strategy_its_record_and_its_curves(world, tmp_path, capsys):
    folder = tmp_path / "mine"
    arguments = ["--fusion", "video-side", "--steps", "6", "--batch", "8", "--to", str(folder)]
    more = ["plan.every=3", "fusion_strategy.mood_dim=4", "--objective", "NCELearnableTempLoss"]
    assert run_command(["train", str(world), *arguments, *more]) == 0
    assert "6 steps, best after" in capsys.readouterr().out
    record = Checkpoint.load(folder)
    assert record.options["mood_dim"] == 4
    assert record.training["seeds"] == [0]
    assert record.training["plan"]["objective"] == "NCELearnableTempLoss"
    assert record.training["metrics"]["validation mAP"] > 0
    assert len(record.training["data"]) == 16
    rows = [json.loads(line) for line in (folder / "losses.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(6))
    assert (folder / "losses.svg").read_text().lstrip().startswith("<?xml")
    assert list((folder / "tensorboard").glob("events.*"))
    assert not (folder / "state.pt").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fusion", "baseline"], "has nothing to learn"),
        (["--fusion", "video-sid"], "Did you mean 'video-side'"),
        (["--fusion", "video-side", "--objective", "nce"], "unknown objective 'nce'"),
        (["--fusion", "video-side", "--steps", "0"], "steps must be 1 or more"),
        (["--fusion", "video-side", "plan.step=3"], "Did you mean 'steps'"),
        (["--fusion", "video-side", "plan.rate=fast"], "plan.rate: input should be a valid number"),
        (["--fusion", "video-side", "--split", "training"], "no split 'training'; it has train"),
    ],
)
def test_a_wrong_call_is_refused_in_one_line(world, tmp_path, capsys, arguments, message):
    assert run_command(["train", str(world), *arguments, "--to", str(tmp_path / "x")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.strip().count("\n") == 0


def test_a_dataset_without_splits_holds_whole_rounds_out(world):
    dataset = load_dataset(world)
    bare = dataset.of_captions([replace(caption, split="") for caption in dataset.captions])
    train, held = next(
        parts
        for seed in range(20)
        if (parts := choose_parts(bare, ["train"], "val", replace(PLAN, seed=seed)))[1]
    )
    rounds = [{caption.labels["round"] for caption in part.captions} for part in (train, held)]
    assert rounds[0]
    assert rounds[1]
    assert not rounds[0] & rounds[1]
    assert choose_parts(bare, ["train"], None, PLAN) == (bare, None)


def test_a_trained_folder_can_be_trained_on(world, world_components, tmp_path):
    first = tmp_path / "first"
    plan = replace(PLAN, steps=4)
    Run(world_components, load_dataset(world), "video-side", plan, first).train()
    Run(world_components, load_dataset(world), str(first), plan, tmp_path / "second").train()
    before, after = (load_file(tmp_path / n / "strategy.safetensors") for n in ("first", "second"))
    assert not before["gate"].equal(after["gate"])


def test_a_strategy_without_parameters_has_nothing_to_train(world, world_components, tmp_path):
    with pytest.raises(InvalidInput, match="nothing to learn"):
        Run(world_components, load_dataset(world), "late", PLAN, tmp_path).train()


def test_a_tuned_text_encoder_is_kept_and_found_again(world, tmp_path, capsys):
    folder = tmp_path / "tuned"
    more = ["--steps", "2", "--batch", "6", "plan.every=2", "plan.encoder_rate=0.001"]
    arguments = ["train", str(world), "--fusion", "video-side", "--to", str(folder), *more]
    assert run_command([*arguments, "--tune", "projection"]) == 2
    assert "no projection of its own to tune" in capsys.readouterr().err
    assert run_command([*arguments, "--tune", "all"]) == 2
    assert "'starter' cannot be tuned together with its texts" in capsys.readouterr().err
    assert run_command([*arguments, "--tune", "text"]) == 0
    tuned = Registry.load("tuned", folder / "tuned.yaml")
    before, after = Registry.load("starter").slot("text_encoder"), tuned.slot("text_encoder")
    assert before.space == after.space == tuned.slot("video_encoder").space
    assert not before.encode(["a clock"]).pooled.equal(after.encode(["a clock"]).pooled)
    assert load_strategy(tuned).gate != 0
    with pytest.raises(ConfigurationError, match="trained with other parts"):
        load_strategy(Registry.load("starter"), str(folder))


def test_two_processes_learn_what_one_learns(world, tmp_path):
    """Each sees half of every batch; the objective still sees all of it."""
    more = ["--steps", "5", "--batch", "16", "plan.every=5", "fusion_strategy.dropout=0"]
    arguments = ["train", str(world), "--fusion", "concat-fc", *more, "--to"]
    alone, together = tmp_path / "alone", tmp_path / "together"
    assert run_command([*arguments, str(alone)]) == 0
    run_two([*arguments, together])
    counts = [Checkpoint.load(folder).training["processes"] for folder in (alone, together)]
    assert counts == [1, 2]
    found, wanted = (load_file(folder / "strategy.safetensors") for folder in (together, alone))
    # Adam divides by the gradient's size, so the last bits of a gradient near 0 show: 3e-5 is 1%
    # of what a step moves. Halves that did not know of each other differ by whole steps.
    for name, value in wanted.items():
        torch.testing.assert_close(found[name], value, rtol=1e-3, atol=3e-5)


def test_the_last_weights_are_kept_without_a_copy(registry, examples):
    """Which for a CLIP are 0.6 GB."""
    strategy, _, trainer = trained(registry, (examples[0], None), "video-side")
    progress = BestState()
    trainer.look(progress, 12)
    addresses = {value.data_ptr() for value in strategy.parameters()}
    assert addresses <= {value.data_ptr() for value in progress.state.values()}
