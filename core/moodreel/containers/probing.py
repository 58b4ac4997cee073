"""The facts of a video, decided once from its container, and handed to every reader."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any

from moodreel.containers.colours import frame_colour
from moodreel.containers.frames import decode_frames
from moodreel.containers.opening import check_file, movie_streams, open_container, pick_stream
from moodreel.containers.orientation import Turn, frame_turn, lies_sideways
from moodreel.containers.packets import Survey, is_loose, is_timeless, survey_packets
from moodreel.containers.truncation import lacks_bytes
from moodreel.errors import UnreadableVideo
from moodreel.media import VideoFacts

STRANGEST_ASPECT = 8.0  # of a pixel's sides; what states more is taken for square: a judgement
# Seconds for which a last frame may stay, where the header says so and the packets do not; and
# how many times the longest pause before it. Judgements, not measured.
LAST_STAYS, PAUSES = 1.0, 2.0
RATE_AGREES = 0.05  # by which a stated rate may differ from a counted one: a judgement
LOOKED_AT = 12  # frames by which the order of times is judged: a judgement
KEPT = 16  # files whose facts a process keeps: a judgement
LONGEST = 10 * 24 * 3600.0  # seconds; a stated duration of more is no duration: a judgement


@dataclass(frozen=True)
class Extent:
    """From when to when a video stream shows pictures, on the container's clock.

    Args:
        zero: the zero point of players.
        last: when the last frame begins.
        end: until when it is shown.
        source: what the end was taken from.
        truncated: whether a part of the file is missing.
    """

    zero: float
    last: float
    end: float
    source: str
    truncated: bool = False


def probe_video(path: Path) -> VideoFacts:
    """Return the facts of a file. They are found out once, as long as the file does not change.

    Raises:
        UnreadableVideo: it is no video, or nothing of it can be decoded.
    """
    check_file(path)
    facts = path.stat()
    return found_facts(path, facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=KEPT)  # single frames are read from one file again and again, as for the page
def found_facts(path: Path, size: int, modified: int) -> VideoFacts:
    """Return the facts of a file of some size and time."""
    with open_container(path) as container:
        streams = movie_streams(path, container)
        surveys = survey_packets(path, container, streams)
        stream = pick_stream(streams, {index: survey.end for index, survey in surveys.items()})
        survey = surveys[stream.index]
        if not is_loose(container) or not survey.whole or survey.jumps:
            survey.keys = []
        facts = stream_facts(path, container, stream, survey)
        suspect = is_suspect(stream, survey)
    return with_picture(path, facts, suspect)


def stream_facts(path: Path, container: Any, stream: Any, survey: Survey) -> VideoFacts:
    """Return the facts that the header and the packets of a stream tell."""
    counted = is_timeless(container) or not survey.begins
    rate = frame_rate(stream, survey)
    extent = find_extent(path, container, stream, survey, rate if counted else 0.0)
    looked = "packets" if survey.whole else ""
    return VideoFacts(
        duration=extent.end - extent.zero,
        fps=rate,
        width=0,
        height=0,
        stream=int(stream.index),
        zero=extent.zero,
        pixel_aspect=pixel_aspect(stream),
        last=max(extent.last - extent.zero, 0.0),
        variable_rate=survey.variable,
        counted=counted,
        truncated=extent.truncated,
        gaps=survey.gaps(extent.zero),
        jumps=tuple(survey.jumps),
        keys=tuple((begin - extent.zero, sought - extent.zero) for begin, sought in survey.keys),
        sources={
            "duration": extent.source,
            "fps": looked or "header",
            "gaps": looked or "not looked for",
            "jumps": looked or "not looked for",
            "size": "first frame",
        },
    )


def frame_rate(stream: Any, survey: Survey) -> float:
    """Return the average number of frames a second."""
    stated = float(stream.average_rate or stream.guessed_rate or 0)
    span = survey.last - min(survey.begins, default=0.0)
    measured = (len(survey.begins) - 1) / span if survey.whole and span > 0 else 0.0
    if measured and abs(stated - measured) > measured * RATE_AGREES:
        return measured
    return stated or measured or 25.0


def find_extent(path: Path, container: Any, stream: Any, survey: Survey, counting: float) -> Extent:
    """Return where a stream begins and ends: as packets say, and the header where these do not.

    Args:
        counting: the frame rate of a stream whose packets carry no times, or 0.
    """
    if counting:
        end = survey.count / counting
        return Extent(0.0, end - 1 / counting, end, "counted packets")
    zero = (container.start_time or 0) / 1e6
    end, stated = survey.end, stated_end(container, stream, zero)
    if stated is None or stated <= end:
        return Extent(zero, survey.last, end, "packets")
    if (survey.broken or lacks_bytes(path, stream)) and stated - zero < LONGEST:
        return Extent(zero, stated, stated, "header", truncated=True)
    if stated - end <= max(LAST_STAYS, PAUSES * max(survey.steps[-100:], default=0.0)):
        return Extent(zero, survey.last, stated, "header")
    return Extent(zero, survey.last, end, "packets")


def stated_end(container: Any, stream: Any, zero: float) -> float | None:
    """Return when the picture ends as the header says; None where it speaks of sound as well."""
    if stream.duration and stream.duration > 0:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    alone = len(container.streams) == 1
    if alone and container.duration and container.duration > 0:
        return zero + container.duration / 1e6
    return None


def with_picture(path: Path, facts: VideoFacts, suspect: bool) -> VideoFacts:
    """Return facts with those that the first frames tell.

    Args:
        suspect: whether the times of the frames may be out of order, and have to be looked at.
    """
    with open_container(path) as container:
        stream = container.streams[facts.stream]
        stream.thread_type = "AUTO"
        frames = decode_frames(container, stream, facts)
        begin, frame = next(frames, (0.0, None))
        if frame is None:
            raise UnreadableVideo(path, "none of its frames can be read")
        turn = frame_turn(frame)
        width, height = shown_size(frame, turn, facts.pixel_aspect)
        return replace(
            facts,
            duration=max(facts.duration, begin + 1 / facts.fps),
            width=width,
            height=height,
            turn=turn,
            colour=frame_colour(frame),
            unordered=suspect and goes_back(begin, frames),
        )


def is_suspect(stream: Any, survey: Survey) -> bool:
    """Whether times of showing follow the order of decoding though the decoder reorders."""
    held = survey.begins[:LOOKED_AT]
    return bool(stream.codec_context.has_b_frames) and held == sorted(held)


def goes_back(begin: float, frames: Iterable[tuple[float, Any]]) -> bool:
    """Whether any of the frames after the first begins before the one before it."""
    begins = [begin, *(time for time, _ in islice(frames, LOOKED_AT))]
    return begins != sorted(begins)


def pixel_aspect(stream: Any) -> float:
    """Return the width of a stored pixel over its height; 1 where the file states nonsense."""
    stated = float(stream.sample_aspect_ratio or 1)
    return stated if 1 / STRANGEST_ASPECT <= stated <= STRANGEST_ASPECT else 1.0


def shown_size(frame: Any, turn: Turn, aspect: float) -> tuple[int, int]:
    """Return width and height as shown: in square pixels, after turning."""
    width, height = max(1, round(frame.width * aspect)), frame.height
    return (height, width) if lies_sideways(turn) else (width, height)
