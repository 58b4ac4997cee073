"""`moodreel index`: videos into an index."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from moodreel.cli.index_report import print_report
from moodreel.cli.opening import open_engine
from moodreel.cli.options import ConfigurationOptions, index_options, json_option
from moodreel.cli.overrides import split_overrides
from moodreel.cli.progress import progress_bar
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from moodreel.indexing.report import IndexReport


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="PATH... [KEY=VALUE]...")
@click.option(
    "--prune",
    is_flag=True,
    help="Remove from the index the videos of PATH whose files are gone. Those of a folder that is "
    "empty, not there, or not to be listed stay: it may be that of a drive that is away.",
)
@click.option(
    "--prune-away",
    is_flag=True,
    help="As --prune, and remove those of such a folder as well.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Pass over the files and folders in PATH that GLOB names, and what these folders hold; "
    "may repeat.",
)
@click.option(
    "--include",
    multiple=True,
    metavar="GLOB",
    help="Take the files and folders in PATH that GLOB names and that are passed over otherwise; "
    "may repeat. It leaves nothing else out.",
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
    prune_away: bool,
    exclude: tuple[str, ...],
    include: tuple[str, ...],
    segment: float | None,
    stride: float | None,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Index the videos in PATH (files and folders), or bring their index up to date.

    A file that has not changed is skipped, and a changed one is indexed again. One that was moved,
    renamed, touched or copied is recognised by its contents and not encoded again. A file that
    cannot be read is named with the reason, and the others go on. An interrupted run goes on where
    it stopped when it is started again.

    In a folder, files are taken by a fixed list of suffixes; where others share a suffix (.ts,
    .mod, .gif), by their contents. Hidden files and folders, bins and folders of the system
    (@eaDir, $RECYCLE.BIN), linked folders, FIFOs, sockets and devices are passed over. A file that
    is named itself is always taken. The report accounts for everything that was found: it was
    taken, passed over, or failed.

    A GLOB without a slash is compared with names, one with a slash with paths below PATH. *
    stands for any characters, a slash too, ? for one, [ab] for one of some; case is ignored. A
    hidden name is included only by a GLOB that begins with a dot. What matches both --exclude and
    --include is passed over.
    """
    paths, overrides = split_overrides(arguments)
    check_paths(paths)
    chosen = configuration.with_overrides([*overrides, *segment_overrides(segment, stride)])
    with open_engine(chosen) as engine, progress_bar() as on_progress:
        done = engine.index(
            paths,
            prune=prune,
            prune_away=prune_away,
            include=include,
            exclude=exclude,
            on_progress=on_progress,
        )
    if not (done.taken or done.failed or done.missing or done.pruned):
        raise InvalidInput(describe_nothing(paths, done))
    print_report(done, as_json)
    return 1 if done.failed or done.partial or done.away else 0


def check_paths(paths: Sequence[str]) -> None:
    """Refuse a call without a path, and a path where nothing is, before anything is built."""
    from moodreel.indexing.scanning import check_path

    if not paths:
        raise InvalidInput("no path to index: give a video or a folder of videos")
    for path in paths:
        check_path(path)


def describe_nothing(paths: Sequence[str], done: "IndexReport") -> str:
    """Say that some paths hold no videos, and what they hold instead."""
    reasons = [f"{path} {reason}" for path, reason in done.passed_over]
    more = f" and {len(reasons) - 3} more" if len(reasons) > 3 else ""
    passed = f" (passed over: {'; '.join(reasons[:3])}{more})" if reasons else ""
    return f"no videos in {', '.join(paths)}{passed}"


def segment_overrides(segment: float | None, stride: float | None) -> list[str]:
    """Return --segment and --stride as key=value."""
    if segment is None and stride is None:
        return []
    length = [] if segment is None else [f"segments.length={segment}"]
    step = stride if stride is not None else segment
    return [*length, f"segments.stride={step or 5}"]
