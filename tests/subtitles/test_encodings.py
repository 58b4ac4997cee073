"""Encodings of captions: the right letters, or a refusal, whatever nothing states."""

import codecs
import subprocess
import sys

import pytest

from moodreel.subtitles.encodings import UnknownEncoding, decode
from spoken import ENCODINGS, SPOKEN, spoken_bytes

SIZES = (60, 200, 800)
STARTS = (0, 15)  # words or characters that the sample begins after
GRID = [(language, encoding) for language, codes in ENCODINGS.items() for encoding in codes]


def outcome(raw, right, named=""):
    """Return "right", "refused", or the wrong text."""
    try:
        text = decode(raw, named)
    except UnknownEncoding:
        return "refused"
    return "right" if text == right else text


@pytest.mark.parametrize(("language", "encoding"), GRID)
@pytest.mark.parametrize("is_named", [True, False])
def test_captions_in_old_encodings_come_out_right_or_are_refused(language, encoding, is_named):
    named = language.partition("-")[0] if is_named else ""
    results = {}
    for size in SIZES:
        for start in STARTS:
            raw = spoken_bytes(language, encoding, size, start)
            results[size, start] = outcome(raw, raw.decode(encoding), named)
    assert set(results.values()) <= {"right", "refused"}
    long = [result for (size, _), result in results.items() if size >= 400]
    assert long.count("right") >= 0.9 * len(long)


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", codecs.BOM_UTF8),
        ("utf-16-le", b""),
        ("utf-16-be", b""),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
        ("utf-32-le", b""),
        ("utf-32-be", b""),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
    ],
)
def test_unicode_is_known_by_its_form(language, encoding, mark):
    text = spoken_bytes(language, "utf-8", 100).decode()
    assert decode(mark + text.encode(encoding)) == text


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\x80"])
def test_a_damaged_byte_of_utf8_costs_one_character(language, bad):
    raw = spoken_bytes(language, "utf-8", 800)
    place = raw.index(b" --> ", 400) - 13  # between two cues
    result = outcome(raw[:place] + bad + raw[place:], raw.decode())
    text = raw[:place].decode() + "\ufffd" + raw[place:].decode()
    assert result in ("refused", text)


@pytest.mark.parametrize("raw", [b"\x00\x01\x02", b"\0\0\0\0", b"\xff\xfe\x00\xd8", b"\x1b$B\xff"])
def test_what_only_looks_like_unicode_is_refused(raw):
    with pytest.raises(UnknownEncoding):
        decode(raw)


@pytest.mark.parametrize("encoding", ["iso2022_jp", "iso2022_kr"])
def test_encodings_that_switch_by_escapes_are_read(encoding):
    language = "ja" if "jp" in encoding else "ko"
    raw = spoken_bytes(language, encoding, 200)
    assert decode(raw) == raw.decode(encoding)


def test_english_with_typographic_quotation_marks_is_read():
    text = "“I don’t know,” she said – and left the café.\n" * 3
    assert decode(text.encode("cp1252"), "en") == text


def test_a_single_letter_that_may_be_two_is_refused():
    assert outcome(b"\xe8", "") == "refused"
    assert outcome("你好".encode("gb18030"), "你好") == "refused"


def test_reading_captions_is_light_until_one_is_read():
    code = "import sys, moodreel.subtitles.cues; print('pysubs2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
