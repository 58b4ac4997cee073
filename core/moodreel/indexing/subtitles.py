"""Captions that lie beside a video: subtitles (.srt, .vtt) and JSON."""

import json
import math
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.errors import InvalidInput
from moodreel.media import Segment

SUFFIXES = (".srt", ".vtt", ".json")
LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_]\w+)*")
LARGEST = 32 << 20  # bytes; a day of speech has about a tenth. A judgement, not measured
TEXTS = ("text", "caption")
LISTS = ("segments", "captions", "subtitles")
ENDLESS = Segment(0.0, math.inf)


@dataclass(frozen=True)
class Cue:
    """A subtitle or caption: its text, and the stretch of video that it belongs to.

    Args:
        text: what is said or shown.
        span: from when to when, in seconds; without times, all of the video.
    """

    text: str
    span: Segment = ENDLESS


class Sidecars:
    """Finds the captions beside videos. A folder is listed once.

    For `clip.mp4` these are `clip.srt`, `clip.vtt`, `clip.json`, the same after the full name
    (`clip.mp4.srt`), or with a language (`clip.en.srt`): the shortest name first, in this order.
    """

    def __init__(self) -> None:
        self._folders: dict[str, Mapping[str, list[str]]] = {}

    def find(self, video: str) -> Path | None:
        """Return the captions beside a video, by its location."""
        folder, name = os.path.split(video)
        if folder not in self._folders:
            self._folders[folder] = list_sidecars(folder)
        known = self._folders[folder]
        stem = os.path.splitext(name)[0]
        found = [*known.get(stem, ()), *known.get(name, ())]
        return Path(folder, min(found, key=precedence)) if found else None


def list_sidecars(folder: str) -> Mapping[str, list[str]]:
    """Return the names of caption files in a folder, by the video's name they begin with.

    A folder that cannot be listed has none.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for name in list_names(folder):
        stem, suffix = os.path.splitext(name)
        if suffix.lower() in SUFFIXES:
            found[stem].append(name)
            video, _, language = stem.rpartition(".")
            if suffix.lower() != ".json" and LANGUAGE.fullmatch(language):
                found[video].append(name)
    return found


def list_names(folder: str) -> list[str]:
    """Return the names in a folder in order, none where it cannot be listed."""
    with suppress(OSError):
        return sorted(os.listdir(folder))
    return []


def precedence(name: str) -> tuple[int, int, str]:
    """Return what caption files of one video are sorted by."""
    stem, suffix = os.path.splitext(name)
    return len(stem), SUFFIXES.index(suffix.lower()), name


def sidecar_version(path: Path) -> str:
    """Return what changes whenever a file does: its name, size and time.

    Raises:
        InvalidInput: the file cannot be looked at.
    """
    try:
        facts = path.stat()
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None
    return f"{path.name}:{facts.st_size}:{facts.st_mtime_ns}"


def read_cues(path: Path) -> list[Cue]:
    """Read captions.

    JSON is a list of objects, or an object that holds one as "segments" or "captions"; each has
    a "text" or "caption", and a "start" and an "end" in seconds, or neither. Values without a
    text are passed over: JSON beside a video may hold something else altogether.

    Raises:
        InvalidInput: the file cannot be read, or is a subtitle file without subtitles.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST >> 20} MB")
        text = decode(path.read_bytes())
        if path.suffix.lower() == ".json":
            return list(json_cues(text))
        cues = list(subtitle_cues(text))
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: holds no captions that can be read: {error}") from None
    if not cues:
        raise InvalidInput(f"{path}: holds no captions")
    return cues


def decode(raw: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with a mark, or, failing these, Windows-1252."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def subtitle_cues(text: str) -> Iterator[Cue]:
    """Yield the cues of SubRip or WebVTT."""
    from pysubs2 import SSAFile
    from pysubs2.exceptions import Pysubs2Error

    try:
        events = SSAFile.from_string(text, "vtt" if text.startswith("WEBVTT") else "srt")
    except Pysubs2Error as error:
        raise ValueError(str(error)) from None
    for event in events:
        shown = " ".join(event.plaintext.split())
        if shown and event.end >= event.start >= 0:
            yield Cue(shown, Segment(event.start / 1000, event.end / 1000))


def json_cues(text: str) -> Iterator[Cue]:
    """Yield the cues of a JSON text."""
    data = json.loads(text)
    if isinstance(data, Mapping):
        data = next((data[name] for name in LISTS if name in data), [data])
    for item in data if isinstance(data, list) else []:
        yield from json_cue(item)


def json_cue(item: Any) -> Iterator[Cue]:
    """Yield the cue of one JSON value, if it has a text."""
    item = {"text": item} if isinstance(item, str) else item
    if not isinstance(item, Mapping):
        return
    text = next((item[name] for name in TEXTS if isinstance(item.get(name), str)), "")
    shown = " ".join(text.split())
    if not shown:
        return
    start, end = item.get("start"), item.get("end")
    yield Cue(shown, ENDLESS if start is None and end is None else json_span(start, end))


def json_span(start: Any, end: Any) -> Segment:
    """Return the stretch between two numbers of seconds."""
    for number in (start, end):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f'"start" and "end" must be seconds, got {start!r} and {end!r}')
    if not 0 <= start <= end:
        raise ValueError(f'"start" and "end" are out of order: {start!r} and {end!r}')
    return Segment(float(start), float(end))


def segment_captions(cues: Sequence[Cue], segments: Sequence[Segment]) -> list[str]:
    """Return one caption for each segment, of the cues that belong to it in time; "" for none."""
    ordered = sorted(cues, key=lambda cue: (cue.span.start, cue.span.end))
    spans = np.array([(cue.span.start, cue.span.end) for cue in ordered]).reshape(-1, 2)
    return [
        joined([ordered[place].text for place in np.flatnonzero(belonging(spans, segment))])
        for segment in segments
    ]


def belonging(spans: NDArray[np.float64], segment: Segment) -> NDArray[np.bool_]:
    """Whether each stretch [n, 2] fills half of a segment, or lies in it by half: [n]."""
    starts, ends = spans.T
    shared = np.minimum(ends, segment.end) - np.maximum(starts, segment.start)
    shorter = np.minimum(ends - starts, segment.end - segment.start)
    return (shared >= shorter / 2) & ((shared > 0) | (shorter == 0))


def joined(texts: Sequence[str]) -> str:
    """Join texts; one that repeats the last, as in rolling subtitles, counts once."""
    kept = [text for place, text in enumerate(texts) if place == 0 or text != texts[place - 1]]
    return " ".join(kept)
