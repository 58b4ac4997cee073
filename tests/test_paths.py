"""Names of files: shown on one line, written as JSON that finds them again, compared as typed."""

import json
import os
import unicodedata

import pytest

from moodreel.paths import encodable_text, folded_path, json_text, path_holds, shown_path

NOT_UTF8 = os.fsdecode(b"caf\xe9.mp4")


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("videos/été 日本 😀.mp4", "videos/été 日本 😀.mp4"),
        ("[red]x[/red].mp4", "[red]x[/red].mp4"),
        (NOT_UTF8, r"caf\xe9.mp4"),
        ("two\nlines\t\x1b[31m.mp4", r"two\nlines\t\x1b[31m.mp4"),
        ("a\u2028b\x85.mp4", r"a\u2028b\x85.mp4"),
        ("a\u202e4pm.mp4", r"a\u202e4pm.mp4"),
        ("no-break\u00a0space.mp4", "no-break\u00a0space.mp4"),
        ("half \ud83d.mp4", r"half \ud83d.mp4"),
    ],
)
def test_a_name_is_shown_on_one_line_that_any_terminal_takes(path, shown):
    assert shown_path(path) == shown
    assert len(shown_path(path).splitlines()) == 1
    shown_path(path).encode()


def test_json_is_one_line_of_utf8_from_which_the_name_is_read_back():
    for name in (NOT_UTF8, "two\nlines\x85\u2028.mp4", "été\x7f.mp4"):
        text = json_text({"location": name})
        assert len(text.splitlines()) == 1
        assert json.loads(text.encode())["location"] == name
    assert os.fsencode(json.loads(json_text(NOT_UTF8))) == b"caf\xe9.mp4"


def test_text_of_several_lines_keeps_them():
    assert encodable_text(f"one\n{NOT_UTF8}") == "one\ncaf\\xe9.mp4"


def test_what_is_typed_finds_a_name_in_any_case_and_composition():
    for form in ("NFC", "NFD"):
        stored = unicodedata.normalize(form, "Été Straße ΣΑΣ.mp4")
        for typed in ("été", "ÉTÉ", "STRASSE", "σας", "ΣΑΣ"):
            for other in ("NFC", "NFD"):
                assert path_holds(stored, unicodedata.normalize(other, typed)), (form, typed)
        assert not path_holds(stored, "été straßen")
    assert path_holds(NOT_UTF8, NOT_UTF8[:4])
    assert path_holds(NOT_UTF8, r"caf\xe9")
    assert folded_path("A") != folded_path("À")
