"""The recipe against the published training code, on a small model and the same batches."""

from functools import partial

import pytest

from moodreel.fusion.checkpoints import load_strategy
from moodreel.training.recipes import Recipe, make_plan
from moodreel.training.trainer import Trainer, prepared
from moodreel.training.tuning import tunable_network
from tiny_published import FixedBatches, tiny_examples, tiny_registry

# What microsoft/XPretrain at 5318f2a gave over this model and these batches, in float32: its loss
# (optimization/loss.py), groups and AdamW (optimization/utils.py, adamw.py), schedule (sched.py),
# clipping and bound of the scale, joined as in tasks/run_video_retrieval.py.
LOSSES = (
    *(21.314709, 13.875879, 19.495661, 8.975442, 21.102665, 14.816626, 16.000965, 19.180317),
    *(11.260187, 17.258472, 16.110432, 18.202229, 20.847176, 15.324425, 19.901161, 20.882488),
    *(16.619164, 19.164093, 17.198378, 21.954517),
)


def test_20_steps_of_the_recipe_give_the_published_losses(tmp_path):
    registry = tiny_registry(tmp_path)
    small = {"epochs": None, "steps": 20, "batch": 8, "per_process": False, "precision": "no"}
    plan = make_plan({**Recipe.load("clip-vip-msrvtt").plan, **small})
    network = tunable_network(registry, plan)
    text, video = registry.slot("text_encoder"), registry.slot("video_encoder")
    strategy = load_strategy(registry, "baseline")
    trainer = Trainer(strategy, plan, tiny_examples(text.dim), None, text, video, network)
    trainer.stream.prepare = partial(prepared, trainer.collator, FixedBatches())
    found, step = [], trainer.step
    trainer.step = lambda *given: found.append(step(*given)) or found[-1]
    trainer.run()
    assert [values["loss"] for values in found] == pytest.approx(LOSSES, abs=1e-4)
