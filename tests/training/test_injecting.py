"""What a strategy may bring: it trains, is stored, and is compared."""

import pytest
import torch

from injecting_strategies import INJECTING, OwnHead, Peak
from moodreel import Registry
from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.evaluation.comparison import compare
from moodreel.evaluation.material import gather_material
from moodreel.fusion.checkpoints import TrainingContext, save_strategy
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer

PLAN = TrainingPlan(steps=3, batch=8, every=3, rate=1e-2)
COMMON_WORDS = (1037, 1996, 2158, 2450)  # of MiniLM: a, the, man, woman


@pytest.fixture(scope="module")
def ours(registry):
    mine = Registry.load("starter", overrides=["segments.length=0"])
    mine._built = registry._built  # loading the encoders takes most of the time
    for strategy in (*INJECTING, OwnHead, Peak):
        mine.register(strategy)
    return mine


@pytest.mark.parametrize(
    "name", ["token-layer", "mood-tokens", "by-word", "deep", "own-head", "peak"]
)
def test_a_strategy_that_brings_more_trains_and_is_compared(
    ours, examples, world, text_encoder, tmp_path, name
):
    options = {"ids": COMMON_WORDS} if name == "by-word" else {}
    strategy = ours.fresh("fusion_strategy", name, **options)
    strategy.bind(TrainingContext.of(ours).dims)
    before = {n: value.detach().clone() for n, value in strategy.named_parameters()}
    Trainer(strategy, PLAN, *examples, text_encoder).run()
    assert all(not torch.equal(v, before[n]) for n, v in strategy.named_parameters())
    folder = save_strategy(tmp_path / name, strategy, TrainingContext.of(ours))
    material = gather_material(load_dataset(world).part("val"), Components(ours))
    names = ["baseline", str(folder)]
    baseline, found = (result.scores for result in compare(material, names, resamples=100).results)
    neutral = material.groups["neutral"]
    assert (found.rank[neutral] == baseline.rank[neutral]).all()
