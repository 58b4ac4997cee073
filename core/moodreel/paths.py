r"""Paths as text: how the names of files are shown, written as JSON, and compared.

A name on disk is bytes. Python gives those that are not UTF-8 as lone surrogates ("\udcff" for
the byte 0xff), which no encoding takes. So a name is never printed as it is: `shown_path` is for
people, `json_text` for programs, and `folded_path` for comparing what a user typed with it.
"""

import os
import re
import unicodedata
from collections.abc import Collection, Iterable
from json import dumps
from typing import Any

BYTE = 0xDC00  # the surrogate of byte 0x80 is BYTE + 0x80, as PEP 383 has it
BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of the text around them: a name with one can look like
another's."""
UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
# What ends a line for `str.splitlines`, or cannot be encoded, and is not escaped by `json.dumps`.
UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def shown_path(path: str) -> str:
    r"""Return a path as one printable line: what cannot be printed is escaped as in Python.

    >>> print(shown_path("two\nlines \udcff.mp4"))
    two\nlines \xff.mp4
    """
    return path if path.isprintable() else "".join(map(shown_character, path))


def shown_character(character: str) -> str:
    """Return a character, escaped where a line of text cannot hold it."""
    if unicodedata.category(character) not in UNSEEN and character not in BIDI:
        return character
    code = ord(character)
    if BYTE + 0x80 <= code <= BYTE + 0xFF:
        return f"\\x{code - BYTE:02x}"
    return character.encode("unicode_escape", "surrogatepass").decode()


def encodable_text(text: str) -> str:
    r"""Return a text of any lines with what UTF-8 cannot encode escaped.

    >>> print(encodable_text("one\n\udcff"))
    one
    \xff
    """
    return re.sub("[\ud800-\udfff]", lambda found: shown_character(found.group()), text)


def json_text(held: Any, indent: int | None = None) -> str:
    r"""Return plain values as JSON, on one line without `indent`.

    A byte of a name that is not UTF-8 is written as JSON's escape of its surrogate. Python reads it
    back as the name by which it opens the file.

    >>> print(json_text({"location": "/cards/é\udcff.mp4"}))
    {"location": "/cards/é\udcff.mp4"}
    """
    text = dumps(held, ensure_ascii=False, indent=indent)
    return UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def folded_path(path: str) -> str:
    r"""Return a path for comparison: the same in upper and lower case, composed and decomposed.

    >>> folded_path("CAFE\u0301.mp4") == folded_path("caf\u00e9.mp4")
    True
    """
    folded = unicodedata.normalize("NFD", path).casefold()
    return unicodedata.normalize("NFC", folded)


def path_holds(path: str, part: str) -> bool:
    """Whether a part is in a path, or in the path as it is shown, as `folded_path` compares."""
    wanted = folded_path(part)
    return wanted in folded_path(path) or wanted in folded_path(shown_path(path))


def same_path(path: str, written: str) -> bool:
    """Whether what a user wrote is a path, composed otherwise or copied as it is shown."""
    composed = unicodedata.normalize("NFC", path)
    return unicodedata.normalize("NFC", written) == composed or written == shown_path(path)


def distinct_ends(paths: Collection[str]) -> dict[str, str]:
    """Return the shortest end of each path that no other path has: its name, where that is enough.

    >>> distinct_ends(["/cards/1/a.mp4", "/cards/2/a.mp4", "/cards/2/b.mp4"])
    {'/cards/1/a.mp4': '1/a.mp4', '/cards/2/a.mp4': '2/a.mp4', '/cards/2/b.mp4': 'b.mp4'}
    """
    found: dict[str, str] = {}
    left, depth = list(dict.fromkeys(paths)), 1
    while left:
        ends = group_by_end(left, depth)
        left = []
        for end, same in ends.items():
            if len(same) > 1:
                left += same
            else:
                found[same[0]] = end
        depth += 1
    return {path: found[path] for path in paths}


def group_by_end(paths: Iterable[str], depth: int) -> dict[str, list[str]]:
    """Return paths by their last `depth` parts."""
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault("/".join(path.split("/")[-depth:]), []).append(path)
    return groups


def resolved_path(written: str) -> str:
    """Return a path absolute, links followed; one that no disk can hold, as it is.

    >>> resolved_path("no\\ud800 name") == "no\\ud800 name"
    True
    """
    try:
        return os.path.realpath(written)
    except ValueError:  # a null byte, or half a character that stands for no byte
        return written
