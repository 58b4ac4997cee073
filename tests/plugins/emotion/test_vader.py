"""VADER: what it says of the eight, and the published selection of emotional videos."""

import numpy as np
import pytest

from moodreel import Emotion, create


@pytest.fixture(scope="module")
def extractor():
    return create("emotion_extractor", "vader")


def test_sentiment_is_the_packages_own(extractor):
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    texts = ["A GREAT day!!! :)", "not good", "he shouts in anger", "a brick wall", ""]
    ours, plain = extractor.sentiment(texts), SentimentIntensityAnalyzer()
    for place, text in enumerate(texts):
        theirs = plain.polarity_scores(text)
        read = (ours.positive[place], ours.negative[place], ours.compound[place])
        assert read == pytest.approx((theirs["pos"], theirs["neg"], theirs["compound"]))


def test_only_joy_is_observed_since_a_negative_text_may_feel_anything(extractor):
    assert extractor.observes == {Emotion.JOY}
    good, bad, plain = extractor.extract(["a wonderful party", "a terrible war", "a brick wall"])
    assert good["joy"] > 0.5
    assert bad == plain == {"joy": 0.0}


def test_negative_sentiment_is_taken_for_what_is_asked(registry):
    asked = registry.create("emotion_extractor", "vader", positive=[], negative=["sadness"])
    (scores,) = asked.extract(["a terrible loss"])
    assert list(scores) == ["sadness"]
    assert scores["sadness"] > 0.5


def test_emoji_are_read_and_other_languages_are_not(extractor):
    happy, korean = extractor.extract(["😀😀", "화난 남자"])
    assert happy["joy"] > 0.4
    assert korean == {}
    assert np.isnan(extractor.sentiment(["화난 남자"]).compound).all()


def test_no_texts_give_no_rows(extractor):
    assert extractor.extract([]).values.shape == (0, len(Emotion))
    assert extractor.sentiment([]).compound.shape == (0,)
