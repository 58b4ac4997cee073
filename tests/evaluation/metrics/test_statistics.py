"""Whether tests of differences keep their promises."""

import numpy as np
import pytest

from moodreel.evaluation.metrics.families import holm
from moodreel.evaluation.metrics.ranking import query_scores
from moodreel.evaluation.metrics.statistics import paired_difference, tally

NULLS = 200
MOST_FALSE = 20  # of 200 at a level of 5%: more comes about once in 1,800 times


def null_values(draw, queries=60, videos=40, captions=2):
    """Return the reciprocal ranks of two equally good strategies, and each query's video.

    Captions of one video share half of what a strategy gets wrong, as they do in life.
    """
    right = np.repeat(np.arange(queries // captions), captions)
    truth = np.eye(queries // captions, videos)[right] * 2

    def noise():
        shared = draw.normal(size=(queries // captions, videos))[right]
        return shared + draw.normal(size=(queries, videos))

    return *(query_scores(truth + noise(), right).reciprocal for _ in range(2)), right


def test_false_positives_are_within_what_the_level_promises():
    draw = np.random.default_rng(11)
    cases = [null_values(draw) for _ in range(NULLS)]
    found = [paired_difference(*case, resamples=400, seed=seed) for seed, case in enumerate(cases)]
    assert sum(one.p < 0.05 for one in found) <= MOST_FALSE
    assert sum(one.low > 0 or one.high < 0 for one in found) <= MOST_FALSE + 5
    assert np.mean([one.p for one in found]) == pytest.approx(0.5, abs=0.08)


def test_captions_of_one_video_taken_as_independent_would_break_the_promise():
    draw = np.random.default_rng(12)
    right = np.repeat(np.arange(20), 10)
    wrong = 0
    for seed in range(60):
        first, second = (draw.normal(size=20)[right] for _ in range(2))
        wrong += paired_difference(first, second, None, 400, seed).p < 0.05
    assert wrong > 20


def test_the_same_values_differ_by_nothing():
    values = np.random.default_rng(0).random(30)
    found = paired_difference(values, values)
    assert (found.mean, found.low, found.high, found.p) == (0, 0, 0, 1)
    assert not found.significant


def test_a_clear_difference_is_seen_in_either_direction():
    draw = np.random.default_rng(1)
    values = draw.random(40)
    worse = values - 0.1 + draw.normal(0, 0.05, 40)
    down, up = paired_difference(values, worse), paired_difference(worse, values)
    assert down.high < 0 < up.low
    assert down.p < 0.001
    assert up.mean == pytest.approx(-down.mean)


def test_the_interval_is_that_of_the_normal_approximation_for_many_queries():
    draw = np.random.default_rng(2)
    change = draw.normal(0.3, 1, 4000)
    found = paired_difference(np.zeros(4000), change, resamples=2000)
    half = 1.96 * change.std() / 4000**0.5
    assert found.low == pytest.approx(change.mean() - half, abs=0.006)
    assert found.high == pytest.approx(change.mean() + half, abs=0.006)


def test_the_randomisation_test_is_exact_for_few_queries():
    """Of the 2^4 sign patterns of (1, 1, 1, 1), two are as extreme as the one seen."""
    found = paired_difference(np.zeros(4), np.ones(4), resamples=20_000)
    assert found.p == pytest.approx(2 / 16, abs=0.01)


def test_queries_without_a_value_are_left_out():
    found = paired_difference([0.1, np.nan, 0.3], [0.2, 0.5, np.nan])
    assert found.queries == 1
    assert found.mean == pytest.approx(0.1)
    assert paired_difference([np.nan], [np.nan]).queries == 0


def test_wins_and_losses_go_by_rank():
    counted = tally([1, 5, 3, 2], [2, 1, 3, 2])
    assert (counted.wins, counted.losses, counted.ties) == (1, 1, 2)


def test_holm_never_lowers_a_p_and_keeps_their_order():
    chances = np.random.default_rng(3).random(20) ** 3
    corrected = np.array(holm(list(chances)))
    assert (corrected >= chances).all()
    assert (np.diff(corrected[np.argsort(chances)]) >= 0).all()
