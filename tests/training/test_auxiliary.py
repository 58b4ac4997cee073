"""Auxiliary captions of the middle frame, in the objectives that look at captions and frames."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from moodreel.datasets import load_dataset
from moodreel.datasets.roles import AUXILIARY
from moodreel.training.collation import Collator
from moodreel.training.examples import load_examples


@pytest.fixture(scope="module")
def told(world, world_components):
    """The training part; of each video one caption stands for what a captioner said."""
    part = load_dataset(world).part("train")
    first = {caption.video: caption.row for caption in reversed(part.captions)}
    captions = [replace(c, role=AUXILIARY) if first[c.video] == c.row else c for c in part.captions]
    return load_examples(replace(part, captions=captions), world_components, frames=True)


def test_auxiliary_captions_are_not_drawn_as_texts(told):
    assert all(caption.role != AUXILIARY for caption in told.captions)
    assert all(len(texts) == 1 for texts in told.auxiliary)


def test_the_caption_of_a_video_is_its_auxiliary_one(told):
    rows = np.arange(len(told.captions))
    found = told.other_texts(rows, [0, 1])
    assert found.tolist() == [told.auxiliary[video][0] for video in told.video_of]


def test_the_frame_is_the_middle_one(told):
    collator = Collator(told, frozenset({"frame", "caption"}), False, 0, torch.device("cpu"))
    batch = collator.share(np.arange(4), 0)
    frames = told.video.frames[told.video_of[:4]]
    assert batch.frames.video.frames[:, 0].equal(frames[:, frames.shape[1] // 2])


def test_without_them_another_caption_and_any_frame_are_drawn(examples):
    train = examples[0]
    rows = np.arange(len(train.captions))
    assert not train.auxiliary
    others = train.text_of[train.other_captions(rows, [0, 1])]
    assert np.array_equal(train.other_texts(rows, [0, 1]), others)
