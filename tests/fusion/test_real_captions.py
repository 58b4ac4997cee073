"""No default harms: what the default fusion does to known items on real captions.

The figures are those of benchmarks/RESULTS.md, "Emotion on real captions".
"""

from json import loads

import numpy as np
import pytest
import torch

from moodreel import Emotion, create
from moodreel.interfaces import TextFeatures, VideoFeatures
from real_captions import msrvtt, rated_clips

# Viewers' feelings go by the emotions' own names, which is enough to see whether they do harm.
CALLED = {Emotion.ANTICIPATION: "Interest"}
HARM = 0.005  # the most MRR that emotional queries may lose


@pytest.fixture(scope="module")
def of_captions(shared_data):
    return msrvtt(shared_data / "real" / "msrvtt", "words")


@pytest.fixture(scope="module")
def predicted(shared_data):
    return msrvtt(shared_data / "real" / "msrvtt", "words", predicted=True)


@pytest.fixture(scope="module")
def rated(shared_data):
    file = shared_data / "real" / "rated" / "clips.jsonl"
    rows = [loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    felt = [
        [row["ratings"].get(CALLED.get(emotion, emotion.title()), 0.0) for emotion in Emotion]
        for row in rows
    ]
    return rated_clips([row["captions"] for row in rows], np.array(felt, np.float32))


def reciprocal_ranks(real, scores):
    own = scores[np.arange(len(scores)), real.owner][:, None]
    return 1 / ((scores > own).sum(1) + 1)


@torch.inference_mode()
def gains(real, reader, **options):
    """What `late` changes in the reciprocal rank of each query, and which want a mood."""
    late, extractor = (
        create("fusion_strategy", "late", **options),
        create("emotion_extractor", reader),
    )
    video, text = VideoFeatures(torch.from_numpy(real.content)), torch.from_numpy(real.texts)
    late.adapt(video, real.moods)
    wanted = extractor.wishes(real.captions)
    asked, stored = late.fuse_text(TextFeatures(text), wanted), late.fuse_video(video, real.moods)
    before = reciprocal_ranks(real, real.texts @ real.content.T)
    return reciprocal_ranks(real, (asked @ stored.T).numpy()) - before, wanted.values.any(1)


@pytest.mark.parametrize("reader", ["words", "nrc", "vader", "word-prototypes"])
@pytest.mark.parametrize("setting", ["of_captions", "predicted", "rated"])
def test_the_default_lowers_emotional_queries_of_known_items_by_next_to_nothing(
    setting, reader, request
):
    gained, emotional = gains(request.getfixturevalue(setting), reader)
    assert gained[emotional].mean() > -HARM
    assert not gained[~emotional].any()


def test_the_default_raises_emotional_queries_where_moods_are_good(of_captions):
    gained, emotional = gains(of_captions, "words")
    assert gained[emotional].mean() > 0.04


def test_a_fixed_half_harms_what_the_derived_weight_does_not(rated):
    gained, emotional = gains(rated, "words", weight=0.5)
    assert gained[emotional].mean() < -0.02
