"""The report of `moodreel index`, in lines and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.tables import print_json
from moodreel.paths import shown_path

if TYPE_CHECKING:
    from moodreel.indexing.report import IndexReport

# Lines of one kind that are printed; --json has them all. A judgement: a thousand of the thumbnail
# folders of a network drive would hide what went wrong.
LINES_A_KIND = 100
GONE = "no longer there; forget it with --prune"
AWAY = "taken for a drive that is away; nothing is forgotten, unless by --prune-away"


def print_report(done: "IndexReport", as_json: bool) -> None:
    """Print the outcome: a summary on stdout, on stderr a line for each file that needs one."""
    for line in report_lines(done):
        click.echo(shown_path(line), err=True)
    if as_json:
        print_json(asdict(done) | {"taken": len(done.taken)})
    else:
        click.echo(summarise(done))


def report_lines(done: "IndexReport") -> Iterator[str]:
    """Yield the lines of a report, problems last but for the account."""
    yield from some("touched", [(path, "holds the same as before") for path in done.touched])
    yield from some("moved", moves(done))
    yield from some("copied", [(p, f"holds the same as {done.origins[p]}") for p in done.copied])
    yield from counted("read again", done.reread)
    yield from passed_over_lines(done)
    yield from some("gone", [(path, GONE) for path in lost_paths(done)])
    yield from counted("away", done.away, f": {AWAY}")
    yield from some("in part", done.partial)
    yield from some("failed", done.failed)
    if len(done.taken) != done.found:
        yield account(done)


def some(kind: str, entries: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each entry of a kind, and one for those beyond the most."""
    for path, reason in entries[:LINES_A_KIND]:
        yield f"{kind}: {path}: {reason}"
    if len(entries) > LINES_A_KIND:
        yield f"{kind}: and {len(entries) - LINES_A_KIND} more, which --json names"


def moves(done: "IndexReport") -> list[tuple[str, str]]:
    """Return where each moved video was; two that have each other's name say so."""
    was = done.origins
    swapped = {path for path in done.moved if was.get(was.get(path, "")) == path}
    return [
        (path, f"was {was[path]}" + (", their names are swapped" if path in swapped else ""))
        for path in done.moved
    ]


def counted(kind: str, entries: Sequence[tuple[str, str]], advice: str = "") -> Iterator[str]:
    """Yield a line for each reason, with how many videos have it: it is the same for many."""
    for reason, count in Counter(reason for _, reason in entries).items():
        yield f"{kind}: {count} {'videos' if count > 1 else 'video'}: {reason}{advice}"


def passed_over_lines(done: "IndexReport") -> Iterator[str]:
    """Yield what was passed over; files that do not look like videos are only counted."""
    from moodreel.indexing.walking import NO_VIDEO_SUFFIX

    named = [entry for entry in done.passed_over if entry[1] != NO_VIDEO_SUFFIX]
    yield from some("passed over", named)
    if others := len(done.passed_over) - len(named):
        yield f"passed over: {others} {'files' if others > 1 else 'file'} without a video's suffix"


def lost_paths(done: "IndexReport") -> list[str]:
    """Return the missing videos that --prune forgets: not those whose drive may be away."""
    kept = {path for path, _ in done.away}
    return [path for path in done.missing if path not in kept]


def account(done: "IndexReport") -> str:
    """Return how what was found adds up."""
    groups = f"{len(done.taken)} taken, {len(done.passed_over)} passed over"
    return f"found {done.found}: {groups}, {len(done.failed)} failed"


def summarise(done: "IndexReport") -> str:
    """Return the counts of a report in one line, such as "22 added, 1 failed"."""
    groups: dict[str, Sequence[Any]] = {
        "added": done.added,
        "updated": done.updated,
        "moved": done.moved,
        "copied": done.copied,
        "unchanged": done.unchanged,
        "touched": done.touched,
        "pruned": done.pruned,
        "gone": done.missing,
        "read again": done.reread,
        "in part": done.partial,
        "passed over": done.passed_over,
        "failed": done.failed,
    }
    counts = [f"{len(group)} {name}" for name, group in groups.items() if group]
    return ", ".join(counts) or "nothing to do"
