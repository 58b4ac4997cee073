"""Every extractor of text reads any text: registering one enrols it here."""

from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import downloads
from moodreel import Emotion
from moodreel.registry.registry import default_registry

ANY_TEXT = {
    "empty": "",
    "spaces": " \n\t ",
    "control characters": "\x00\x07\x1b[31m a happy \x7f man",
    "emoji": "😀😡👩‍👩‍👧",
    "half a character": "sad \ud83d man",
    "marks": "'-'-' ... !!! ___ (((",
    "one long word": "ha" * 50_000,
    "right to left": "\u202e an angry man",
}
FOREIGN = {
    "Korean": "화난 남자가 소리를 지른다",
    "Chinese": "一个愤怒的男人",
    "Arabic": "رجل غاضب يصرخ",
    "Russian": "злой мужчина кричит",
    "Spanish": "un hombre muy enojado está gritando",
    "German": "ein wütender Mann schreit laut herum",
}


def readers():
    """Return the extractors of text that the configuration names and that can run here."""
    registry = default_registry()
    for name in registry.settings.components["emotion_extractor"]:
        entry = registry.find("emotion_extractor", name)
        reads = getattr(entry.registration.factory, "modality", "") == "text"
        if reads and not entry.problem and not downloads(registry, entry):
            yield name


NAMES = list(readers())


@pytest.fixture(scope="module", params=NAMES)
def extractor(request):
    return default_registry().create("emotion_extractor", request.param)


def test_the_built_in_ones_are_here():
    assert {"words", "prototypes"} <= set(NAMES)


@pytest.mark.parametrize("name", ANY_TEXT)
def test_no_text_fails(extractor, name):
    scores = extractor.extract([ANY_TEXT[name], "a happy man"])
    assert scores.values.shape == (2, len(Emotion))
    assert (scores.values >= 0).all()
    assert scores.named(1)["joy"] > 0
    sentiment = extractor.sentiment([ANY_TEXT[name]])
    assert sentiment is None or sentiment.positive.shape == (1,)


@pytest.mark.parametrize("language", FOREIGN)
def test_a_language_that_is_not_known_is_not_observed(extractor, language):
    foreign, english = extractor.extract([FOREIGN[language], "the angry man is happy and sad"])
    assert foreign == {}
    assert set(english) == {emotion.value for emotion in extractor.observes}


def test_what_is_not_observed_at_all_is_never_in_the_scores(extractor):
    scores = extractor.extract(["a happy man", "a brick wall"])
    columns = [emotion.column for emotion in extractor.observes]
    assert scores.observed[:, columns].all()
    assert scores.observed.sum() == 2 * len(columns)


def test_100000_words_take_seconds(extractor):
    text = "the very angry man is not happy " * 14_286
    start = perf_counter()
    (scores,) = extractor.extract([text])
    assert perf_counter() - start < 30
    assert scores


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(), max_size=3))
def test_any_list_of_texts_gives_a_row_each(texts):
    for name in NAMES:
        extractor = default_registry().create("emotion_extractor", name)
        scores = extractor.extract(texts)
        assert scores.values.shape == (len(texts), len(Emotion))
        assert np.isfinite(scores.values).all()
