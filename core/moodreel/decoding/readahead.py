"""Read-ahead: frames of the next videos are decoded while the encoders work on this one."""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from queue import Full, Queue
from threading import Event, Thread
from typing import Generic, TypeVar

from moodreel.decoding.segmentation import sample_times, split_clip
from moodreel.media import Clip, Segment

Item = TypeVar("Item")
Task = TypeVar("Task")
# Seconds between checks whether the items are still wanted: a judgement, not measured. A thread
# that is no longer wanted ends this late at most.
PATIENCE = 0.2


@dataclass(frozen=True)
class Chunk:
    """Some neighbouring segments of a video with their clips.

    Args:
        complete: whether every frame that was wanted could be read.
        last: when the last frame that could be read is shown, in seconds.
        reader: the fingerprint of the reader that gave the frames.
    """

    segments: list[Segment]
    clips: list[Clip]
    complete: bool
    last: float
    reader: str = ""

    def without_frames(self) -> "Chunk":
        """Return the chunk without the frames, which are large."""
        return replace(self, clips=[])


@dataclass(frozen=True)
class End:
    """The last item of a background iterator: how it ended."""

    error: BaseException | None = None


class Background(Generic[Item]):
    """Runs an iterator in a thread, at most `depth` items ahead of whoever takes them.

    An error of the iterator is raised where the items are taken.
    """

    def __init__(self, items: Iterator[Item], depth: int) -> None:
        self._queue: Queue[Item | End] = Queue(depth)
        self._stopped = Event()
        self._thread = Thread(target=self._pump, args=(items,), daemon=True)
        self._thread.start()

    def _pump(self, items: Iterator[Item]) -> None:
        try:
            for item in items:
                if not self._put(item):
                    return
            self._put(End())
        except BaseException as error:
            self._put(End(error))

    def _put(self, item: Item | End) -> bool:
        while not self._stopped.is_set():
            try:
                self._queue.put(item, timeout=PATIENCE)
                return True
            except Full:
                continue
        return False

    def stop(self) -> None:
        """Take no more items; the thread ends after the one it is at."""
        self._stopped.set()

    def __iter__(self) -> Iterator[Item]:
        while not isinstance(item := self._queue.get(), End):
            yield item
        if item.error is not None:
            raise item.error


def work_ahead(
    tasks: Iterable[Task], work: Callable[[Task], Iterator[Item]], window: int, depth: int
) -> Generator[tuple[Task, Background[Item]], None, None]:
    """Yield each task with its items, while those of the next `window` tasks are being made."""
    waiting: deque[tuple[Task, Background[Item]]] = deque()
    try:
        for task in tasks:
            waiting.append((task, Background(work(task), depth)))
            if len(waiting) > window:
                yield waiting[0]
                waiting.popleft()[1].stop()
        while waiting:
            yield waiting[0]
            waiting.popleft()[1].stop()
    finally:
        for _, background in waiting:
            background.stop()


def chunk_segments(
    segments: Sequence[Segment], frames: int, frames_a_chunk: int
) -> Iterator[list[Segment]]:
    """Cut a list of segments so that each part needs few enough frames, one segment at least."""
    size = max(frames_a_chunk // frames, 1)
    return (list(segments[i : i + size]) for i in range(0, len(segments), size))


def read_chunk(
    read: Callable[[Sequence[float]], Clip], segments: Sequence[Segment], frames: int
) -> Chunk:
    """Read the clips of some segments at once; those without a readable frame are left out."""
    wanted = [sample_times(segment, frames) for segment in segments]
    # Overlapping segments share moments, and a reader takes each once, in order.
    moments = sorted({time for times in wanted for time in times})
    shown = read(moments)
    clips = split_clip(shown, wanted)
    readable = [(s, c) for s, c in zip(segments, clips, strict=True) if c is not None]
    return Chunk(
        [segment for segment, _ in readable],
        [clip for _, clip in readable],
        complete=len(shown) == len(moments),
        last=float(shown.times[-1]),
        reader=shown.reader,
    )
