"""What a file's packets tell without decoding: when pictures begin and end, and clock jumps.

A header may state anything. Small files, and those without an index, are looked through from one
end to the other; of a large one only the end is read.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor
from pathlib import Path
from statistics import median
from typing import Any

from moodreel.containers.opening import DISCONTINUOUS, TIMELESS, open_container
from moodreel.media import ClockJump, Segment

# The sizes and times below are judgements, not measured.
SCANNED = 32 << 20  # bytes up to which every file is looked through: well under a second
SCANNED_LOOSE = 256 << 20  # the same of files without an index, whose clocks may jump
HEAD = 4 << 20  # bytes of a larger one from which its rate is taken
FORWARD = 10.0  # seconds by which a clock jumps ahead, where FFmpeg's tools take it to start anew
BACKWARD = 0.1  # seconds by which it jumps back
BACKWARD_INDEXED = 1.0  # the same where FFmpeg makes up some of the times (Matroska)
TAILS = (4.0, 30.0, 300.0)  # seconds before the end from which the end is looked for
FAR = 1 << 40  # seconds; later than any video
GAP = 2.0  # seconds without a new frame that are told as a gap


@dataclass
class Survey:
    """What the packets of one video stream tell, in seconds on the container's clock.

    Args:
        begins: when each frame that is shown begins, in the order of the packets.
        end: until when the last of them is shown.
        count: how many packets there are, those without a time among them.
        keys: of each key frame, when it begins, and by which time it is sought.
        jumps: where the clock starts anew.
        whole: whether all packets were looked at.
        broken: whether the last packet is not whole.
    """

    begins: list[float] = field(default_factory=list)
    end: float = -1.0
    count: int = 0
    keys: list[tuple[float, float]] = field(default_factory=list)
    jumps: list[ClockJump] = field(default_factory=list)
    whole: bool = False
    broken: bool = False

    @property
    def last(self) -> float:
        """When the last frame begins."""
        return max(self.begins, default=0.0)

    @property
    def steps(self) -> list[float]:
        """The times between neighbouring frames."""
        begins = sorted(self.begins)
        return [after - before for before, after in pairwise(begins)]

    @property
    def variable(self) -> bool:
        """Whether a tenth of the frames or more are shown for another time than is usual."""
        steps = self.steps
        usual = median(steps) if steps else 0.0
        return sum(abs(step - usual) > usual / 2 for step in steps) * 10 > len(steps)

    def gaps(self, zero: float) -> tuple[Segment, ...]:
        """Return the stretches without a new frame, in seconds from the zero point."""
        if not self.whole:
            return ()
        begins = sorted(self.begins)
        pairs = pairwise(begins)
        return tuple(Segment(a - zero, b - zero) for a, b in pairs if b - a >= GAP)


class PacketClock:
    """Makes one clock of a stream's clocks: each that starts anew goes on from the one before.

    Args:
        loose: whether the container may join recordings, so that a jump ahead is a new clock too,
            and not a pause.
    """

    def __init__(self, loose: bool) -> None:
        self.loose = loose
        self.offset = 0.0
        self.jumps: list[ClockJump] = []
        self._last: float | None = None
        self._expected = 0.0

    def correct(self, packet: Any) -> float:
        """Return what is added to a packet's times, in seconds."""
        if packet.dts is None:  # times of showing go back and forth where frames are reordered
            return self.offset
        now = float(packet.dts * packet.time_base) + self.offset
        if self._last is not None and self._jumps(now - self._last):
            self.offset += self._expected - now
            self.jumps.append(ClockJump(packet.pos or 0, self.offset))
            now = self._expected
        self._last = now
        self._expected = now + float((packet.duration or 0) * packet.time_base)
        return self.offset

    def _jumps(self, step: float) -> bool:
        if self.loose:
            return not -BACKWARD <= step <= FORWARD
        return step < -BACKWARD_INDEXED


def survey_packets(path: Path, container: Any, streams: Sequence[Any]) -> dict[int, Survey]:
    """Return what the packets of video streams tell, by the stream's index."""
    size = path.stat().st_size
    loose = is_loose(container) and doubted(path, size)
    if not (size <= SCANNED or is_timeless(container) or loose):
        tails = scan_tail(container, streams)
        if any(survey.begins for survey in tails.values()):
            return tails
    with open_container(path) as again:
        return scan_packets(again, [again.streams[stream.index] for stream in streams])


def is_loose(container: Any) -> bool:
    """Whether a container has no index, and its clock may start anew."""
    return bool(int(container.format.flags) & DISCONTINUOUS)


def is_timeless(container: Any) -> bool:
    """Whether a file is a bare stream, without a container that states times."""
    return bool(int(container.format.flags) & TIMELESS)


def doubted(path: Path, size: int) -> bool:
    """Whether the times at both ends of a loose file do not agree with its size."""
    if size <= SCANNED_LOOSE:
        return True
    with open_container(path) as container:
        stated = (container.duration or 0) / 1e6
        begins: list[float] = []
        for packet in container.demux(container.streams.video[0]):
            if packet.pts is not None:
                begins.append(float(packet.pts * packet.time_base))
            if (packet.pos or 0) > HEAD:
                break
    implied = (max(begins, default=0.0) - min(begins, default=0.0)) * size / HEAD
    return not implied * 0.7 < stated < implied * 10


def scan_packets(container: Any, streams: Sequence[Any]) -> dict[int, Survey]:
    """Look at every packet, from the first to the last."""
    surveys = {stream.index: Survey(whole=True) for stream in streams}
    clocks = {stream.index: PacketClock(is_loose(container)) for stream in streams}
    for packet in held_packets(container, streams, surveys):
        note_packet(surveys[packet.stream_index], packet, clocks[packet.stream_index])
    for index, survey in surveys.items():
        survey.jumps = clocks[index].jumps
    return surveys


def scan_tail(container: Any, streams: Sequence[Any]) -> dict[int, Survey]:
    """Look at the packets near the end, of every stream if there are any; else find none."""
    stated = ((container.start_time or 0) + (container.duration or 0)) / 1e6
    surveys = scan_from(container, streams, FAR) or scan_from(container, streams, stated)
    for back in TAILS:
        if all(len(survey.begins) > 1 for survey in surveys.values()) and surveys:
            break
        end = max((survey.end for survey in surveys.values()), default=stated)
        surveys = scan_from(container, streams, end - back) or surveys
    return surveys


def scan_from(container: Any, streams: Sequence[Any], time: float) -> dict[int, Survey]:
    """Seek, and look at the packets from there on; nothing where none tells a time."""
    import av

    surveys = {stream.index: Survey() for stream in streams}
    with suppress(av.error.FFmpegError):
        seek_to(container, streams[0], time)
        for packet in held_packets(container, streams, surveys):
            note_packet(surveys[packet.stream_index], packet)
    return surveys if any(survey.begins for survey in surveys.values()) else {}


def seek_to(container: Any, stream: Any, time: float) -> None:
    """Seek to the packet from which the frame at `time` can be decoded, or near it."""
    container.seek(floor(time / stream.time_base), stream=stream, backward=True)


def held_packets(
    container: Any, streams: Sequence[Any], surveys: dict[int, Survey]
) -> Iterator[Any]:
    """Yield the packets of streams; an error ends them, and says that the file is not whole."""
    import av

    try:
        for packet in container.demux(*streams):
            if packet.size:
                yield packet
    except av.error.FFmpegError:
        for survey in surveys.values():
            survey.broken = True


def note_packet(survey: Survey, packet: Any, clock: PacketClock | None = None) -> None:
    """Add one packet to a survey."""
    survey.count += 1
    survey.broken = bool(packet.is_corrupt)
    offset = clock.correct(packet) if clock else 0.0
    stamp = packet.dts if packet.pts is None else packet.pts
    if stamp is None or packet.is_discard:
        return
    begin = float(stamp * packet.time_base) + offset
    survey.begins.append(begin)
    if packet.is_keyframe:
        sought = begin if packet.dts is None else float(packet.dts * packet.time_base)
        survey.keys.append((begin, sought))
    survey.end = max(survey.end, begin + float((packet.duration or 0) * packet.time_base))
