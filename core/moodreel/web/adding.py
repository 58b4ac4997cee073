"""Background indexing beside the server: in a process of its own, one run at a time."""

import os
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from moodreel.decoding.workers import WorkerContext, prepare_worker
from moodreel.engine.engine import Engine
from moodreel.errors import MoodreelError
from moodreel.media import Progress
from moodreel.paths import shown_path
from moodreel.web.models import Failure, Indexing
from moodreel.web.problems import Busy

NICENESS = 10  # so that searches go first: a judgement, not measured


@dataclass(frozen=True)
class Recipe:
    """How an engine is made, in a form that goes to another process."""

    preset: str
    index: str
    config: str | None = None
    overrides: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()

    def make(self) -> Engine:
        """Make the engine."""
        return Engine.from_preset(
            self.preset,
            index=self.index,
            config=self.config,
            overrides=self.overrides,
            plugins=self.plugins,
        )


class Adder:
    """Runs one indexing run at a time and knows where it stands.

    Args:
        recipe: how the engine that indexes is made.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.state = Indexing()
        self.changes = 0
        self._lock = Lock()
        self._process: Any = None

    def start(self, folder: Path) -> Indexing:
        """Start indexing a folder.

        Raises:
            Busy: a run is going on.
        """
        with self._lock:
            if self.state.state == "running":
                raise Busy(f"{self.state.folder} is being indexed; wait until that is done")
            self.note(Indexing(state="running", folder=shown_path(folder.name)))
        context = WorkerContext()
        taking, giving = context.Pipe(duplex=False)
        arguments = (self.recipe, str(folder), giving, os.getpid())
        self._process = context.Process(target=index_folder, args=arguments)
        self._process.start()
        giving.close()
        Thread(target=self.follow, args=(taking, folder), daemon=True).start()
        return self.state

    def follow(self, messages: Connection, folder: Path) -> None:
        """Note what the process reports, until it ends in whatever way."""
        last: Indexing | None = None
        while last is None:
            try:
                kind, content = messages.recv()
            except (EOFError, OSError):
                last = Indexing(state="failed", error="the indexing process ended; start it again")
                break
            if kind == "progress":
                self.note(progress_state(content, folder))
            else:
                last = final_state(kind, content, folder)
        self._process.join()
        self.note(last.model_copy(update={"folder": shown_path(folder.name)}))

    def note(self, state: Indexing) -> None:
        """Take a new state."""
        self.state = state
        self.changes += 1

    def stop(self) -> None:
        """End a run that is going on; what it has done is kept."""
        if self._process is not None and self._process.is_alive():
            self._process.terminate()
            self._process.join()


def index_folder(recipe: Recipe, folder: str, giving: Connection, parent: int) -> None:
    """Index a folder and report to the server. Runs in a process of its own."""
    prepare_worker(parent)
    os.nice(NICENESS)
    try:
        with recipe.make() as engine:
            done = engine.index([folder], on_progress=lambda at: giving.send(("progress", at)))
        giving.send(("done", asdict(done)))
    except MoodreelError as error:
        giving.send(("failed", str(error)))


def progress_state(at: Progress, folder: Path) -> Indexing:
    """Return the state of a run that goes on."""
    path = relative(at.label, folder)
    return Indexing(
        state="running", folder=shown_path(folder.name), path=path, done=at.done, total=at.total
    )


def final_state(kind: str, content: Any, folder: Path) -> Indexing:
    """Return the state of a run that ended."""
    if kind == "failed":
        return Indexing(state="failed", error=shown_path(content))
    lists: dict[str, list[Any]] = {
        name: group for name, group in content.items() if isinstance(group, list)
    }
    failures = [*lists["failed"], *lists["partial"]]
    return Indexing(
        state="done",
        summary={name: len(group) for name, group in lists.items() if group},
        failures=[
            Failure(path=relative(path, folder), reason=shown_path(why)) for path, why in failures
        ],
    )


def relative(path: str, folder: Path) -> str:
    """Return a path as seen from the folder."""
    inside = Path(path)
    within = inside.is_relative_to(folder)
    return shown_path(str(inside.relative_to(folder)) if within else inside.name)
