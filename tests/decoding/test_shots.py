"""Segments within shots: windows, short shots, and what an index notes of it."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Segment, VideoFacts, create
from moodreel.decoding.segmentation import LEAST_SHOT, Segmentation
from moodreel.decoding.shots import cut_video, described_cut
from moodreel.errors import Note, UnreadableVideo
from moodreel_plugins.segmentation.edges import shots_between

FACTS = VideoFacts(30.0, 25.0, 640, 360)


@given(st.lists(st.floats(0.01, 29.99), max_size=12), st.sampled_from([(5, 5), (4, 2), (100, 100)]))
def test_segments_lie_within_shots_and_leave_nothing_out(cuts, lengths):
    shots = shots_between(cuts, FACTS)
    segments = Segmentation(*lengths).cut_shots(shots)
    assert segments[0].start == 0.0
    assert segments[-1].end == pytest.approx(FACTS.duration, abs=1e-9)
    edges = {shot.start for shot in shots} | {FACTS.duration}
    for one, other in itertools.pairwise(segments):
        assert other.start <= one.end
        begins_shot = other.start in edges
        assert (other.start == one.end) or not begins_shot
    for segment in segments:
        assert segment.end - segment.start >= min(LEAST_SHOT, lengths[0] / 2)


def test_a_flash_of_a_shot_joins_the_next_one():
    shots = shots_between([10.0, 10.2], FACTS)
    assert Segmentation(100, 100).cut_shots(shots) == [Segment(0.0, 10.0), Segment(10.0, 30.0)]


def test_one_shot_is_cut_as_the_clock_cuts():
    segmentation = Segmentation(5, 5)
    assert segmentation.cut_shots([Segment(0.0, 30.0)]) == segmentation.cut(30.0)


def test_the_clock_by_its_name_cuts_and_is_noted_as_no_segmenter():
    fixed = create("segmenter", "fixed")
    for segmentation in (Segmentation(), Segmentation(4, 2), Segmentation(0)):
        assert described_cut(segmentation, fixed) == described_cut(segmentation, None)
        assert cut_video(segmentation, fixed, None, "x", FACTS) == segmentation.cut(30.0)


def test_another_threshold_is_another_cut():
    one = described_cut(Segmentation(), create("segmenter", "shots"))
    other = described_cut(Segmentation(), create("segmenter", "shots", threshold=0.4))
    assert len({one, other, str(Segmentation())}) == 3


def test_whole_videos_stay_whole():
    shots = create("segmenter", "shots")
    assert cut_video(Segmentation(0), shots, None, "x", FACTS) == [Segment(0.0, 30.0)]
    assert described_cut(Segmentation(0), shots) == "whole videos"


def test_a_video_that_cannot_be_swept_is_cut_by_the_clock_and_said():
    class Broken:
        def sweep(self, path, size, facts):
            raise UnreadableVideo(path, "the decoder crashed")

    with pytest.warns(Note, match="the decoder crashed: its shots cannot be found"):
        cut = cut_video(Segmentation(), create("segmenter", "shots"), Broken(), "a.mp4", FACTS)
    assert cut == Segmentation().cut(30.0)
