"""Reading the sound of a video in stretches that hold whole segments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from moodreel.errors import UnreadableVideo
from moodreel.media import Segment, Sound

RATE = 16_000  # samples a second: what models of speech and of sounds were trained with
# Seconds of sound read at once: 19 MB, and long enough that few words are cut. A judgement.
STRETCH = 300.0


@dataclass(frozen=True)
class SoundChunk:
    """The sound of some neighbouring segments.

    Args:
        segments: the segments.
        stretch: what is heard in them that no earlier chunk has.
        sounds: the sound of each segment.
        silent: whether the video has no sound.
        problem: why the sound cannot be read, or nothing.
    """

    segments: Sequence[Segment]
    stretch: Sound
    sounds: Sequence[Sound]
    silent: bool = False
    problem: str = ""

    def without_samples(self) -> "SoundChunk":
        """Return the chunk without the samples, which are large."""
        return silent_chunk(self.segments, self.problem)


def group_segments(segments: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Cut a list of segments into groups of at most five minutes, one segment at least."""
    group: list[Segment] = []
    for segment in segments:
        if group and segment.end - group[0].start > STRETCH:
            yield group
            group = []
        group.append(segment)
    if group:
        yield group


def listen_ahead(
    listen: Callable[[float, float], Sound], segments: Sequence[Segment]
) -> Iterator[SoundChunk]:
    """Yield the sound of segments, in time.

    A video without sound, or whose sound cannot be read, is asked once.

    Args:
        listen: returns what is heard from one time to another.
        segments: the segments, in time.
    """
    heard, done = 0.0, 0
    for group in group_segments(segments):
        try:
            for chunk in group_chunks(listen, group, heard):
                if chunk.silent:
                    yield silent_chunk(segments[done:])
                    return
                yield chunk
                heard, done = max(heard, chunk.stretch.end), done + len(chunk.segments)
        except UnreadableVideo as error:
            yield silent_chunk(segments[done:], error.reason)
            return


def group_chunks(
    listen: Callable[[float, float], Sound], group: Sequence[Segment], heard: float
) -> Iterator[SoundChunk]:
    """Yield the sound of a group: one chunk, or several where a segment is longer than a stretch.

    The first has the segments, whose sounds end with it.

    Args:
        listen: returns what is heard from one time to another.
        group: segments, in time.
        heard: until when earlier chunks have the sound, in seconds.
    """
    start, end = min(s.start for s in group), max(s.end for s in group)
    sound = listen(start, min(end, start + STRETCH))
    sounds = [sound.part(segment.start, segment.end) for segment in group]
    new = sound.part(max(heard, start), end)
    yield SoundChunk(group, new, sounds, silent=not len(sound))
    for begin in np.arange(start + STRETCH, end, STRETCH) if len(sound) else ():
        yield SoundChunk([], listen(float(begin), min(end, float(begin) + STRETCH)), [])


def silent_chunk(segments: Sequence[Segment], problem: str = "") -> SoundChunk:
    """Return a chunk of segments without sound."""
    none = Sound(np.zeros(0, np.float32), RATE)
    return SoundChunk(segments, none, [none] * len(segments), True, problem)
