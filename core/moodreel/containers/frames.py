"""Decoding a video stream: frames with the times at which they are shown."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from moodreel.containers.packets import seek_to
from moodreel.media import VideoFacts

# Seconds. The next two are judgements, not measured.
NEAR_START = 1.0  # up to which reading from the start is not worse than seeking
BACK = (0.0, 1.0, 4.0, 16.0, 64.0, 256.0)  # how much further back, where a seek landed too late
KEYS_BACK = (1, 2, 4, 16, 64)  # the same in key frames, where they are known
EARLY = 1e-3  # seconds by which a container's clock may round a time: that of Matroska counts these


def places_before(time: float, facts: VideoFacts) -> Iterator[float]:
    """Yield the times to seek to for the frame at `time`, each further back."""
    if facts.sequential or time < NEAR_START:
        return
    if facts.keys:
        last = bisect_right([begin for begin, _ in facts.keys], time + EARLY)
        yield from (facts.keys[last - back][1] for back in KEYS_BACK if back < last)
    else:
        yield from (time - back for back in BACK if time - back >= NEAR_START)


class FrameClock:
    """Tells when decoded frames are shown, in seconds on the container's clock.

    Args:
        facts: of the video. Where its container gives no times of showing, those of decoding
            are taken, less the frames by which the decoder lags behind; but for one, as where
            FFmpeg makes up such times itself (AVI with MPEG-4).
    """

    def __init__(self, facts: VideoFacts) -> None:
        self.facts = facts
        self._first: float | None = None
        self._lag: float | None = None
        self._last: float | None = None
        self._base: float | None = None

    def begin(self, packet: Any) -> None:
        """Note the first packet that is decoded."""
        if self._first is None and packet.dts is not None:
            self._first = float(packet.dts * packet.time_base)

    def time(self, frame: Any) -> float | None:
        """Return when a frame begins; None where nothing tells."""
        if frame.pts is not None and not self.facts.unordered:
            if self._base is None:  # a fraction, which is slow to reckon with for every frame
                self._base = float(frame.time_base)
            return float(frame.pts * self._base)
        if frame.dts is None:  # as of those that the decoder holds back until the end
            self._last = None if self._last is None else self._last + 1 / self.facts.fps
            return self._last
        time = float(frame.dts * frame.time_base)
        if self._lag is None and self._first is not None:
            self._lag = max(time - self._first - 1 / self.facts.fps, 0.0)
        self._last = time - (self._lag or 0.0)
        return self._last


class JumpClock:
    """Adds to the times of packets what the jumps of their file's clock ask for."""

    def __init__(self, facts: VideoFacts) -> None:
        self._positions = [jump.position for jump in facts.jumps]
        self._offsets = [0.0, *(jump.offset for jump in facts.jumps)]
        self._position = 0

    def correct(self, packet: Any) -> None:
        """Change the times of the next packet of the file."""
        if not self._positions:
            return
        self._position = max(self._position, packet.pos or 0)
        added = self._offsets[bisect_right(self._positions, self._position)]
        for name in ("pts", "dts"):
            stamp = getattr(packet, name)
            if added and stamp is not None:
                setattr(packet, name, stamp + round(added / packet.time_base))


def decode_frames(container: Any, stream: Any, facts: VideoFacts) -> Iterator[tuple[float, Any]]:
    """Yield the frames of a container that was just opened, each with the time it is shown at.

    Times are in seconds from the zero point. What is damaged is passed over.
    """
    yield from timed_frames(readable_packets(container, stream), facts)


def sought_frames(
    container: Any, stream: Any, facts: VideoFacts, time: float, sought: float
) -> Iterator[tuple[float, Any]]:
    """Seek to `sought` and yield frames from the first on that is decoded from whole data.

    There are none where the first key frame comes after `time`: the seek landed too late. Frames
    before the key frame lean on pictures that were not read (open groups of pictures), and so do
    those of a picture that is refreshed in parts, until all of it has been.
    """
    seek_to(container, stream, sought + facts.zero)
    packets = readable_packets(container, stream)
    key = next((packet for packet in packets if packet.is_keyframe and packet.size), None)
    begin = packet_time(key, facts)
    if begin is None or begin > time:
        return
    clean = False
    for shown, frame in timed_frames(chain([key], packets), facts):
        clean = clean or not frame.is_corrupt
        if clean and shown >= begin:
            yield shown, frame


def readable_packets(container: Any, stream: Any) -> Iterator[Any]:
    """Yield packets until the end, or until the file cannot be read any further."""
    import av

    with suppress(av.error.FFmpegError):
        yield from container.demux(stream)


def packet_time(packet: Any, facts: VideoFacts) -> float | None:
    """Return when a packet's frame begins, in seconds from the zero point, if it says so."""
    stamp = None if packet is None else packet.dts if packet.pts is None else packet.pts
    return None if stamp is None else float(stamp * packet.time_base) - facts.zero


def timed_frames(packets: Iterable[Any], facts: VideoFacts) -> Iterator[tuple[float, Any]]:
    """Decode packets; frames of which nothing tells the time are left out."""
    clock, jumps, number = FrameClock(facts), JumpClock(facts), 0
    for packet in packets:
        jumps.correct(packet)
        clock.begin(packet)
        for frame in decoded(packet):
            time = number / facts.fps if facts.counted else clock.time(frame)
            number += 1
            if time is not None:
                yield time - facts.zero, frame


def decoded(packet: Any) -> list[Any]:
    """Return the frames that a packet completes; none where it is damaged."""
    import av

    try:
        return packet.decode()
    except (av.error.FFmpegError, ValueError):
        return []
