"""Captions beside a video: which file is taken, what is read, and what is said of bad ones."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Segment
from moodreel.errors import InvalidInput
from moodreel.indexing.subtitles import Cue, Sidecars, read_cues, segment_captions, sidecar_version

SRT = """1
00:00:01,000 --> 00:00:03,500
<i>Hello</i> there,
friend.

2
00:00:04,000 --> 00:00:07,000
It is late.
"""
VTT = """WEBVTT

NOTE made by hand

intro
00:01.000 --> 00:03.500 align:start
<v Ann>Hello there, friend.

00:04.000 --> 00:07.000
It is late.
"""
CUES = [Cue("Hello there, friend.", Segment(1, 3.5)), Cue("It is late.", Segment(4, 7))]


@pytest.fixture
def write(tmp_path):
    def write_file(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


# Which file


def beside(tmp_path, video, *names):
    for name in names:
        (tmp_path / name).touch()
    found = Sidecars().find(str(tmp_path / video))
    return found and found.name


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        (["clip.srt"], "clip.srt"),
        (["clip.mp4.vtt"], "clip.mp4.vtt"),
        (["clip.en.srt"], "clip.en.srt"),
        (["clip.pt-BR.vtt"], "clip.pt-BR.vtt"),
        (["clip.json"], "clip.json"),
        (["CLIP.srt", "clip.SRT"], "clip.SRT"),
        (["clip.de.srt", "clip.json", "clip.vtt", "clip.srt"], "clip.srt"),
        (["clip2.srt", "other.srt", "clip.txt", "clip.info.json", "clip.en.json"], None),
        ([], None),
    ],
)
def test_the_file_named_like_the_video_is_taken(tmp_path, names, taken):
    assert beside(tmp_path, "clip.mp4", *names) == taken


def test_a_video_whose_folder_is_gone_has_none(tmp_path):
    assert Sidecars().find(str(tmp_path / "gone" / "clip.mp4")) is None


# What is read


@pytest.mark.parametrize(("name", "content"), [("a.srt", SRT), ("a.vtt", VTT)])
def test_subtitles_are_read_without_their_marks(write, name, content):
    assert read_cues(write(name, content)) == CUES


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_subtitles_of_other_encodings_are_read(write, encoding):
    text = SRT.replace("friend", "café").replace("\n", "\r\n")
    assert read_cues(write("a.srt", text.encode(encoding)))[0].text == "Hello there, café."


TIMED = [{"start": 1, "end": 3.5, "text": "Hello there, friend."}]
TIMED += [{"start": 4, "end": 7.0, "caption": " It is\nlate. "}]


@pytest.mark.parametrize("data", [TIMED, {"segments": TIMED, "language": "en"}])
def test_timed_json_is_read(write, data):
    assert read_cues(write("a.json", json.dumps(data))) == CUES


@pytest.mark.parametrize(
    "data", ["two cats", ["two cats"], {"caption": "two cats"}, [{"text": "two cats"}]]
)
def test_a_caption_without_times_is_the_whole_videos(write, data):
    data = [data] if isinstance(data, str) else data
    cues = read_cues(write("a.json", json.dumps(data)))
    assert segment_captions(cues, [Segment(0, 5), Segment(5, 9)]) == ["two cats"] * 2


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.srt", "", "holds no captions"),
        ("a.srt", "shopping list: milk, eggs", "holds no captions"),
        ("a.srt", bytes(range(256)), "holds no captions"),
        ("a.vtt", "WEBVTT\n\n", "holds no captions"),
        ("a.json", "{", "no captions that can be read"),
        ("a.json", "[" * 100_000, "no captions that can be read"),
        ("a.json", '[{"text": "a", "start": "soon", "end": 3}]', "must be seconds"),
        ("a.json", '[{"text": "a", "start": 4, "end": 3}]', "out of order"),
        ("a.json", '[{"text": "a", "start": NaN, "end": 3}]', "out of order"),
        ("a.json", '[{"text": "a", "start": 3}]', "must be seconds"),
    ],
)
def test_a_file_without_captions_is_named_with_the_reason(write, name, content, says):
    with pytest.raises(InvalidInput, match=says) as raised:
        read_cues(write(name, content))
    assert name in str(raised.value)


@pytest.mark.parametrize("text", ["3", "null", "[]", "[3, null]", '{"width": 640, "title": "a"}'])
def test_json_about_something_else_holds_no_captions(write, text):
    assert read_cues(write("a.json", text)) == []


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"gone\.srt: cannot be read"):
        read_cues(tmp_path / "gone.srt")


def test_a_file_that_is_gone_meanwhile_is_named(tmp_path):
    with pytest.raises(InvalidInput, match=r"gone\.srt: cannot be read"):
        sidecar_version(tmp_path / "gone.srt")


@given(st.binary(max_size=400))
def test_any_bytes_give_cues_or_one_reason(tmp_path_factory, raw):
    for suffix in (".srt", ".vtt", ".json"):
        path = Path(tmp_path_factory.getbasetemp()) / f"any{suffix}"
        path.write_bytes(raw)
        with suppress(InvalidInput):
            assert all(cue.text for cue in read_cues(path))


# Which segment


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
