"""Bounded concurrency: N jobs run, M wait, the rest get 503."""

from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync

from moodreel.web.problems import Busy

Result = TypeVar("Result")


class ConcurrencyLimit:
    """Runs functions in threads, `at_once` at a time; `waiting` more wait, the rest are refused.

    Args:
        at_once: how many functions run at once.
        waiting: how many more may wait for their turn.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self.places = at_once + waiting
        self.at_once = at_once
        self.inside = 0
        self._limiter: CapacityLimiter | None = None

    async def run(self, function: Callable[..., Result], *arguments: object) -> Result:
        """Run a function in a thread when its turn comes.

        Raises:
            Busy: too many are waiting; the API answers it with status 503.
        """
        if self.inside >= self.places:
            raise Busy("too many requests at once; try again in a moment")
        self._limiter = self._limiter or CapacityLimiter(self.at_once)
        self.inside += 1
        try:
            return await run_sync(function, *arguments, limiter=self._limiter)
        finally:
            self.inside -= 1
