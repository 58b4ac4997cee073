"""How central a mood is in a text, and how far it is trusted."""

import numpy as np
import pytest

from moodreel import create
from moodreel.emotions import EmotionScores
from moodreel.interfaces.kinds import MOST_CENTRAL
from moodreel_plugins.emotion.calibrated import Calibrated
from moodreel_plugins.emotion.combine import CombinedEmotion
from moodreel_plugins.emotion.english import negation
from moodreel_plugins.emotion.english.centrality import mood_share
from moodreel_plugins.emotion.english.tokens import tokenize

ONLY_MOOD = [
    "joyful",
    "a sad scene",
    "find me a happy video",
    "something that is really scary",
    "a clip where someone cries",
    "over the moon",
    "angry, furious",
]
NO_MOOD = ["a man in a car", "people who are not happy", "a video", "", "?!"]
READERS = ["words", "nrc", "vader", "word-prototypes"]


@pytest.mark.parametrize("text", ONLY_MOOD)
def test_a_text_that_asks_for_a_mood_alone_is_all_mood(text):
    assert mood_share(text) == 1


@pytest.mark.parametrize("text", NO_MOOD)
def test_a_text_that_asks_for_no_mood_has_none_of_it(text):
    assert mood_share(text) == 0


def test_the_more_a_text_says_besides_the_less_central_its_mood():
    texts = ["a sad scene", "a sad man", "a sad man in a car", "a sad man in a red car at night"]
    shares = [mood_share(text) for text in texts]
    assert shares == sorted(shares, reverse=True)
    assert len(set(shares)) == len(texts)


@pytest.mark.parametrize("name", READERS)
def test_wishes_are_emphasised_by_reliability_and_centrality(name):
    reader = create("emotion_extractor", name)
    central, besides = reader.wishes(["a sad scene", "a car"]).emphasis
    assert besides == pytest.approx(reader.reliability, abs=1e-6)
    assert central == pytest.approx(reader.reliability / (1 - MOST_CENTRAL), abs=1e-3)


def test_a_wish_is_read_once(monkeypatch):
    read = []
    monkeypatch.setattr(negation, "tokenize", lambda text: read.append(text) or tokenize(text))
    negation.weigh_words.cache_clear()
    texts = [f"a happy man and {count} sad cats" for count in range(negation.TEXTS_KEPT + 9)]
    wishes = create("emotion_extractor", "words").wishes(texts)
    assert read == texts
    assert wishes.values.shape == (len(texts), 8)
    assert len(create("emotion_extractor", "words").wishes([])) == 0


def test_a_wrapper_is_as_reliable_as_what_it_wraps():
    words, vader = (create("emotion_extractor", name) for name in ("words", "vader"))
    calibrated, both = Calibrated(words, 2.0), CombinedEmotion([words, vader], [3.0, 1.0])
    texts = ["a sad scene", "a sad man in a car"]
    assert calibrated.wishes(texts).emphasis == pytest.approx(words.wishes(texts).emphasis)
    assert both.reliability == pytest.approx((3 * words.reliability + vader.reliability) / 4)
    assert both.centrality(texts) == pytest.approx(words.centrality(texts))


def test_emphasis_goes_where_its_row_goes():
    scores = EmotionScores.of([{"joy": 1}, {"fear": 1}]).emphasised([0.5, 2])
    joined = EmotionScores.concatenate([scores[1:], scores[:1]])
    np.testing.assert_array_equal(joined.emphasis, np.float32([2, 0.5]))
    assert EmotionScores.of([{"joy": 1}]).emphasis == [1]


def test_an_emphasis_of_another_number_of_rows_is_refused():
    with pytest.raises(ValueError, match="3 emphases for 2 rows"):
        EmotionScores.of([{"joy": 1}, {"fear": 1}]).emphasised([1, 2, 3])
