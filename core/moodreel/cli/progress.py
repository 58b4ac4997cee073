"""A progress bar on stderr."""

from contextlib import contextmanager
from typing import TYPE_CHECKING

from moodreel.paths import shown_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moodreel.media import Progress


@contextmanager
def progress_bar() -> "Iterator[Callable[[Progress], None]]":
    """Show a bar on stderr, where that is a terminal; yield what to call with the progress."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[path]}", markup=False),  # a name may hold what reads as markup
    )
    console = Console(stderr=True)
    shown = console.is_terminal  # elsewhere each bar would leave an empty line
    with Bar(*columns, console=console, transient=True, disable=not shown) as bar:
        task = bar.add_task("index", total=None, path="looking for videos")

        def on_progress(progress: "Progress") -> None:
            bar.update(
                task, completed=progress.done, total=progress.total, path=shown_path(progress.label)
            )

        yield on_progress
