"""Showing hits: a table, JSON lines, and a picture of each."""

from collections.abc import Sequence
from json import dumps
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import click

from moodreel.errors import MoodreelError

if TYPE_CHECKING:
    from rich.table import Table

    from moodreel.engine.engine import Engine
    from moodreel.media import Hit

EMOTIONS_SHOWN = 2
WIDEST = 100_000  # columns; a measure is cut to the console's width
CAPTION_SHOWN = 80  # characters; a whole video's subtitles may be its caption
NOTHING_FOUND = 1


def show_hits(
    engine: "Engine",
    hits: Sequence["Hit"],
    as_json: bool,
    thumbnails: str | None,
    confident: bool = False,
) -> int:
    """Print hits and return the exit code: 1 if there are none.

    Args:
        confident: whether to leave out those that are no confident match.
    """
    all_weak = bool(hits) and all(hit.weak for hit in hits)
    if confident:
        hits = [hit for hit in hits if not hit.weak]
    if as_json:
        for hit in hits:
            click.echo(dumps(hit.to_dict(), ensure_ascii=False))
    elif hits:
        print_table(hits_table(hits))
    if all_weak:
        shown = "" if confident else "; what comes nearest is shown"
        click.echo(f"moodreel: nothing matches with confidence{shown}", err=True)
    elif not hits:
        click.echo("moodreel: nothing found", err=True)
    if not hits:
        return NOTHING_FOUND
    if thumbnails:
        write_thumbnails(engine, hits, Path(thumbnails))
    return 0


def print_table(table: "Table") -> None:
    """Print a table to stdout, as wide as its contents where that is not a terminal."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=max(console.width, Console(width=WIDEST).measure(table).maximum))
    console.print(table)


def hits_table(hits: Sequence["Hit"], title: str | None = None) -> "Table":
    """Return hits as a table; a caption stands below its video."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("#", "video", "from", "to", "score", "content", "mood"):
        table.add_column(name, justify="left" if name == "video" else "right", no_wrap=True)
    table.add_column("emotions seen")
    if any(hit.weak for hit in hits):
        table.add_column("match")
    for hit in hits:
        parts = (hit.score, hit.content_score, hit.emotion_score)
        numbers = [f"{round(part, 3) + 0.0:.3f}" for part in parts]  # -0.000 is 0.000
        times = [clock(hit.start), clock(hit.end)]
        shown = Text(hit.video)
        if hit.caption:
            caption = shorten(hit.caption, CAPTION_SHOWN, placeholder=" …")
            shown.append(f"\n{caption}", "dim")
        cells = [*times, *numbers, strongest(hit.emotions)]
        if any(other.weak for other in hits):
            cells.append("weak" if hit.weak else "")
        style = "dim" if hit.weak else None
        table.add_row(str(hit.rank), shown, *cells, style=style)
    return table


def clock(seconds: float) -> str:
    """Return seconds as m:ss.s, with hours where there are any.

    >>> clock(65.25), clock(3600)
    ('1:05.2', '1:00:00.0')
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    hours, minutes = divmod(int(minutes), 60)
    head = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{head}:{rest:04.1f}"


def strongest(emotions: dict[str, float]) -> str:
    """Return the strongest emotions in words, such as "joy 0.82, surprise 0.10"."""
    seen = sorted(emotions.items(), key=lambda item: -item[1])[:EMOTIONS_SHOWN]
    return ", ".join(f"{name} {value:.2f}" for name, value in seen) or "-"


def write_thumbnails(engine: "Engine", hits: Sequence["Hit"], folder: Path) -> None:
    """Write the middle frame of each hit as RANK-NAME.jpg; a video that is gone is left out."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for hit in hits:
            save_thumbnail(engine, hit, folder)
    except OSError as error:
        raise MoodreelError(f"{folder}: cannot write pictures: {error.strerror}") from error


def save_thumbnail(engine: "Engine", hit: "Hit", folder: Path) -> None:
    """Write one picture."""
    from PIL import Image

    try:
        frame = engine.frame(hit.video, time=(hit.start + hit.end) / 2)
    except MoodreelError as error:
        click.echo(f"no picture: {error}", err=True)
        return
    target = folder / f"{hit.rank:02}-{Path(hit.video).stem}.jpg"
    Image.fromarray(frame).save(target, quality=90)
