"""Reading the cues of a caption file, whatever its format."""

from collections.abc import Iterator
from pathlib import Path

from moodreel.errors import InvalidInput
from moodreel.subtitles.cue import Cue
from moodreel.subtitles.encodings import decode
from moodreel.subtitles.json_captions import json_cues
from moodreel.subtitles.styled_subtitles import FORMATS, styled_cues
from moodreel.subtitles.timed_blocks import subrip_cues, webvtt_cues

SUFFIXES = (".srt", ".vtt", *FORMATS, ".json")
LARGEST = 32 << 20  # bytes; a day of speech has about a tenth. A judgement, not measured


def read_cues(path: Path, language: str = "", fps: float | None = None) -> list[Cue]:
    """Read captions.

    JSON is a list of objects, or an object that holds one as "segments" or "captions"; each has
    a "text" or "caption", and a "start" and an "end" in seconds, or neither. Values without a
    text are passed over: JSON beside a video may hold something else altogether.

    Args:
        path: the file; its suffix says the format.
        language: the language that its name states, an ISO 639 code; it helps to tell the encoding.
        fps: frames a second of the video, which a .sub file may count in.

    Raises:
        InvalidInput: the file cannot be read, or is a subtitle file without subtitles.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"larger than {LARGEST >> 20} MB")
        cues = list(parse_cues(decode(path.read_bytes(), language), path.suffix.lower(), fps))
    except OSError as error:
        raise InvalidInput(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path}: holds no captions that can be read: {error}") from None
    if not cues and path.suffix.lower() != ".json":
        raise InvalidInput(f"{path}: holds no captions")
    return cues


def parse_cues(text: str, suffix: str, fps: float | None) -> Iterator[Cue]:
    """Yield the cues of a text in the format of a suffix.

    SubRip and WebVTT go by what is in them: the one is often called like the other.
    """
    if suffix == ".json":
        return json_cues(text)
    if suffix in FORMATS:
        return styled_cues(text, suffix, fps)
    return webvtt_cues(text) if text.lstrip().startswith("WEBVTT") else subrip_cues(text)
