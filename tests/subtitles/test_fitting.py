"""Fitting cues to segments."""

from moodreel import Segment
from moodreel.subtitles.cue import Cue
from moodreel.subtitles.fitting import segment_captions


def test_a_cue_belongs_where_it_mostly_lies():
    segments = [Segment(0, 5), Segment(5, 10), Segment(10, 15)]
    cues = [Cue("late", Segment(4, 7)), Cue("early", Segment(1, 2)), Cue("half", Segment(9, 11))]
    assert segment_captions(cues, segments) == ["early", "late half", "half"]


def test_a_cue_longer_than_a_segment_belongs_to_all_that_it_fills():
    segments = [Segment(0, 5), Segment(5, 10), Segment(10, 15)]
    assert segment_captions([Cue("long", Segment(1, 11))], segments) == ["long", "long", ""]


def test_what_rolling_subtitles_repeat_counts_once():
    cues = [Cue("one", Segment(0, 1)), Cue("one", Segment(1, 2)), Cue("two", Segment(2, 3))]
    assert segment_captions(cues, [Segment(0, 5)]) == ["one two"]


def test_the_subtitles_of_a_long_film_take_no_time():
    cues = [Cue(str(i), Segment(i, i + 0.9)) for i in range(20_000)]
    captions = segment_captions(cues, [Segment(5 * i, 5 * i + 5) for i in range(4000)])
    assert captions[1] == "5 6 7 8 9"
