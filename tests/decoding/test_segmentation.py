"""Cutting into segments, and joining hits into moments."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Clip, Segment
from moodreel.decoding.segmentation import Segmentation, sample_times, split_clip
from moodreel.errors import ConfigurationError
from moodreel.search.moments import Moment, merge_moments

seconds = st.floats(0.1, 30)


@given(seconds, seconds, st.floats(0.01, 500))
def test_segments_cover_the_video_from_start_to_end(length, stride, duration):
    cut = Segmentation(length, min(stride, length)).cut(duration)
    assert cut[0].start == 0
    assert cut[-1].end == pytest.approx(duration)
    assert all(before.adjoins(after) for before, after in pairwise(cut))


@given(seconds, st.floats(0.01, 500))
def test_no_segment_is_a_short_rest(length, duration):
    cut = Segmentation(length, length).cut(duration)
    assert len(cut) == 1 or min(s.end - s.start for s in cut) >= length / 2 - 1e-6


def test_length_zero_gives_whole_videos():
    assert Segmentation(0, 5).cut(12.5) == [Segment(0, 12.5)]


@pytest.mark.parametrize(
    "wrong", [{"length": -1}, {"stride": 0}, {"length": "long"}, {"length": float("nan")}]
)
def test_a_segmentation_that_cannot_be_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="segments"):
        Segmentation(**wrong)


def test_moments_are_sampled_evenly_inside_the_segment():
    assert sample_times(Segment(10, 14), 4) == [10.5, 11.5, 12.5, 13.5]


def test_a_clip_is_split_by_its_times_and_missing_parts_are_named():
    frames = np.arange(3, dtype=np.uint8).reshape(3, 1, 1, 1).repeat(3, -1)
    clip = Clip(frames, np.array([0.5, 1.5, 2.5]))
    first, second, third = split_clip(clip, [[0.5, 1.5], [1.5, 2.5], [3.5]])
    assert first.frames[:, 0, 0, 0].tolist() == [0, 1]
    assert second.times.tolist() == [1.5, 2.5]
    assert third is None


def ranked(*places):
    return [
        Moment(id, video, Segment(start, start + 5), 1 - id / 100)
        for id, (video, start) in enumerate(places)
    ]


def test_neighbours_among_the_best_become_one_moment_with_the_best_score():
    found = merge_moments(ranked(("a", 5), ("b", 0), ("a", 10), ("a", 0)), top=4)
    assert [(m.video, m.segment) for m in found] == [("a", Segment(0, 15)), ("b", Segment(0, 5))]
    assert found[0].score == 1.0


def test_a_hit_that_connects_two_moments_makes_them_one():
    found = merge_moments(ranked(("a", 0), ("a", 10), ("a", 5)), top=3)
    assert [m.segment for m in found] == [Segment(0, 15)]


def test_segments_of_different_videos_never_join():
    assert len(merge_moments(ranked(("a", 0), ("b", 5)), top=2)) == 2


def test_a_weak_neighbour_neither_joins_nor_takes_a_place():
    found = merge_moments(ranked(("a", 0), ("b", 50), ("a", 5), ("c", 20)), top=2)
    assert [(m.video, m.segment.end) for m in found] == [("a", 5), ("b", 55)]
    found = merge_moments(ranked(("a", 0), ("a", 5), ("a", 10), ("c", 20)), top=2)
    assert [(m.video, m.segment.end) for m in found] == [("a", 10), ("c", 25)]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 20)), max_size=30, unique=True),
    st.integers(1, 12),
)
def test_moments_never_touch_and_are_never_too_many(places, top):
    found = merge_moments(ranked(*[(video, start * 5) for video, start in places]), top)
    assert len(found) <= top
    assert not any(
        a is not b and a.video == b.video and a.segment.adjoins(b.segment)
        for a in found
        for b in found
    )
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
