"""Late fusion's own weight: mood counts as far as it tells, beside content as far as that does."""

import numpy as np
import pytest
import torch

from moodreel import Emotion, EmotionScores
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel_plugins.fusion.late import Late

COUNT, DIM = 240, 64


def directions(count, seed=0):
    draw = torch.Generator().manual_seed(seed)
    return torch.nn.functional.normalize(torch.randn(count, DIM, generator=draw), dim=-1)


def moods(joyful, clear=0.9):
    """Emotions of a collection in which some segments show joy, more or less clearly."""
    shown = np.where(np.arange(COUNT) < joyful, clear, (1 - clear) / 10)
    return EmotionScores.of([{"joy": value} for value in shown], observes=list(Emotion))


def weight(content, seen, text=None, wanted=None):
    late = Late()
    late.adapt(VideoFeatures(content), seen)
    asked = content[:1] if text is None else text
    return late.weigh(asked, wanted or EmotionScores.of([{"joy": 1}]), None).item()


def test_mood_counts_less_beside_sharper_content():
    content = directions(COUNT)
    blurred = content[:1] + 3 * directions(1, seed=1)
    assert weight(content, moods(40)) < weight(content, moods(40), text=blurred)


def test_mood_counts_more_where_scenes_recur():
    scenes = directions(6).repeat(COUNT // 6, 1) + 0.05 * directions(COUNT, seed=1)
    assert weight(scenes, moods(40)) > 2 * weight(directions(COUNT), moods(40))


def test_the_rarer_a_mood_the_more_it_counts():
    content = directions(COUNT)
    rare, common = weight(content, moods(5)), weight(content, moods(120))
    assert rare > 2 * common


def test_a_mood_that_is_hardly_told_apart_counts_for_little():
    content = directions(COUNT)
    assert weight(content, moods(40, clear=0.12)) < weight(content, moods(40)) / 3


@pytest.mark.parametrize("seen", [moods(0, clear=1), EmotionScores.unobserved(COUNT)])
def test_a_mood_that_no_segment_has_leaves_content_alone(seen):
    assert weight(directions(COUNT), seen) == 0


def test_one_doubtful_reading_does_not_outvote_content():
    shown = np.zeros(COUNT)
    shown[7] = 0.2
    seen = EmotionScores.of([{"joy": value} for value in shown], observes=list(Emotion))
    assert weight(directions(COUNT), seen) < weight(directions(COUNT), moods(5))


def test_a_reader_that_is_seldom_right_counts_for_less():
    content, wanted = directions(COUNT), EmotionScores.of([{"joy": 1}])
    doubted = weight(content, moods(40), wanted=wanted.emphasised([0.2]))
    assert 0 < doubted < weight(content, moods(40), wanted=wanted) / 2


def test_what_is_refused_counts_as_what_is_wanted():
    content, refused = directions(COUNT), EmotionScores.of([{"joy": -1}])
    assert weight(content, moods(40), wanted=refused) == pytest.approx(
        weight(content, moods(40)), abs=1e-6
    )


def test_a_query_of_mood_alone_is_ranked_by_mood():
    content = directions(COUNT)
    assert weight(content, moods(40), text=torch.zeros(1, DIM)) == pytest.approx(1, abs=1e-3)


def test_a_query_without_mood_is_the_baseline():
    late, content = Late(), directions(COUNT)
    late.adapt(VideoFeatures(content), moods(40))
    asked = late.fuse_text(TextFeatures(content[:3]), EmotionScores.unobserved(3))
    assert asked[:, :DIM].equal(content[:3])
    assert not asked[:, DIM:].any()


def test_a_queries_weight_does_not_depend_on_its_batch():
    late, content = Late(), directions(COUNT)
    late.adapt(VideoFeatures(content), moods(40))
    wanted = EmotionScores.of([{"joy": 1}, {"joy": 0.2}, {}], observes=["joy"])
    together = late.weigh(content[:3], wanted, None)
    alone = [late.weigh(content[i : i + 1], wanted[i : i + 1], None) for i in range(3)]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)
