"""What validation goes by, where videos die on the way."""

from dataclasses import replace

import pytest

from moodreel.errors import InvalidInput, UnreadableVideo
from moodreel.fusion.checkpoints import load_strategy
from moodreel.training.plan import TrainingPlan
from moodreel.training.trainer import Trainer
from moodreel.training.tuning import tunable_network
from tiny_published import VIDEOS, read_clips, tiny_examples, tiny_registry


@pytest.fixture
def made(tmp_path):
    """A trainer that tunes both encoders, its examples, and what it says of dead videos."""
    registry, told = tiny_registry(tmp_path), []
    plan = TrainingPlan(tune="all", steps=1, batch=4, emotion=0.0)
    network = tunable_network(registry, plan)
    text, video = (registry.slot(kind) for kind in ("text_encoder", "video_encoder"))
    examples, strategy = tiny_examples(text.dim), load_strategy(registry, "baseline")
    told_of = {"on_failure": lambda path, reason: told.append((path, reason))}
    trainer = Trainer(strategy, plan, examples, None, text, video, network, **told_of)
    return trainer, examples, told


def without(examples, dead):
    """The examples, some of whose videos cannot be read."""

    def read(places, seed=None):
        found = zip(places.tolist(), read_clips(places), strict=True)
        return [UnreadableVideo(f"{n}.mp4", "is gone") if n in dead else clip for n, clip in found]

    return replace(examples, read_clips=read)


def test_a_dead_video_is_named_once_and_the_others_are_measured(made):
    trainer, examples, told = made
    others = replace(  # the examples that the first video never belonged to
        examples,
        captions=examples.captions[2:],
        video_of=examples.video_of[2:] - 1,
        text_of=examples.text_of[2:] - 2,
        texts=examples.texts[2:],
        text=examples.text[slice(2, None)],
        wanted=examples.wanted[slice(2, None)],
        video=examples.video[slice(1, None)],
        seen=examples.seen[slice(1, None)],
        read_clips=lambda places, seed=None: read_clips(places + 1),
    )
    broken = without(examples, {0})
    assert trainer.measure(broken) == trainer.measure(broken) == trainer.measure(others)
    assert trainer.measure(broken) != trainer.measure(examples)
    assert told == [("0.mp4", "is gone")]


def test_a_validation_split_that_is_gone_ends_the_run(made):
    trainer, examples, told = made
    with pytest.raises(InvalidInput, match="more than half of the videos to validate on"):
        trainer.measure(without(examples, set(range(VIDEOS))))
    assert len(told) == VIDEOS
