"""Captions in JSON."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from moodreel.media import Segment
from moodreel.subtitles.cue import ENDLESS, Cue

TEXTS = ("text", "caption")
LISTS = ("segments", "captions", "subtitles")
LAST = 1e15  # seconds, 30 million years: a judgement; larger whole numbers may be no float


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
    if LAST < max(start, end) < math.inf:
        raise ValueError('"start" and "end" must be seconds of a video, not as large as that')
    if not 0 <= start <= end:
        raise ValueError(f'"start" and "end" are out of order: {start!r} and {end!r}')
    return Segment(float(start), float(end))
