"""Damaged caption files are read or refused, and what is read fits into segments as text."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodreel import Segment
from moodreel.errors import InvalidInput
from moodreel.subtitles.cues import read_cues
from moodreel.subtitles.fitting import segment_captions

TIMED = [
    {"start": 1, "end": 3.5, "text": "Hello there."},
    {"start": 4, "end": 7, "text": "It is late."},
]
GOOD = {
    ".srt": "1\n00:00:01,000 --> 00:00:03,500\n<i>Hello</i> there.\n\n"
    "2\n00:00:04,000 --> 00:00:07,000\nIt is late.\n",
    ".vtt": "WEBVTT\n\nSTYLE\n::cue {}\n\n00:01.000 --> 00:03.500 align:start\n<v Ann>Hello.\n\n"
    "00:04.000 --> 00:07.000\n<00:05.000><c>It</c> is late.\n",
    ".json": json.dumps(TIMED),
    ".ass": "[Script Info]\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:03.50,Default,,0,0,0,,{\\i1}Hello\\Nthere.\n",
    ".sub": "{25}{87}Hello|there.\n{100}{175}It is late.\n",
    ".ttml": '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="3.5s">Hello<br/>'
    'there.</p><p begin="00:00:04.000" end="7s">It is late.</p></div></body></tt>',
}
STRANGE = [b"9" * 400, b"-1", b"1e999", b"NaN", b"\x00", b"\xff\xfe", b"\xc3", b"--> "]
SEGMENTS = [Segment(0, 5), Segment(5, 10)]


@pytest.mark.parametrize("suffix", GOOD)
def test_the_files_that_are_damaged_below_are_good(suffix, tmp_path):
    (tmp_path / f"good{suffix}").write_text(GOOD[suffix])
    assert "Hello" in segment_captions(read_cues(tmp_path / f"good{suffix}", fps=25), SEGMENTS)[0]


@pytest.mark.faults
@given(st.sampled_from(list(GOOD)), st.sampled_from(["utf-8", "utf-16", "latin-1"]), st.data())
@settings(deadline=None)
def test_a_damaged_file_of_captions_is_read_or_refused(tmp_path_factory, suffix, encoding, data):
    whole = bytearray(GOOD[suffix].encode(encoding))
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(whole)))
        new = data.draw(st.sampled_from(STRANGE) | st.binary(max_size=4))
        whole[place : place + data.draw(st.integers(0, 8))] = new
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(bytes(whole))
    told = "one line"
    try:
        captions = segment_captions(read_cues(path, fps=25), SEGMENTS)
    except InvalidInput as error:
        told = str(error)
    else:
        assert [type(caption) for caption in captions] == [str, str]
        "".join(captions).encode()
    assert told
    assert "\n" not in told
