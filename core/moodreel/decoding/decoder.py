"""Decoding in worker processes: time limits, crashed workers, and the second reader.

A decoder is C code that meets files from anywhere: it may crash or hang. It does so in a worker,
which costs one file, or no file if the next reader can read it.
"""

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as ReadTimeout
from dataclasses import replace
from functools import cached_property
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any, Self

import numpy as np
from pebble import ProcessExpired, ProcessFuture, ProcessPool

from moodreel.containers.frames import EARLY
from moodreel.decoding.listening import RATE
from moodreel.decoding.workers import WorkerContext, prepare_worker
from moodreel.errors import ConfigurationError, MoodreelError, PluginError, UnreadableVideo
from moodreel.interfaces import VideoReader
from moodreel.media import Clip, Sound, VideoFacts

# Seconds of a video that one call sweeps: 375 frames at 25 a second, 1.5 MB at 27 x 48. A file that
# can only be read from its start is read anew for each stretch. Judgements, not measured.
STRETCH, LONG_STRETCH = 15.0, 600.0
# How many calls a worker serves: a judgement, not measured.
TASKS_A_WORKER = 200  # decord is reported to leak, so workers are replaced after some work


class Decoder:
    """Reads videos in worker processes, which start with the first call.

    Args:
        readers: the readers, tried in turn until one can read the file.
        workers: how many processes decode.
        timeout: seconds that one call may take before its worker is ended (a judgement, not
            measured).
        plugins: plugin files that readers may come from; workers load them first.
    """

    def __init__(
        self,
        readers: Sequence[VideoReader],
        workers: int = 2,
        timeout: float = 120.0,
        plugins: Sequence[Path] = (),
    ) -> None:
        if not readers:
            raise ConfigurationError("no video reader is chosen; set video_reader")
        self.readers = readers
        self.workers = workers
        self.timeout = timeout
        self.plugins = tuple(plugins)
        self._guard, self._closed = Lock(), False
        self._pending: set[ProcessFuture] = set()

    @cached_property
    def _pool(self) -> ProcessPool:
        return ProcessPool(
            self.workers,
            max_tasks=TASKS_A_WORKER,
            initializer=prepare_worker,
            initargs=(os.getpid(), self.plugins),
            context=WorkerContext(),
        )

    def probe(self, path: str | Path) -> VideoFacts:
        """Return the facts of a video.

        Raises:
            UnreadableVideo: no reader can read it; the reason of each is given.
        """
        reasons: list[str] = []
        for reader in self.readers:
            try:
                return self._ask(reader.probe, Path(path))
            except UnreadableVideo as error:
                reasons.append(error.reason)
        raise UnreadableVideo(path, join_reasons(reasons))

    def read(
        self, path: str | Path, times: Sequence[float], facts: VideoFacts | None = None
    ) -> Clip:
        """Return the frames shown at `times` (seconds, ascending); unreadable ones are left out.

        A reader that gives fewer than were asked for is followed by the next; the clip that holds
        most of them is returned, and says by which reader.

        Args:
            path: the file.
            times: seconds from the video's zero point, ascending.
            facts: what `probe` gave, so that readers need not find out again.

        Raises:
            UnreadableVideo: no reader can read any of them; the reason of each is given.
        """
        reasons: list[str] = []
        best: Clip | None = None
        for reader in self.readers:
            named = {"facts": facts} if takes_facts(reader) else {}
            try:
                clip = self._ask(reader.read, Path(path), list(times), **named)
            except UnreadableVideo as error:
                reasons.append(error.reason)
                continue
            if best is None or len(clip) > len(best):
                best = replace(clip, reader=reader.fingerprint)
            if len(clip) == len(times):
                break
        if best is None:
            raise UnreadableVideo(path, join_reasons(reasons))
        return best

    def listen(
        self, path: str | Path, start: float, end: float, facts: VideoFacts | None = None
    ) -> Sound:
        """Return what is heard from `start` to `end`, in seconds from the video's zero point.

        Raises:
            UnreadableVideo: no reader can read the sound; the reason of each is given.
        """
        reasons: list[str] = []
        for reader in self.readers:
            try:
                return self._ask(reader.listen, Path(path), start, end, rate=RATE, facts=facts)
            except UnreadableVideo as error:
                reasons.append(error.reason)
        raise UnreadableVideo(path, join_reasons(reasons))

    def sweep(self, path: str | Path, size: tuple[int, int], facts: VideoFacts) -> Iterator[Clip]:
        """Yield every frame of a video in order, squeezed into `size`, some hundreds at a time.

        A worker decodes one stretch, while whoever takes the clips works on the one before.

        Args:
            path: the file.
            size: height and width of the frames, in pixels.
            facts: what `probe` gave.

        Raises:
            UnreadableVideo: the first reader cannot read it.
        """
        length = LONG_STRETCH if facts.sequential else STRETCH
        starts = np.arange(0.0, max(facts.duration, EARLY), length)
        ends = [*starts[1:], math.inf]
        for start, end in zip(starts, ends, strict=True):
            clip = self._ask(self.readers[0].sweep, Path(path), float(start), end, size, facts)
            if clip is not None:
                yield clip

    def call(self, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        """Run a function in a worker and return what it returns."""
        future = self._schedule(function, arguments, named)
        try:
            return future.result()
        except CancelledError:
            raise closed_decoder() from None
        finally:
            self._pending.discard(future)

    def _schedule(
        self, function: Callable[..., Any], arguments: Sequence[Any], named: Mapping[str, Any]
    ) -> ProcessFuture:
        with self._guard:
            if self._closed:
                raise closed_decoder()
            future = self._pool.schedule(
                function, args=arguments, kwargs=dict(named), timeout=self.timeout
            )
            self._pending.add(future)
            return future

    def _ask(self, method: Callable[..., Any], path: Path, *arguments: Any, **named: Any) -> Any:
        """Call a reader's method; whatever goes wrong is the reason why it cannot read the file."""
        try:
            return self.call(method, path, *arguments, **named)
        except UnreadableVideo:
            raise
        except PluginError as error:
            reason = str(error)
        except MoodreelError:
            raise
        except ReadTimeout:
            reason = f"the decoder gave no answer in {self.timeout:g} s"
        except ProcessExpired as error:
            reason = f"the decoder crashed{crash_code(error)}"
        except Exception as error:
            reason = f"the decoder failed: {type(error).__name__}: {one_line(error)}"
        raise UnreadableVideo(path, reason)

    def close(self) -> None:
        """End the workers; threads that are still reading get an error, not new workers."""
        with self._guard:
            self._closed = True
            pool = self.__dict__.pop("_pool", None)
        if pool is not None:
            pool.stop()
            pool.join()
        for future in tuple(self._pending):  # a stopped pool may leave them without an answer
            future.cancel()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def takes_facts(reader: VideoReader) -> bool:
    """Whether a reader's `read` has the parameter `facts`, which older plugins have not."""
    return "facts" in signature(reader.read).parameters


def closed_decoder() -> MoodreelError:
    """Return the error of a call that the end of its decoder cuts off."""
    return MoodreelError("the decoder is closed; what it was reading is given up")


def crash_code(error: ProcessExpired) -> str:
    """Return how a worker ended, such as " (signal 11)"."""
    code = getattr(error, "exitcode", None)
    if not code:
        return ""
    return f" (signal {-code})" if code < 0 else f" (exit code {code})"


def one_line(error: BaseException) -> str:
    """Return an error's message in one line, not too long."""
    text = " ".join(str(error).split())
    return text if len(text) <= 120 else text[:117] + "..."


def join_reasons(reasons: Sequence[str]) -> str:
    """Return the reasons of several readers, each once.

    A plain reason of one reader explains more than another's general one.
    """
    return "; ".join(dict.fromkeys(reasons))
