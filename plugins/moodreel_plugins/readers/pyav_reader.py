"""Reading videos with PyAV (FFmpeg's libraries)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from moodreel import Clip, Register, UnreadableVideo, VideoFacts, hookimpl
from moodreel.containers.frames import EARLY, decode_frames, places_before, sought_frames
from moodreel.containers.opening import names_keys, open_container
from moodreel.containers.probing import probe_video
from moodreel.interfaces import Requirement, VideoReader
from moodreel_plugins.readers.pixels import shown_picture

# Seconds. Judgements, not measured.
AHEAD = 2.0  # from which seeking is tried where no index tells of a key frame
LAST_SHOWN = 0.5  # grace for a last frame whose end is not known


class PyavReader(VideoReader):
    """Decodes with PyAV: upright, in square pixels, by each frame's own time.

    Every frame is checked against the time asked for: it is the last one that begins at or before
    it. Where a seek lands too late, the reader goes back further, at last to the start.

    Args:
        shorter_side: the most pixels of a frame's shorter side; larger frames are shrunk.
    """

    requires = (Requirement("av", "pip install av", "BSD-3-Clause"),)
    version = "2"

    def __init__(self, shorter_side: int = 480) -> None:
        self.shorter_side = shorter_side

    def read(self, path: Path, times: Sequence[float], facts: VideoFacts | None = None) -> Clip:
        """Return the frames shown at `times`; those past the last readable frame are left out."""
        from av.video.reformatter import VideoReformatter

        facts = facts or probe_video(path)
        shown, reformatter = [], VideoReformatter()
        with FrameSource(path, facts) as source:
            for time, frame in source.frames_at(times):
                picture = shown_picture(frame, facts, self.shorter_side, reformatter)
                shown.append((time, picture))
        if not shown:
            first = min(times, default=0.0)
            raise UnreadableVideo(path, f"no frame can be read from {first:.1f} s on")
        return Clip(np.stack([picture for _, picture in shown]), np.array([t for t, _ in shown]))


class FrameSource:
    """The frames of one open file by the times at which they are shown.

    Args:
        path: the file.
        facts: what is known of it.
    """

    def __init__(self, path: Path, facts: VideoFacts) -> None:
        self.path = path
        self.facts = facts
        self._opened: Any = None
        self._patience = AHEAD
        self._untouched = False

    def __enter__(self) -> "FrameSource":
        self._reopen()
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.__exit__(None, None, None)

    def frames_at(self, times: Sequence[float]) -> Iterator[tuple[float, Any]]:
        """Yield each time with the frame shown then: the last one that begins at or before it."""
        run: Run | None = None
        for time in times:
            if run is None or (self._is_worth_seeking(run, time)):
                run = self._run_to(time, run)
            frame = run.advance(time)
            if frame is None or (run.ended and time > self._shown_until(run)):
                return
            yield time, frame

    def _shown_until(self, run: "Run") -> float:
        """Until when the last frame that could be decoded is shown."""
        last = run.begin
        if last >= self.facts.last - LAST_SHOWN:
            return max(self.facts.duration, last) + LAST_SHOWN
        return last + max(LAST_SHOWN, 1 / self.facts.fps)

    def _is_worth_seeking(self, run: "Run", time: float) -> bool:
        """Whether to go to a later key frame rather than to decode on."""
        if self.facts.sequential or run.ended:
            return False
        keys = self._key_times
        if keys is None:
            return time - run.begin > self._patience
        return bisect_right(keys, time + EARLY) > bisect_right(keys, run.begin + EARLY)

    def _run_to(self, time: float, before: "Run | None") -> "Run":
        """Return a run of frames that begins at or before `time`."""
        for sought in places_before(time, self.facts):
            run = Run(self._sought(time, sought))
            if run.begin <= time + EARLY:
                if before and run.begin <= before.begin:
                    self._patience *= 2  # decoding on would have been cheaper
                return run
        return self._run_from_start()

    def _sought(self, time: float, sought: float) -> Iterator[tuple[float, Any]]:
        import av

        self._untouched = False
        with suppress(av.error.FFmpegError):
            yield from sought_frames(self._container, self._stream, self.facts, time, sought)

    def _run_from_start(self) -> "Run":
        if not self._untouched:
            self._reopen()
        self._untouched = False
        return Run(decode_frames(self._container, self._stream, self.facts))

    def _reopen(self) -> None:
        if self._opened is not None:
            self._opened.__exit__(None, None, None)
        self._opened = open_container(self.path)
        self._container = self._opened.__enter__()
        self._stream = self._container.streams[self.facts.stream]
        self._stream.thread_type = "AUTO"
        self._untouched = True

    @cached_property
    def _key_times(self) -> list[float] | None:
        """When key frames begin or are decoded, from the zero point; None where nothing tells."""
        if self.facts.keys:
            return [begin for begin, _ in self.facts.keys]
        if not names_keys(self._container):
            return None
        base, zero = float(self._stream.time_base), self.facts.zero
        entries = [entry for entry in self._stream.index_entries if entry.is_keyframe]
        return sorted(entry.timestamp * base - zero for entry in entries)


class Run:
    """Frames in the order in which they are shown, from somewhere on.

    Attributes:
        begin: when the present frame begins; infinity where there is none.
        ended: whether no frame comes after it.
    """

    def __init__(self, frames: Iterator[tuple[float, Any]]) -> None:
        self._frames = frames
        self.frame: Any
        self.begin, self.frame = next(frames, (float("inf"), None))
        self._next = next(frames, None) if self.frame is not None else None

    @property
    def ended(self) -> bool:
        """Whether no frame comes after the present one."""
        return self._next is None

    def advance(self, time: float) -> Any:
        """Return the last frame that begins at or before `time`, or else the first there is."""
        while self._next is not None and self._next[0] <= time + EARLY:
            self.begin, self.frame = self._next
            self._next = next(self._frames, None)
        return self.frame


@hookimpl
def register_video_readers(register: Register) -> None:
    """Register the PyAV reader."""
    register("pyav", PyavReader)
