"""Decoding the sound of a file, in step with its pictures, through FFmpeg's libraries."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.containers.frames import JumpClock, decoded, readable_packets
from moodreel.containers.opening import open_container
from moodreel.errors import UnreadableVideo
from moodreel.media import Sound, VideoFacts

# Seconds before what is wanted to which a file is sought, each further back where that landed too
# late. The first gives a decoder time to swing in. Judgements, not measured.
BACK = (0.5, 5.0)
DRIFT = 0.04  # seconds by which a stamp may differ from the samples before it: no ear tells

Block = tuple[float, NDArray[np.float32]]
"""When samples are heard, in seconds from the zero point, and the samples [n]."""


def read_sound(path: Path, start: float, end: float, rate: int, facts: VideoFacts) -> Sound:
    """Return what is heard from `start` to `end`, in seconds from the zero point of the pictures.

    Args:
        path: the file.
        start: seconds.
        end: seconds.
        rate: samples a second of the result.
        facts: of the video.

    Returns:
        Mono samples; silence where the stream has none; none at all where there is no stream.

    Raises:
        UnreadableVideo: the file cannot be opened.
    """
    canvas = np.zeros(max(round((end - start) * rate), 0), np.float32)
    with open_container(path) as container:
        if sound_stream(container) is None:
            return Sound(canvas[:0], rate, start)
    for back in (None,) if facts.sequential else (*BACK, None):
        if put_blocks(canvas, sought_blocks(path, start, rate, facts, back), start, end, rate):
            break
    return Sound(np.clip(canvas, -1.0, 1.0), rate, start)


def read_whole_sound(path: Path, rate: int) -> Sound:
    """Return all that is heard in a file, which need not hold pictures: mono samples.

    Raises:
        UnreadableVideo: the file cannot be opened, or holds no sound.
    """
    with open_container(path) as container:
        stream = sound_stream(container)
        if stream is None:
            raise UnreadableVideo(path, "holds no sound")
        facts = VideoFacts(duration=0.0, fps=0.0, width=0, height=0)
        heard = [samples for _, samples in timed_blocks(container, stream, rate, facts)]
    return Sound(np.clip(np.concatenate([np.zeros(0, np.float32), *heard]), -1.0, 1.0), rate)


def sound_stream(container: Any) -> Any:
    """Return the stream of sound that players play: the default one, or else the first; or None."""
    known = [stream for stream in container.streams.audio if stream.codec_context is not None]
    default = [stream for stream in known if stream.disposition.value & 1]
    return next(iter([*default, *known]), None)


def put_blocks(
    canvas: NDArray[np.float32], blocks: Iterator[Block], start: float, end: float, rate: int
) -> bool:
    """Copy blocks to their places on a canvas that begins at `start`.

    Returns:
        Whether they begin early enough, so that nothing of the canvas was passed over.
    """
    first = next(blocks, None)
    for block in () if first is None else chain([first], blocks):
        if block[0] >= end:
            break
        put_block(canvas, block, start, rate)
    return first is not None and first[0] <= start


def put_block(canvas: NDArray[np.float32], block: Block, start: float, rate: int) -> None:
    """Copy one block to its place; what lies outside is left out."""
    time, samples = block
    place = round((time - start) * rate)
    skipped = max(-place, 0)
    place = max(place, 0)
    fitting = samples[skipped : skipped + max(len(canvas) - place, 0)]
    canvas[place : place + len(fitting)] = fitting


def sought_blocks(
    path: Path, start: float, rate: int, facts: VideoFacts, back: float | None
) -> Iterator[Block]:
    """Open a file, seek to `back` seconds before `start`, or not at all, and yield its blocks."""
    import av

    with open_container(path) as container:
        stream = sound_stream(container)
        if back is not None and start > back:
            sought = start - back + facts.zero
            with suppress(av.error.FFmpegError):
                container.seek(int(sought / stream.time_base), stream=stream)
        yield from timed_blocks(container, stream, rate, facts)


def timed_blocks(container: Any, stream: Any, rate: int, facts: VideoFacts) -> Iterator[Block]:
    """Decode a stream of sound to mono blocks of a rate; what is damaged is passed over.

    Samples of one run follow each other without a gap. A stamp that disagrees begins another run,
    at the time that it states.
    """
    run: Run | None = None
    jumps = JumpClock(facts)
    for packet in readable_packets(container, stream):
        jumps.correct(packet)
        for frame in decoded(packet):
            due = run.due if run else 0.0
            time = due if frame.time is None else frame.time - facts.zero
            if run is None or abs(time - due) > DRIFT:
                yield from run.end() if run else ()
                run = Run(rate, time)
            yield from run.take(frame)
    yield from run.end() if run else ()


class Run:
    """Samples that follow each other, resampled to mono.

    Args:
        rate: samples a second of what comes out.
        begin: when the first sample is heard, in seconds from the zero point.
    """

    def __init__(self, rate: int, begin: float) -> None:
        from av.audio.resampler import AudioResampler

        self.rate = rate
        self.begin = begin
        self.due = begin
        self._made = 0
        # To stereo, whose mean is taken: FFmpeg's own mono is louder than either side of it.
        self._resampler = AudioResampler(format="fltp", layout="stereo", rate=rate)

    def take(self, frame: Any) -> Iterator[Block]:
        """Yield what a decoded frame gives."""
        self.due += frame.samples / frame.sample_rate
        frame.pts = None  # the samples are counted: stamps are rounded
        yield from self._blocks(frame)

    def end(self) -> Iterator[Block]:
        """Yield what the resampler still holds."""
        yield from self._blocks(None)

    def _blocks(self, frame: Any) -> Iterator[Block]:
        import av

        with suppress(av.error.FFmpegError, ValueError):  # a stream that changes its form midway
            for made in self._resampler.resample(frame):
                samples = made.to_ndarray().mean(0, dtype=np.float32)
                yield self.begin + self._made / self.rate, samples
                self._made += len(samples)
