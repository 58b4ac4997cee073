"""Late fusion: mood in dimensions of its own."""

import numpy as np
import pytest
import torch

from moodreel import EmotionScores
from moodreel.errors import InvalidInput
from moodreel.interfaces import TextFeatures, VideoFeatures
from moodreel.testing import sample_emotions, sample_text, sample_video
from moodreel_plugins.fusion.late import Late
from nearness import ROUNDING, assert_near


@pytest.fixture
def late():
    strategy = Late(weight=0.5)
    strategy.adapt(sample_video(), sample_emotions())
    return strategy


def scores(strategy, wanted, weight=None, text=None):
    stored = strategy.fuse_video(sample_video(), sample_emotions())
    text = text or sample_text(1)
    return (strategy.fuse_text(text, EmotionScores.of([wanted]), weight) @ stored.T)[0]


def test_the_content_part_of_a_stored_vector_never_changes(late):
    video = sample_video()
    assert late.fuse_video(video, sample_emotions())[:, :-8].equal(video.pooled)


def test_wanting_an_emotion_raises_those_who_show_it_and_not_wanting_lowers_them(late):
    seen = sample_emotions()
    joy = torch.from_numpy(seen.values[:, 0])
    shown = torch.from_numpy(seen.observed[:, 0])
    more = scores(late, {"joy": 1}) - scores(late, {}, text=sample_text(1)) / 2
    less = scores(late, {"joy": -1}) - scores(late, {}) / 2
    most, least = joy.argmax(), torch.where(shown, joy, 2.0).argmin()
    assert more[most] > 0 > less[most]
    assert more[least] < 0 < less[least]


def test_an_emotion_that_was_not_observed_moves_nothing(late):
    unseen = ~torch.from_numpy(sample_emotions().observed[:, 0])
    moved = scores(late, {"joy": 1}) - scores(late, {}) / 2
    assert_near(moved[unseen], torch.zeros(int(unseen.sum())))


@pytest.mark.parametrize("weight", [0.5, "derived"])
def test_a_weight_means_the_same_whatever_the_encoders_scale(weight):
    """Content scores ten times as small shrink the mood's part ten times too."""
    video, emotions = sample_video(), sample_emotions()
    late, small = Late(weight), Late(weight)
    late.adapt(video, emotions)
    small.adapt(VideoFeatures(video.pooled / 10), emotions)
    wanted = EmotionScores.of([{"joy": 1}])
    stored = late.fuse_video(video, emotions)
    stored_small = small.fuse_video(VideoFeatures(video.pooled / 10), emotions)
    big = late.fuse_text(sample_text(1), wanted) @ stored.T
    little = small.fuse_text(sample_text(1), wanted) @ stored_small.T
    assert_near(little * 10, big)


def test_half_weight_gives_content_and_mood_the_same_spread(late):
    asked = late.fuse_text(sample_text(1), EmotionScores.of([{"joy": 1}]), 0.5)
    stored = late.fuse_video(sample_video(), sample_emotions())
    content, mood = asked[:, :-8] @ stored[:, :-8].T, asked[:, -8:] @ stored[:, -8:].T
    spreads = [part.std(correction=0).item() for part in (content, mood)]
    assert spreads[0] == pytest.approx(spreads[1], abs=ROUNDING)


def test_weight_one_asks_for_mood_alone_and_zero_for_content_alone(late):
    wanted = EmotionScores.of([{"joy": 1}])
    assert not late.fuse_text(sample_text(1), wanted, 1.0)[:, :-8].any()
    assert not late.fuse_text(sample_text(1), wanted, 0.0)[:, -8:].any()


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_a_weight_out_of_range_is_refused(late, weight):
    with pytest.raises(InvalidInput, match="from 0 to 1"):
        late.fuse_text(sample_text(1), EmotionScores.of([{"joy": 1}]), weight)


def test_a_collection_of_none_of_one_or_of_no_observed_emotion_is_no_trouble():
    for video in (sample_video().pooled[:0], sample_video().pooled[:1], sample_video().pooled):
        strategy = Late()
        seen = EmotionScores.unobserved(len(video))
        strategy.adapt(VideoFeatures(video), seen)
        stored = strategy.fuse_video(VideoFeatures(video), seen)
        asked = strategy.fuse_text(sample_text(1), EmotionScores.of([{"joy": 1}]))
        assert (asked @ stored.T).isfinite().all()


def test_intensities_of_zero_and_one_are_clamped(late):
    extreme = EmotionScores(np.eye(8, dtype=np.float32), np.ones((8, 8), bool))
    stored = late.fuse_video(VideoFeatures(sample_video().pooled[:8]), extreme)
    assert stored[:, -8:].abs().max() <= 3


def test_text_features_without_tokens_are_enough(late):
    text = TextFeatures(sample_text(1).pooled)
    assert late.fuse_text(text, EmotionScores.of([{"joy": 1}])).shape == (1, 24)
