"""Showing hits: a table, JSON lines, and a picture of each."""

from collections.abc import Collection, Sequence
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

import click

from moodreel.cli.tables import clock, print_json, print_table, strongest
from moodreel.errors import MoodreelError
from moodreel.paths import shown_path

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from moodreel.engine.engine import Engine
    from moodreel.media import Hit, TextMatch

CAPTION_SHOWN = 80  # characters; a whole video's subtitles may be its caption
NOTHING_FOUND = 1
STEM = 200  # bytes of a video's name in that of its picture; a name of a file has 255 at most


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
            print_json(hit.to_dict())
    elif hits:
        print_table(hits_table(hits, shared=engine.catalog.shared_paths()))
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


def hits_table(
    hits: Sequence["Hit"], title: str | None = None, shared: Collection[str] = ()
) -> "Table":
    """Return hits as a table; a caption stands below its video.

    Args:
        hits: the hits.
        title: what stands above the table.
        shared: the paths that several videos were indexed by; these are shown by where they lie.
    """
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("#", "video", "from", "to", "score", "content", "mood"):
        table.add_column(name, justify="left" if name == "video" else "right", no_wrap=True)
    table.add_column("emotions seen")
    some_weak = any(hit.weak for hit in hits)
    if some_weak:
        table.add_column("match")
    for hit in hits:
        match = ["weak" if hit.weak else ""] if some_weak else []
        table.add_row(*hit_cells(hit, shared), *match, style="dim" if hit.weak else None)
    return table


def hit_name(hit: "Hit", shared: Collection[str] = ()) -> str:
    """Return what a hit's video is called in a table."""
    return shown_path(hit.place if hit.video in shared else hit.video)


def hit_cells(hit: "Hit", shared: Collection[str] = ()) -> list["str | Text"]:
    """Return a hit's row, without whether it is weak."""
    from rich.text import Text

    parts = (hit.score, hit.content_score, hit.emotion_score)
    numbers = [f"{round(part, 3) + 0.0:.3f}" for part in parts]  # -0.000 is 0.000
    shown = Text(hit_name(hit, shared))
    if hit.caption:
        caption = shorten(hit.caption, CAPTION_SHOWN, placeholder=" …")
        shown.append(f"\n{caption}", "dim")
    for match in hit.matches:
        shown.append(f"\n{match_line(match)}", "italic")
    times = (clock(hit.start), clock(hit.end))
    return [str(hit.rank), shown, *times, *numbers, strongest(hit.emotions)]


def match_line(match: "TextMatch") -> str:
    """Return the words that speak for a hit, with what they are and when.

    >>> from moodreel.media import TextMatch
    >>> match_line(TextMatch("speech", "Ask not.", 12.3, 14.0))
    'said at 0:12: Ask not.'
    """
    text = shorten(shown_path(match.text), CAPTION_SHOWN, placeholder=" \u2026")
    return f"{match.place}: {text}"


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
        frame = engine.frame(hit.place, time=(hit.start + hit.end) / 2)
    except MoodreelError as error:
        click.echo(f"no picture: {shown_path(str(error))}", err=True)
        return
    stem = shown_path(Path(hit.video).stem).encode()[:STEM].decode(errors="ignore")
    target = folder / f"{hit.rank:02}-{stem}.jpg"
    Image.fromarray(frame).save(target, quality=90)
