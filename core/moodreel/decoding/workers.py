"""Worker processes that start clean and die with their parent."""

import os
import signal
import sys
from contextlib import contextmanager
from multiprocessing.context import SpawnContext, SpawnProcess
from threading import Lock, Thread
from time import sleep
from types import ModuleType
from typing import TYPE_CHECKING

from moodreel.interfaces.plugin_files import load_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PARENT_CHECK = 1.0  # seconds between checks whether the parent lives: a judgement, not measured
_main_hidden = Lock()


class WorkerProcess(SpawnProcess):
    """A process that does not import its parent's main module.

    A spawned process imports it by default, so that a script without an `if __name__ ==
    "__main__"` guard would run again in each worker. A worker of ours needs nothing from there.
    """

    def start(self) -> None:
        """Start the process with an empty module in place of `__main__`."""
        with hidden_main():
            super().start()


class WorkerContext(SpawnContext):
    """The start method for workers."""

    Process = WorkerProcess


@contextmanager
def hidden_main() -> "Iterator[None]":
    """Hide the main module from `multiprocessing` for a moment."""
    with _main_hidden:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def prepare_worker(parent: int, plugins: "Sequence[Path]" = ()) -> None:
    """Set a worker up: Ctrl-C is the parent's affair, and a dead parent ends the worker.

    Args:
        parent: the parent's process id.
        plugins: files whose classes are sent to the worker.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for path in plugins:
        load_file(path)
    Thread(target=follow_parent, args=(parent,), daemon=True).start()


def follow_parent(parent: int) -> None:
    """End this process when its parent is gone, killed perhaps, and could not end it."""
    while os.getppid() == parent:
        sleep(PARENT_CHECK)
    os._exit(1)
