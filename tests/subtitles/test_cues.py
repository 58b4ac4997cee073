"""Caption files: what is read of each format, and what is said of bad ones."""

import json
import random
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Segment
from moodreel.errors import InvalidInput
from moodreel.subtitles.cue import Cue
from moodreel.subtitles.cues import SUFFIXES, read_cues
from moodreel.subtitles.fitting import segment_captions

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
        ("a.json", f'[{{"text": "a", "start": 3, "end": 1{400 * "0"}}}]', "must be seconds"),
        ("a.json", f'[{{"text": "a", "start": 3, "end": 1{5000 * "0"}}}]', "digits"),
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


@given(st.binary(max_size=400))
def test_any_bytes_give_cues_or_one_reason(tmp_path_factory, raw):
    for suffix in SUFFIXES:
        path = Path(tmp_path_factory.getbasetemp()) / f"any{suffix}"
        path.write_bytes(raw)
        with suppress(InvalidInput):
            assert all(cue.text for cue in read_cues(path))


def texts(path, **known):
    return [cue.text for cue in read_cues(path, **known)]


ROLLING = """WEBVTT
Kind: captions
Language: en

STYLE
::cue { color: lime }

NOTE 00:00 is not a time

00:00:00.100 --> 00:00:00.900 align:start position:0%
 
a<00:00:00.300><c> dog</c><00:00:00.500><c> runs</c>

00:00:00.900 --> 00:00:00.910 align:start position:0%
a dog runs
 

NOTE
this is for the editor

00:00:00.910 --> 00:00:02.000 align:start position:0%
a dog runs
over<00:00:01.300><c> the</c><c.yellow> beach &amp;</c>

00:00:05.000 --> 00:00:06.000 line:10%
<v.loud Ann>&gt;&gt; I&nbsp;&lt;3 it</v>
"""


def test_what_youtube_rolls_on_is_read_once_without_marks(write):
    path = write("yt.en.vtt", ROLLING)
    assert texts(path) == ["a dog runs", "over the beach &", ">> I <3 it"]
    assert read_cues(path)[1].span == Segment(0.91, 2)


YOUTUBE = """WEBVTT
Kind: captions
Language: en

00:00:00.100 --> 00:00:00.900 align:start position:0%
\x20
a<00:00:00.300><c> dog</c><00:00:00.500><c> runs</c>

00:00:00.900 --> 00:00:00.910 align:start position:0%
a dog runs
\x20

00:00:00.910 --> 00:00:02.000 align:start position:0%
a dog runs
over<00:00:01.300><c> the</c><00:00:01.500><c> beach &amp; the</c><00:00:01.700><c> dunes</c>

"""
RUSSIAN = """1
00:00:00,000 --> 00:00:04,500
Привет, как дела?

2
00:00:05,000 --> 00:00:09,500
Собака бежит по пляжу

"""


def test_youtubes_own_file_comes_out_as_it_was_said(write):
    cues = read_cues(write("yt.en.vtt", YOUTUBE))
    assert segment_captions(cues, [Segment(0, 5)]) == ["a dog runs over the beach & the dunes"]


def test_russian_in_windows_1251_comes_out_in_cyrillic(write):
    said = ["Привет, как дела?", "Собака бежит по пляжу"]
    assert texts(write("ru_cp1251.srt", RUSSIAN.encode("cp1251"))) == said


def test_an_encoding_that_cannot_be_told_is_refused_with_what_to_do(write):
    path = write("a.srt", b"00:00:01,000 --> 00:00:02,000\n\xe9\xe8\xf1\xa4\n")
    with pytest.raises(InvalidInput, match=r"a\.srt: .*encoding cannot be told.*UTF-8"):
        read_cues(path)


def test_a_line_said_again_later_is_kept(write):
    srt = "1\n00:01,000 --> 00:02,000\nNo!\n\n2\n00:03,000 --> 00:04,000\nNo!\n"
    assert texts(write("a.srt", srt)) == ["No!", "No!"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            "1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\n7",
            ["42", "7"],
        ),
        (
            "1\n00:00:01,000 --> 00:00:02,000\none\n\nmore\n\n2\n0:0:3.5 --> 0:0:4\nb",
            ["one more", "b"],
        ),
        ("1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb", ["b"]),
        ("00:00:01,000 --> 00:00:02,000 X1:1 Y1:2\n{\\an8}<font color=red>hot</font>", ["hot"]),
    ],
)
def test_subrip_as_programs_write_it_is_read(write, content, said):
    assert texts(write("a.srt", content)) == said


ASS = r"""[Script Info]
Title: a film
[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,20
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:03.50,Default,,0,0,0,,{\pos(9,9)\i1}Hello{\i0} there,\Nfriend.
Comment: 0,0:00:01.00,0:00:03.50,Default,,0,0,0,,for the typesetter
Dialogue: 0,0:00:02.00,0:00:03.50,Default,,0,0,0,,{\p1}m 0 0 l 100 0 100 100{\p0}
Dialogue: 0,0:00:04.00,0:00:07.00,Default,,0,0,0,,{\k20}It {\kf30}is {\ko10}late.
""".replace("\\\\", "\\")
TTML = """<tt xmlns="http://www.w3.org/ns/ttml"><body><div>
<p begin="00:00:01.000" end="00:00:03.500">Hello there,<br/>friend.</p>
<p begin="4s" end="7s">It is late.</p></div></body></tt>"""


@pytest.mark.parametrize("suffix", [".ass", ".SSA", ".ttml"])
def test_styled_subtitles_are_read_without_drawings_and_comments(write, suffix):
    content = ASS if suffix != ".ttml" else TTML
    if suffix == ".SSA":
        content = content.replace(": 0,", ": Marked=0,").replace("V4+", "V4")
    assert read_cues(write("a" + suffix, content)) == CUES


def test_a_duration_is_read_where_ttml_states_no_end(write):
    lasting = TTML.replace('end="00:00:03.500"', 'dur="2.5s"').replace('end="7s"', 'dur="00:00:03"')
    assert lasting.count("dur=") == 2
    assert read_cues(write("a.ttml", lasting)) == CUES
    both = TTML.replace('end="7s"', 'dur="1s" end="7s"')
    assert read_cues(write("b.ttml", both)) == CUES
    neither = write("c.ttml", TTML.replace(' end="7s"', ""))
    with pytest.raises(InvalidInput, match=r"c\.ttml.*a line of it has no end"):
        read_cues(neither)


def test_microdvd_counts_in_the_frames_of_the_video(write):
    path = write("a.sub", "{25}{50}{y:i}Hello|there\n{100}{150}It is late.")
    assert read_cues(path, fps=25) == [
        Cue("Hello there", Segment(1, 2)),
        Cue("It is late.", Segment(4, 6)),
    ]
    stated = write("b.sub", "{1}{1}50\n{100}{150}It is late.")
    assert read_cues(stated, fps=25)[0].span == Segment(2, 3)


@pytest.mark.parametrize(
    "unit", ["<a", "{", "{\\", "[a", "\n", "[a]\nDialogue: ", "<", "1\n", "&#"]
)
@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".sub", ".ttml", ".json"])
def test_five_megabytes_of_anything_are_read_or_refused_soon(write, unit, suffix):
    times = "WEBVTT\n\n" * (suffix == ".vtt") + "00:00:01,000 --> 00:00:02,000\n"
    path = write("a" + suffix, times + unit * (5_000_000 // len(unit)))
    started = time.monotonic()
    with suppress(InvalidInput):
        read_cues(path)
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".json"])
def test_five_megabytes_of_odd_bytes_are_refused_soon(write, suffix):
    path = write("a" + suffix, random.Random(3).randbytes(5_000_000).replace(b"\0", b"a"))
    started = time.monotonic()
    with pytest.raises(InvalidInput, match="a" + suffix):
        read_cues(path)
    assert time.monotonic() - started < 20
