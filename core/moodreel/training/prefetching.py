"""Batches that are prepared while the ones before them are learned from."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from moodreel.training.module import Batch


class Prefetcher:
    """Prepares the next batches in threads, in which decoding waits for its worker processes.

    What a batch is depends on its number alone, so that preparing ahead changes nothing.

    Args:
        prepare: makes the batch of a number; it may be called by several threads.
        ahead: how many batches are prepared ahead; 0 prepares each when it is asked for.
        count: how many batches there are.
    """

    def __init__(self, prepare: Callable[[int], Batch], ahead: int, count: int) -> None:
        self.prepare = prepare
        self.ahead = ahead
        self.count = count
        self.pending: dict[int, Future[Batch]] = {}
        self.threads = ThreadPoolExecutor(max(ahead, 1))

    def at(self, number: int) -> Batch:
        """Return the batch of a number, and begin with those after it."""
        if not self.ahead:
            return self.prepare(number)
        for later in range(number, min(number + 1 + self.ahead, self.count)):
            if later not in self.pending:
                self.pending[later] = self.threads.submit(self.prepare, later)
        return self.pending.pop(number).result()

    def close(self) -> None:
        """Give up what is prepared and no longer wanted, where a run ends early."""
        self.threads.shutdown(cancel_futures=True)
