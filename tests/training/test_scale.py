"""Collections that no table of all videos and all texts would fit."""

import resource
import time

import numpy as np
import pytest
import torch

from moodreel import EmotionScores
from moodreel.datasets import Caption
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.training.examples import Examples
from moodreel.training.plan import TrainingPlan

VIDEOS, CAPTIONS, DIM = 100_000, 1_000_000, 8


@pytest.fixture(scope="module")
def many():
    """A million captions of a hundred thousand videos; every tenth text is told of two videos."""
    draw = np.random.default_rng(0)
    wanted = (draw.random((CAPTIONS, 8)) < 0.05).astype(np.float32)
    text_of = np.arange(CAPTIONS)
    text_of[9::10] = text_of[0::10]
    return Examples(
        [Caption("0.mp4", "a text")] * CAPTIONS,
        draw.permutation(CAPTIONS) % VIDEOS,
        text_of,
        ["a text"] * CAPTIONS,
        TextFeatures(torch.zeros(CAPTIONS, DIM)),
        EmotionScores(wanted, np.ones_like(wanted, bool)),
        VideoFeatures(torch.zeros(VIDEOS, DIM)),
        EmotionScores.unobserved(VIDEOS),
    )


@pytest.mark.parametrize("neutral", [0.25, None])
def test_a_batch_of_a_million_captions_takes_no_time_and_little_memory(many, neutral):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    batches = many.batches(TrainingPlan(batch=128, neutral=neutral))
    batches.at(0)
    times = []
    for step in range(1, 20):
        begun = time.process_time()
        rows = batches.at(step)
        same, others = many.same(rows), many.other_captions(rows, [0, step])
        times.append(time.process_time() - begun)
        assert same.diagonal().all()
        assert np.array_equal(many.video_of[others], many.video_of[rows])
    assert np.median(times) < 0.05
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 1_000_000, "KiB; a table of all videos and texts would be 100 GB"


def test_a_text_told_of_two_videos_is_true_of_both(many):
    rows = np.array([0, 9, 5])
    expected = np.eye(3, dtype=bool)
    expected[0, 1] = expected[1, 0] = True
    assert np.array_equal(many.same(rows), expected)
    assert many.relevant[0].tolist() == sorted(many.video_of[[0, 9]].tolist())
