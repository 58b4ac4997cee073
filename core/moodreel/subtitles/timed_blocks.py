"""SubRip and WebVTT: lines of text below a line of times."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import unescape

from moodreel.media import Segment
from moodreel.subtitles.cue import Cue

CLOCK = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?"
TIMES = re.compile(rf"\s*{CLOCK}[ \t]*-{{1,2}}>[ \t]*{CLOCK}(?!\d)")
TAG = re.compile(r"</?\s?[A-Za-z0-9][^<>]*>")
OVERRIDE = re.compile(r"\{(?:\\|[yYfFsScCpP]:)[^{}]*\}")
BLANK = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
NUMBER = re.compile(r"\s*\d+\s*")
ADJOINING = 0.1  # seconds between two cues, below which lines of the first roll on in the second


@dataclass
class Block:
    """One cue as it lies in the file: its times, and its lines with their marks."""

    span: Segment
    lines: list[str] = field(default_factory=list)


def subrip_cues(text: str) -> Iterator[Cue]:
    """Yield the cues of SubRip. A blank line may lie inside a cue, as some programs write it."""
    return roll_up(subrip_blocks(text.splitlines()))


def webvtt_cues(text: str) -> Iterator[Cue]:
    """Yield the cues of WebVTT: notes, styles and the names of cues are no text."""
    return roll_up(webvtt_blocks(re.split(r"\r\n|\r|\n", text)))


def subrip_blocks(lines: Iterable[str]) -> Iterator[Block]:
    """Yield the lines below each line of times, up to the next."""
    block = None
    for line in lines:
        span = parse_times(line)
        if span:
            if block:
                yield without_number(block)
            block = Block(span)
        elif block:
            block.lines.append(line)
    if block:
        yield block


def without_number(block: Block) -> Block:
    """Return a block without the number of the next cue, which is its last line with text."""
    while block.lines and not block.lines[-1].strip():
        block.lines.pop()
    if block.lines and NUMBER.fullmatch(block.lines[-1]):
        block.lines.pop()
    return block


def webvtt_blocks(lines: Iterable[str]) -> Iterator[Block]:
    """Yield the lines below each line of times, up to an empty one."""
    block = None
    for line in lines:
        span = parse_times(line)
        if span or not line:
            if block:
                yield block
            block = Block(span) if span else None
        elif block:
            block.lines.append(line)
    if block:
        yield block


def parse_times(line: str) -> Segment | None:
    """Return the stretch that a line of times names; None for any other line, or times backwards.

    >>> parse_times("00:01.000 --> 01:00:03.500 align:start position:0%")
    Segment(start=1.0, end=3603.5)
    """
    found = TIMES.match(line) if "->" in line else None
    if not found:
        return None
    numbers = found.groups()
    return Segment(seconds(numbers[:4]), seconds(numbers[4:]))


def seconds(clock: Sequence[str | None]) -> float:
    """Return hours, minutes, seconds and the digits after the point in seconds."""
    hours, minutes, whole, fraction = (digits or "0" for digits in clock)
    return int(hours) * 3600 + int(minutes) * 60 + int(whole) + float(f"0.{fraction}")


def roll_up(blocks: Iterable[Block]) -> Iterator[Cue]:
    """Yield the cues of blocks; lines that roll on from the cue before are left to that one."""
    shown: list[str] = []
    end = -ADJOINING
    for block in blocks:
        lines = [text for line in block.lines if (text := plain(line))]
        near = abs(block.span.start - end) <= ADJOINING
        fresh = lines[rolled(shown, lines) if near else 0 :]
        if fresh and block.span.end >= block.span.start:
            yield Cue(" ".join(fresh), block.span)
        if lines or not near:
            shown, end = lines, block.span.end


def rolled(before: Sequence[str], now: Sequence[str]) -> int:
    """Return how many lines at the top were at the bottom of the cue before.

    >>> rolled(["a dog runs", "over the beach"], ["over the beach", "and barks"])
    1
    """
    most = min(len(before), len(now))
    return next((n for n in range(most, 0, -1) if before[-n:] == now[:n]), 0)


def plain(line: str) -> str:
    """Return a line without tags, overrides, entities and invisible characters.

    >>> plain("<v Ann>we<00:00:01.200><c> go</c> &amp; see,&nbsp;I <3 it")
    'we go & see, I <3 it'
    """
    return BLANK.sub(" ", unescape(OVERRIDE.sub("", TAG.sub("", line)))).strip()
