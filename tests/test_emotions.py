"""Promise 5, one order of emotions, and promise 6, unknown is not zero."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Emotion, EmotionScores
from moodreel.emotions import parse_emotions
from moodreel.errors import InvalidInput

rows = st.lists(
    st.dictionaries(st.sampled_from(list(Emotion)), st.floats(-1, 1, width=32), max_size=8),
    max_size=5,
)


def test_the_canonical_order_is_the_designs():
    order = "joy trust surprise anticipation fear sadness disgust anger"
    assert [emotion.value for emotion in Emotion] == order.split()


@given(rows)
def test_what_goes_in_by_name_comes_out_by_name(named):
    assert list(EmotionScores.of(named)) == [
        {e.value: np.float32(row[e]) for e in Emotion if e in row} for row in named
    ]


@given(rows, st.permutations(list(Emotion)))
def test_columns_written_in_another_order_are_read_by_their_names(named, order):
    scores = EmotionScores.of(named)
    columns = [emotion.column for emotion in order]
    again = EmotionScores.from_columns(
        order, scores.values[:, columns], scores.observed[:, columns]
    )
    np.testing.assert_array_equal(again.values, scores.values)
    np.testing.assert_array_equal(again.observed, scores.observed)


def test_unknown_is_not_zero():
    scores = EmotionScores.of([{"joy": 0.5}], observes=["joy", "anger"])
    assert scores.named(0) == {"joy": 0.5, "anger": 0.0}
    assert "trust" not in scores.named(0)


def test_a_value_that_was_not_observed_is_dropped():
    values = np.full((1, 8), np.nan, np.float32)
    assert not EmotionScores(values, np.zeros((1, 8), bool)).values.any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_observed_intensities_must_be_finite(bad):
    with pytest.raises(ValueError, match="finite"):
        EmotionScores(np.full((1, 8), bad, np.float32), np.ones((1, 8), bool))


def test_scores_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\[B, 8\]"):
        EmotionScores(np.zeros((1, 7)), np.zeros((1, 7), bool))


def test_batches_join_in_order():
    parts = [EmotionScores.of([{"joy": 1}]), EmotionScores.of([{"fear": 0.5}, {}])]
    assert list(EmotionScores.concatenate(parts)) == [{"joy": 1.0}, {"fear": 0.5}, {}]


def test_the_notation_reads_names_and_intensities():
    assert parse_emotions(["joy", "Anger=-1"]) == {Emotion.JOY: 1.0, Emotion.ANGER: -1.0}


@pytest.mark.parametrize(
    ("notation", "says"),
    [
        (["joi=1"], "Did you mean 'joy'"),
        (["joy=lots"], "from -1 to 1"),
        (["joy=nan"], "from -1 to 1"),
        (["joy=1.5"], "from -1 to 1"),
        (["joy", "joy=0.5"], "twice"),
        ([""], "unknown emotion ''"),
    ],
)
def test_wrong_notation_says_what_is_wrong(notation, says):
    with pytest.raises(InvalidInput, match=says):
        parse_emotions(notation)


def test_what_scores_were_read_from_stays_with_its_rows():
    scores = EmotionScores.of([{"joy": 1}, {"fear": 0.5}, {}]).counted([3, 1, 0])
    assert scores[1:].evidence.tolist() == [1, 0]
    both = EmotionScores.concatenate([scores[:1], EmotionScores.unobserved(2)])
    assert both.evidence.tolist() == [3, 0, 0]
    with pytest.raises(ValueError, match="2 counts of evidence for 3 rows"):
        scores.counted([1, 2])


def test_frames_go_with_their_rows_and_fill_up_with_what_nobody_observed():
    plain = EmotionScores.of([{"joy": 0.5}])
    long, short = EmotionScores.of([{"joy": 0.2}, {"joy": 0.8}]), EmotionScores.of([{"fear": 1}])
    framed = EmotionScores.of([{"joy": 0.5}, {"fear": 1}]).framed([long, short])
    whole = EmotionScores.concatenate([plain, framed])
    assert whole.frames.values.shape == (3, 2, 8)
    assert [list(clip) for clip in whole[np.array([2, 0, 1])].frames.clips()] == [
        [{"fear": 1.0}, {}],
        [{}, {}],
        list(long),
    ]
    assert whole.counted([1, 2, 3]).frames is whole.frames
    assert [list(clip) for clip in framed.at(np.array([0.99, 0.0])).frames.clips()] == [
        list(long[1:]),
        list(short),
    ]
    assert plain.at(np.zeros(1)).frames is EmotionScores.concatenate([plain, plain]).frames is None


def test_frames_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="frames of 2 clips for 1 rows"):
        EmotionScores.of([{}]).framed([None, None])
