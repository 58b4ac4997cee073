"""Rocchio: examples move a query towards the liked and away from the others, on both sides."""

import numpy as np
import pytest

from moodreel import EmotionScores
from moodreel.search.collection import Collection
from moodreel.search.feedback import Example, Examples, mean_example
from nearness import ROUNDING, assert_near

rng = np.random.default_rng(0)


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


@pytest.fixture(scope="module")
def collection():
    content = unit(rng.normal(size=(200, 16)) + 2 * np.eye(16)[0]).astype(np.float32)
    joy = rng.uniform(0, 0.4, size=200)
    emotions = EmotionScores.of([{"joy": value} for value in joy])
    return Collection(np.array([f"{i}.mp4" for i in range(200)]), content, emotions)


def example(collection, row, **emotions):
    return Example(collection.content[row], EmotionScores.of([emotions]))


def scores(collection, content):
    return collection.content @ content


def test_a_liked_moment_rises_and_an_unliked_one_falls(collection):
    text = unit(rng.normal(size=16)).astype(np.float32)
    before = scores(collection, text)
    liked = Examples(collection, [example(collection, 3)]).refine_content(text)
    unliked = Examples(collection, [], [example(collection, 3)]).refine_content(text)

    def place(found):
        return int((found > found[3]).sum())

    assert place(scores(collection, liked)) < place(before) < place(scores(collection, unliked))
    assert np.linalg.norm(liked) == pytest.approx(1, abs=ROUNDING)


def test_an_example_alone_is_the_query_itself(collection):
    alone = Examples(collection, [example(collection, 7)]).refine_content(None)
    assert_near(alone, collection.content[7])


def test_only_unliked_moments_ask_for_what_lies_opposite(collection):
    asked = Examples(collection, [], [example(collection, 7)]).refine_content(None)
    assert scores(collection, asked).argmin() == 7


def test_examples_move_as_far_whatever_the_scale_of_the_texts_scores(collection):
    text = unit(rng.normal(size=16)).astype(np.float32)
    examples = Examples(collection, [example(collection, 3)])
    moved = examples.refine_content(text)
    again = examples.refine_content(text * 0.1)
    assert_near(moved, again)


def test_emotions_that_stand_out_are_wanted_and_others_are_not(collection):
    neutral = EmotionScores.unobserved(1)
    mean, spread = (part[0] for part in collection.mood)
    usual = Examples(collection, [example(collection, 0, joy=float(mean + spread / 2))])
    assert not usual.refine_emotions(neutral).values.any()
    joyful = Examples(collection, [example(collection, 0, joy=1.0)])
    wanted = joyful.refine_emotions(neutral).named(0)
    assert wanted == {"joy": pytest.approx(0.75 * (1 - mean), abs=1e-3)}


def test_unliked_emotions_are_pushed_away_and_stay_in_range(collection):
    asked = EmotionScores.of([{"joy": -0.9, "fear": 0.5}])
    examples = Examples(collection, [], [example(collection, 0, joy=1.0)])
    wanted = examples.refine_emotions(asked).named(0)
    assert wanted["joy"] == -1
    assert wanted["fear"] == pytest.approx(0.5, abs=ROUNDING)


def test_a_whole_video_is_the_mean_of_what_was_observed():
    content = np.array([[1, 0], [0, 1]], np.float32)
    mean = mean_example(content, EmotionScores.of([{"joy": 0.5}, {"anger": 0.2}]))
    assert_near(mean.content, [0.5**0.5] * 2)
    assert mean.emotions.named(0) == pytest.approx({"joy": 0.5, "anger": 0.2}, abs=ROUNDING)


def test_a_collection_without_spread_is_no_trouble():
    same = Collection(np.array(["a"]), np.ones((1, 4), np.float32) / 2, EmotionScores.unobserved(1))
    examples = Examples(same, [Example(same.content[0], EmotionScores.unobserved(1))])
    assert np.isfinite(examples.refine_content(np.eye(4, dtype=np.float32)[0])).all()
    assert not examples.refine_emotions(EmotionScores.unobserved(1)).values.any()
