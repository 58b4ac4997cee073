"""Whether intervals keep their level where queries share faces, scenes or videos, or have runs."""

import numpy as np
import pytest

from moodreel.evaluation.metrics.crossing import Factor, crossed_share, crossing_factors
from moodreel.evaluation.metrics.statistics import paired_difference

SIMULATED = 200
FEWEST, MOST = 0.91, 0.995  # of intervals at 95%: beyond lies less than one case in a hundred


def crossed_values(draw, faces=20, scenes=15, cells=150, deviation=0.5):
    """Return values of queries, each of one face and one scene, and these as factors."""
    picked = draw.choice(faces * scenes, cells, replace=False)
    face, scene = picked // scenes, picked % scenes
    by_face, by_scene = (draw.normal(0, deviation, size) for size in (faces, scenes))
    values = by_face[face] + by_scene[scene] + draw.normal(size=cells)
    return values, [Factor.of("face", face.tolist()), Factor.of("scene", scene.tolist())]


def coverage(cases, factors_of):
    """Return the share of intervals that hold the true difference, which is 0."""
    found = [
        paired_difference(np.zeros(len(values)), values, factors_of(factors), 400, seed)
        for seed, (values, factors) in enumerate(cases)
    ]
    return np.mean([one.low <= 0 <= one.high for one in found])


def test_the_crossed_bootstrap_covers_what_it_promises():
    draw = np.random.default_rng(21)
    cases = [crossed_values(draw) for _ in range(SIMULATED)]
    assert FEWEST <= coverage(cases, lambda factors: factors) <= MOST
    assert coverage(cases, lambda factors: factors[:1]) < FEWEST
    assert coverage(cases, lambda factors: None) < 0.8


def test_where_nothing_is_shared_crossing_costs_little():
    draw = np.random.default_rng(22)
    cases = [crossed_values(draw, deviation=0.0) for _ in range(SIMULATED)]
    assert FEWEST <= coverage(cases, lambda factors: factors) <= 1
    values, factors = cases[0]
    both = paired_difference(np.zeros(150), values, factors)
    alone = paired_difference(np.zeros(150), values)
    assert both.high - both.low < 1.4 * (alone.high - alone.low)


def test_false_positives_under_crossing_are_within_the_level():
    draw = np.random.default_rng(23)
    cases = [crossed_values(draw) for _ in range(SIMULATED)]
    found = [paired_difference(np.zeros(150), v, f, 400, s) for s, (v, f) in enumerate(cases)]
    assert np.mean([one.p < 0.05 for one in found]) <= 0.1


def test_runs_nested_in_strategies_are_covered_and_queries_alone_are_not():
    draw = np.random.default_rng(24)
    nested, pooled = [], []
    for seed in range(SIMULATED):
        query = draw.normal(size=80)
        runs = [
            query + draw.normal(0, 0.15, (4, 1)) + draw.normal(0, 0.5, (4, 80)) for _ in range(2)
        ]
        nested.append(paired_difference(*runs, resamples=400, seed=seed))
        pooled.append(paired_difference(*(run.mean(0) for run in runs), resamples=400, seed=seed))
    assert FEWEST <= np.mean([one.low <= 0 <= one.high for one in nested]) <= 1
    assert np.mean([one.p < 0.05 for one in nested]) <= 0.1
    assert np.mean([one.low <= 0 <= one.high for one in pooled]) < FEWEST


def test_captions_within_videos_are_resampled_by_video_alone():
    videos = Factor.of("videos", np.repeat(range(20), 5).tolist())
    words = Factor.of("words", range(100))
    assert crossing_factors([words, videos]) == [videos]
    values = np.random.default_rng(0).normal(size=100)
    nested = paired_difference(np.zeros(100), values, [words, videos])
    assert nested == paired_difference(np.zeros(100), values, np.repeat(range(20), 5))


def test_the_variance_of_nested_factors_is_that_of_the_outer_one():
    draw = np.random.default_rng(1)
    outer = Factor.of("videos", np.repeat(range(30), 4).tolist())
    inner = Factor.of("words", range(120))
    values = (draw.normal(size=30)[outer.columns] + draw.normal(size=120))[:, None]
    values -= values.mean()
    share = crossed_share([outer, inner], values)[0]
    sums = [(factor.sums(values) ** 2).sum() for factor in (outer, inner)]
    assert share * sum(sums) == pytest.approx(sums[0], abs=1e-9)


def test_a_query_of_several_videos_belongs_to_each_by_a_share():
    factor = Factor.lists("videos", [[0], [0, 1], [2]])
    np.testing.assert_allclose(factor.sums(np.array([[1.0], [2.0], [4.0]]))[:, 0], [2, 1, 4])
    part = factor.part(np.array([False, True, True]))
    assert part.levels == 3
    np.testing.assert_allclose(part.sums(np.array([[2.0], [4.0]]))[:, 0], [1, 1, 4])
    assert factor.crossed(Factor.of("words", "aab")).levels == 3
