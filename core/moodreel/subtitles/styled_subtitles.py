"""SubStation Alpha (.ass, .ssa), MicroDVD (.sub) and TTML, read by pysubs2."""

import re
import warnings
from collections.abc import Iterator

from moodreel.media import Segment
from moodreel.subtitles.cue import Cue

FORMATS = {".ass": "ass", ".ssa": "ssa", ".sub": "microdvd", ".ttml": "ttml"}
DRAWING = re.compile(r"\\p(\d+)")
ESCAPES = re.compile(r"\\[Nnh]")
TAKEN = ("Dialogue:", "[")  # of an .ass file: events, and headings; not fonts, styles and pictures
LONGEST = 50_000  # characters of a line; longer ones are drawings or no subtitles
HEADING = 100
PARAGRAPH = re.compile(r"<(?:[\w.-]+:)?p\s[^<>]*>")
DURATION, END = re.compile(r"(?<=\s)dur(?=\s*=)"), re.compile(r"\send\s*=")


def styled_cues(text: str, suffix: str, fps: float | None) -> Iterator[Cue]:
    """Yield the cues of a text in the format of a suffix.

    Args:
        text: the text of the file.
        suffix: one of FORMATS.
        fps: frames a second of the video, which MicroDVD counts in.

    Raises:
        ValueError: the text is not of that format.
    """
    from pysubs2 import SSAFile

    kept = "\n".join(line for line in text.splitlines() if is_taken(line, suffix))
    if suffix == ".ttml":
        kept = PARAGRAPH.sub(with_duration, kept)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fields that are no number; they are not used
            events = SSAFile.from_string(kept, FORMATS[suffix], **rate(kept, suffix, fps))
    except KeyError as error:
        raise ValueError(f"a line of it has no {error.args[0]}") from None
    except Exception as error:  # the parsers of pysubs2 raise whatever they come upon
        raise ValueError(" ".join(str(error).split()) or type(error).__name__) from None
    for event in events:
        shown = plain_text(event.text)
        if event.type != "Comment" and shown and event.end >= event.start >= 0:
            yield Cue(shown, Segment(event.start / 1000, event.end / 1000))


def with_duration(found: re.Match[str]) -> str:
    """Return the tag of a TTML paragraph, its `dur` as pysubs2 calls it; an `end` counts first.

    >>> with_duration(re.match(".*", '<p begin="1s" dur="2s">'))
    '<p begin="1s" duration="2s">'
    """
    tag = found.group()
    return tag if END.search(tag) else DURATION.sub("duration", tag, count=1)


def is_taken(line: str, suffix: str) -> bool:
    """Whether a line is given to pysubs2, whose patterns are slow on long lines of anything."""
    if suffix in (".ass", ".ssa"):
        short = len(line) <= (HEADING if line.startswith("[") else LONGEST)
        return short and line.lstrip().startswith(TAKEN)
    return suffix != ".sub" or len(line) <= LONGEST


def rate(text: str, suffix: str, fps: float | None) -> dict[str, float]:
    """Return the frame rate as an option, unless a MicroDVD file states one of its own."""
    stated = re.match(r"\s*\{1\}\{1\}\s*[\d.]+\s*(\n|$)", text)
    return {"fps": fps} if suffix == ".sub" and fps and not stated else {}


def plain_text(text: str) -> str:
    """Return the text of an event without override tags, drawings and escapes.

    >>> plain_text(r"{\\k20}He{\\k30}llo,\\N{\\p1}m 0 0 l 9 9{\\p0}friend.")
    'Hello, friend.'
    """
    pieces, drawing = [], False
    head, *blocks = text.split("{")
    pieces.append(head)
    for block in blocks:
        tags, closed, shown = block.partition("}")
        if not closed:
            tags, shown = "", "{" + block
        for found in DRAWING.findall(tags):
            drawing = int(found[:4]) > 0
        pieces.append("" if drawing else shown)
    return " ".join(ESCAPES.sub(" ", "".join(pieces)).split())
