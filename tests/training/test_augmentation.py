"""Frames that are changed at random, all of a clip alike."""

import numpy as np
import pytest

from moodreel import Clip
from moodreel.errors import InvalidInput
from moodreel.training.augmentation import Augmentation
from moodreel.training.plan import TrainingPlan


def still(side=40):
    """A clip that shows one picture three times."""
    picture = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    return Clip(np.repeat(picture, 3, axis=0), np.arange(3.0))


@pytest.mark.parametrize(
    "augmentation", [Augmentation(crop=0.3), Augmentation(flip=1), Augmentation(colour=0.4)]
)
def test_all_frames_of_a_clip_change_alike_as_its_seed_says(augmentation):
    clip = still()
    first, again, other = (augmentation(clip, seed) for seed in ([1, 2], [1, 2], [1, 3]))
    assert np.array_equal(first.frames, again.frames)
    assert all(np.array_equal(frame, first.frames[0]) for frame in first.frames)
    assert not np.array_equal(first.frames, clip.frames)
    assert np.array_equal(first.times, clip.times)
    assert augmentation.flip or not np.array_equal(first.frames, other.frames)


def test_a_crop_keeps_at_least_its_share():
    shapes = [Augmentation(crop=0.5)(still(), [seed]).frames.shape[1:3] for seed in range(100)]
    shares = np.prod(shapes, axis=1) / 1600
    assert shares.min() > 0.5 * (1 - 0.06), "whole pixels, and sides that end at the picture's"
    assert shares.max() > 0.9
    assert len({rows / columns for rows, columns in shapes}) > 10


def test_a_flip_mirrors_and_colours_stay_near():
    clip = still()
    assert np.array_equal(Augmentation(flip=1)(clip, [0]).frames, clip.frames[:, :, ::-1])
    whole = [Augmentation(colour=0.1)(clip, [seed]).frames.astype(int) for seed in range(20)]
    assert all(np.abs(frames - clip.frames).max() < 75 for frames in whole)


def test_nothing_is_changed_unless_it_is_asked_for():
    assert not Augmentation()
    plan = TrainingPlan()
    assert not Augmentation(plan.crop, plan.flip, plan.colour)
    with pytest.raises(InvalidInput, match=r"crop must be from 0\.01 to 1"):
        TrainingPlan(crop=0)
