"""Recommendations fit, differ, and say why."""

import numpy as np
import pytest

from moodreel.errors import InvalidInput
from moodreel.search.recommendation import diversify


def named(found):
    return [chosen.hit.video.rpartition("/")[2] for chosen in found]


def at(demo, name):
    return str(demo / "videos" / name)


@pytest.fixture(scope="module")
def candidates():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 8))
    return rng.uniform(size=50), vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_by_score_alone_and_by_difference_alone(candidates):
    scores, vectors = candidates
    assert diversify(scores, vectors, 5, balance=1) == list(np.argsort(-scores)[:5])
    first, second = diversify(scores, vectors, 2, balance=0)
    assert vectors[first] @ vectors[second] <= 0


def test_a_twin_gives_way_to_something_else(candidates):
    scores, vectors = candidates
    best = int(scores.argmax())
    twins = np.concatenate([vectors, vectors[best : best + 1]])
    chosen = diversify(np.append(scores, scores.max() - 1e-6), twins, 5)
    assert chosen[0] == best
    assert 50 not in chosen


def test_more_are_wanted_than_there_are(candidates):
    scores, vectors = candidates
    assert sorted(diversify(scores[:3], vectors[:3], 10)) == [0, 1, 2]
    assert diversify(scores[:0], vectors[:0], 10) == []


def test_liked_videos_are_left_out_and_each_choice_names_what_it_is_like(engine, demo):
    liked = [at(demo, "moon.mp4") + "@1", at(demo, "cat.mp4")]
    found = engine.recommend(liked, top=6)
    assert not {"moon.mp4", "cat.mp4"} & set(named(found))
    assert len(set(named(found))) == len(found) == 6
    assert [chosen.hit.rank for chosen in found] == [1, 2, 3, 4, 5, 6]
    assert all(chosen.reason for chosen in found)
    assert any("moon.mp4 at 0:01" in chosen.reason for chosen in found)


def test_they_differ_more_than_the_most_similar_do(engine, demo):
    def sameness(videos):
        content = np.stack([engine.search_index.example_of(video).content for video in videos])
        return (content @ content.T).mean()

    similar, diverse = [], []
    for name in ("coins.mp4", "cat.mp4", "moon.mp4", "bikes.mp4", "page.mp4"):
        liked = at(demo, name)
        similar.append(sameness([hit.video for hit in engine.similar(liked, top=5)]))
        found = engine.recommend([liked], top=5)
        diverse.append(sameness([chosen.hit.video for chosen in found]))
    assert np.mean(diverse) < np.mean(similar)


def test_a_wished_mood_is_enough_and_is_the_reason(engine):
    found = engine.recommend(emotions={"joy": 1}, top=3)
    assert named(found)[0] == "astronaut.mp4"
    assert "more joy" in found[0].reason


def test_a_mood_joins_the_liked_moments(engine, demo):
    without = named(engine.recommend([at(demo, "moon.mp4")], top=3))
    joyful = named(engine.recommend([at(demo, "moon.mp4")], emotions={"joy": 1}, weight=0.9, top=3))
    assert "astronaut.mp4" not in without
    assert joyful[0] == "astronaut.mp4"


def test_nothing_to_go_by_is_refused(engine):
    with pytest.raises(InvalidInput, match="empty query"):
        engine.recommend()
