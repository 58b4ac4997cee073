"""Encodings of captions beside charset-normalizer's best guess, over sentences in old encodings."""

import sys
from collections import Counter
from pathlib import Path

from charset_normalizer import from_bytes  # comes with the packages of the extra `dev`
from results import table, write_section

from moodreel.subtitles.encodings import UnknownEncoding, decode

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from spoken import ENCODINGS, spoken_bytes

SIZES = (40, 120, 400)


def by_moodreel(raw):
    try:
        return decode(raw)
    except UnknownEncoding:
        return None


def by_charset_normalizer(raw):
    best = from_bytes(raw).best()
    return None if best is None else str(best)


def test_more_texts_come_out_right_and_fewer_wrong():
    counts = {"moodreel": Counter(), "charset-normalizer": Counter()}
    for language, codes in ENCODINGS.items():
        for code in codes:
            for size in SIZES:
                raw = spoken_bytes(language, code, size, 0)
                for name, read in zip(counts, (by_moodreel, by_charset_normalizer), strict=True):
                    counts[name][outcome(read(raw), raw.decode(code))] += 1
    rows = [[name, *(str(held[key]) for key in KEYS)] for name, held in counts.items()]
    note = (
        f"{len(ENCODINGS)} languages, {SIZES} bytes, no language named. The thresholds were judged "
        "on sentences of this kind, so this is no held-out figure.\n\n"
    )
    write_section("Encodings of captions", note + table(["", *KEYS], rows))
    assert counts["moodreel"]["wrong"] < counts["charset-normalizer"]["wrong"]


KEYS = ("right", "refused", "wrong")


def outcome(text, right):
    if text is None:
        return "refused"
    return "right" if text == right else "wrong"
