"""What a strategy's author writes: methods that need no super() call, stages without sets."""

import pytest
import torch
from torch import nn

from moodreel.emotions import EmotionScores
from moodreel.errors import PluginError
from moodreel.fusion import Dims, FusionStrategy, GatedFusion, to_tensors
from moodreel.registry import Registry
from moodreel.testing import check_fusion, sample_emotions, sample_text, sample_video
from moodreel.training.module import OWN
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer


class Plain(GatedFusion):
    """Overrides every phase, and calls super() in none."""

    def build(self, dims):
        self.text_side = nn.Linear(dims.content + 8, self.size(dims))
        self.video_side = nn.Linear(8, self.size(dims))
        self.register_buffer("mean", torch.zeros(8))

    def fit(self, video, seen):
        self.mean = to_tensors(seen, video.pooled)[0].mean(0)

    def text_mood(self, text, wanted):
        intensities, _ = to_tensors(wanted, text.pooled)
        return self.text_side(torch.cat([text.pooled, intensities], -1))

    def video_mood(self, video, seen):
        intensities, _ = to_tensors(seen, video.pooled)
        return self.video_side(intensities - self.mean)


class Optional(FusionStrategy):
    """Reranks by choice."""

    def __init__(self, joint: bool = True) -> None:
        super().__init__()
        if not joint:
            self.skip("rerank")

    def rerank(self, text, wanted, video, seen):
        return (text.pooled * video.pooled).sum(-1)


class WithLoss(Plain):
    """Asks that moods of texts stay small, by a term of its own with a parameter of its own."""

    def build(self, dims):
        super().build(dims)
        self.scale = nn.Parameter(torch.ones(()))

    def auxiliary_losses(self, text, wanted, video, seen):
        return {"size": 0.1 * self.scale * self.text_mood(text, wanted).square().mean()}


def test_every_phase_is_overridden_without_calling_super():
    check_fusion(Plain())
    strategy = Plain().bind(Dims(24, 24))
    assert strategy.shrinkage is not None
    strategy.adapt(sample_video(dims=Dims(24, 24)), sample_emotions())
    assert strategy.mean.any()


def test_stages_are_what_is_overridden_but_for_those_that_are_skipped():
    assert Optional().stages == {"rerank"}
    assert Optional(joint=False).stages == frozenset()
    assert Plain(form="add", sides="text").stages == {"text"}


def test_a_base_class_hands_its_options_on():
    class Wider(GatedFusion):
        def __init__(self, hidden: int = 3, **options):
            super().__init__(**options)
            self.hidden = hidden

        def text_mood(self, text, wanted):
            return text.pooled[:, : self.mood_dim]

        def video_mood(self, video, seen):
            return video.pooled[:, : self.mood_dim]

    registry = Registry()
    name = registry.register(Wider)
    made = registry.create("fusion_strategy", name, mood_dim=5, hidden=7)
    assert (made.mood_dim, made.hidden) == (5, 7)
    assert registry.describe(registry.find("fusion_strategy", name))["options"]["mood_dim"] == 16


def test_a_strategys_own_loss_term_is_added_and_logged(examples):
    strategy = WithLoss(mood_dim=4).bind(Dims(384, 384))
    plan = TrainingPlan(steps=3, batch=8, every=3)
    values = []
    trainer = Trainer(strategy, plan, *examples)
    step = trainer.step
    trainer.step = lambda *given: values.append(step(*given)) or values[-1]
    trainer.run()
    assert all(f"{OWN}size" in found for found in values)
    assert values[0]["loss"] == pytest.approx(
        sum(v for name, v in values[0].items() if name not in ("loss", "scale")), abs=1e-4
    )
    assert strategy.scale.item() != 1


def test_a_loss_term_that_is_no_scalar_is_named():
    class Vectors(Plain):
        def auxiliary_losses(self, text, wanted, video, seen):
            return {"size": text.pooled}

    strategy = Vectors().bind(Dims(24, 24))
    text, wanted = sample_text(3, dims=Dims(24, 24)), EmotionScores.unobserved(3)
    with pytest.raises(PluginError, match="'size', which is no scalar tensor"):
        strategy.auxiliary_losses(text, wanted, sample_video(dims=Dims(24, 24)), wanted)


def test_a_state_from_before_there_was_shrinkage_learned_to_shrink_by_nothing():
    strategy = Plain().bind(Dims(24, 24))
    state = {n: v for n, v in strategy.state_dict().items() if not n.startswith("shrinkage.")}
    assert not strategy.upgrade(state)["shrinkage.pull"].any()
