"""`moodreel index`: videos into an index."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.opening import open_engine
from moodreel.cli.options import ConfigurationOptions, index_options, json_option
from moodreel.cli.overrides import split_overrides
from moodreel.cli.progress import progress_bar
from moodreel.cli.tables import print_json
from moodreel.errors import InvalidInput
from moodreel.paths import shown_path

if TYPE_CHECKING:
    from moodreel.indexing.indexer import IndexReport


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="PATH... [KEY=VALUE]...")
@click.option(
    "--prune",
    is_flag=True,
    help="Remove from the index the videos of PATH whose files are gone.",
)
@click.option(
    "--segment",
    type=click.FloatRange(min=0),
    metavar="S",
    help="The length of a segment in seconds; 0 takes whole videos.  [default: 5]",
)
@click.option(
    "--stride",
    type=click.FloatRange(min=0, min_open=True),
    metavar="S",
    help="The seconds from the start of a segment to that of the next.  [default: the length]",
)
@json_option
@index_options
def command(
    arguments: tuple[str, ...],
    prune: bool,
    segment: float | None,
    stride: float | None,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Index the videos in PATH (files and folders), or bring their index up to date.

    A file that has not changed is skipped, a changed one is indexed again, and a moved one is
    recognised by its contents. A file that cannot be read is named with the reason, and the others
    go on. An interrupted run goes on where it stopped when it is started again.
    """
    paths, overrides = split_overrides(arguments)
    check_paths(paths)
    chosen = configuration.with_overrides([*overrides, *segment_overrides(segment, stride)])
    with open_engine(chosen) as engine, progress_bar() as on_progress:
        done = engine.index(paths, prune=prune, on_progress=on_progress)
    if not (done.found or done.missing or done.pruned):
        raise InvalidInput(f"no videos in {', '.join(paths)}")
    print_report(done, as_json)
    return 1 if done.failed or done.partial else 0


def check_paths(paths: Sequence[str]) -> None:
    """Refuse a call without a path, and a path where nothing is, before anything is built."""
    from moodreel.indexing.scanning import find_videos

    if not paths:
        raise InvalidInput("no path to index: give a video or a folder of videos")
    for path in paths:
        next(find_videos([path]), None)


def segment_overrides(segment: float | None, stride: float | None) -> list[str]:
    """Return --segment and --stride as key=value."""
    if segment is None and stride is None:
        return []
    length = [] if segment is None else [f"segments.length={segment}"]
    step = stride if stride is not None else segment
    return [*length, f"segments.stride={step or 5}"]


def print_report(done: "IndexReport", as_json: bool) -> None:
    """Print the outcome: a summary on stdout, one line on stderr for each file with a problem."""
    for path, reason in done.failed:
        click.echo(shown_path(f"failed: {path}: {reason}"), err=True)
    for path, reason in done.partial:
        click.echo(shown_path(f"in part: {path}: {reason}"), err=True)
    for path in done.missing:
        click.echo(f"gone: {shown_path(path)}: no longer there; forget it with --prune", err=True)
    if as_json:
        print_json(asdict(done))
    else:
        click.echo(summarise(done))


def summarise(done: "IndexReport") -> str:
    """Return the counts of a report in one line, such as "22 added, 1 failed"."""
    groups: dict[str, Any] = {
        "added": done.added,
        "updated": done.updated,
        "moved": done.moved,
        "unchanged": done.unchanged,
        "pruned": done.pruned,
        "gone": done.missing,
        "in part": done.partial,
        "failed": done.failed,
    }
    return (
        ", ".join(f"{len(group)} {name}" for name, group in groups.items() if group)
        or "nothing to do"
    )
