"""A query keeps what a collection varies by, and loses chance differences."""

import pytest
import torch

from moodreel.fusion.shrinkage import NOISE, Shrinkage
from nearness import assert_near

SCENES, EACH, CONTENT = 3, 40, 16


def of_scenes(seed=0):
    """Return scenes [3, 16], and a collection [120, 16] of them with chance differences."""
    draw = torch.Generator().manual_seed(seed)
    scenes = torch.randn(SCENES, CONTENT, generator=draw)
    chance = 0.3 * torch.randn(SCENES * EACH, CONTENT, generator=draw)
    return scenes, scenes.repeat_interleave(EACH, 0) + chance


def fully(content):
    shrinkage = Shrinkage(CONTENT)
    shrinkage.fit(content)
    shrinkage.pull.data += 1
    return shrinkage


def test_nothing_is_shrunk_before_training_or_before_there_is_a_collection():
    _, content = of_scenes()
    queries = torch.randn(5, CONTENT)
    assert not fully(content[:1])(queries).any(), "one segment does not vary"
    untrained = Shrinkage(CONTENT)
    assert not untrained(queries).any()
    untrained.fit(content)
    assert not untrained(queries).any()


def test_a_full_share_is_the_wiener_filter():
    _, content = of_scenes()
    queries = torch.randn(5, CONTENT)
    covariance = torch.cov(content.T, correction=0)
    noise = NOISE * torch.linalg.eigvalsh(covariance)[-1] * torch.eye(CONTENT)
    filtered = torch.linalg.solve(covariance + noise, covariance @ queries.T).T
    assert_near(queries + fully(content)(queries), filtered)


def test_segments_of_a_scene_come_nearer_to_each_other_than_scenes_do():
    scenes, content = of_scenes()
    shrunk = scenes + fully(content)(scenes)

    def within(queries):
        scores = (queries @ content.T).view(SCENES, SCENES, EACH)
        return scores.std(-1).mean() / scores.mean(-1).std()

    assert within(shrunk) < 0.9 * within(scenes)


@pytest.mark.parametrize(("pull", "share"), [(-1.0, 0.0), (0.0, 0.0), (1.0, 1.0)])
def test_a_share_stays_in_range_and_hears_where_to_go(pull, share):
    _, content = of_scenes()
    shrinkage = Shrinkage(CONTENT)
    shrinkage.fit(content)
    shrinkage.pull.data += pull
    assert shrinkage.share.item() == share
    shrinkage(content).sum().backward()
    assert shrinkage.pull.grad.abs() > 0
