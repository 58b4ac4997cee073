"""`moodreel mood`: moments by emotion alone, or the emotions of one video over time."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.asking import QueryOptions, ShownOptions, query_options, shown_options
from moodreel.cli.opening import open_engine, open_index
from moodreel.cli.options import ConfigurationOptions, index_options
from moodreel.cli.overrides import is_setting
from moodreel.cli.tables import clock, print_json, print_table, strongest
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from moodreel.engine.engine import Engine
    from moodreel.engine.timeline import Timeline

PLOTS = (".html", ".svg", ".png", ".json")


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="EMOTION=X...|VIDEO [KEY=VALUE]...")
@click.option(
    "--plot",
    metavar="FILE",
    help="With VIDEO: write its emotions over time (.html, .svg, .png or .json).",
)
@query_options
@shown_options
@index_options
def command(
    arguments: tuple[str, ...],
    plot: str | None,
    query: QueryOptions,
    shown: ShownOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Find moments by emotion alone: joy=0.8 anger=-1. Or show the emotions of a VIDEO over time.

    The emotions are joy, trust, surprise, anticipation, fear, sadness, disgust and anger. An
    intensity goes from -1 (to be avoided) to 1; a name alone means 1. VIDEO is one of the index,
    or any other file, which is read now.
    """
    overrides = [item for item in arguments if is_setting(item)]
    given = [item for item in arguments if not is_setting(item)]
    videos = [item for item in given if is_video(item, plotting=plot is not None)]
    check_arguments(given, videos, plot)
    chosen = configuration.with_overrides(overrides)
    if videos:
        with open_engine(chosen) as engine:
            return show_timeline(engine, videos[0], plot, shown.as_json)
    return show_moods(given, query, shown, chosen)


def show_moods(
    given: list[str], query: QueryOptions, shown: ShownOptions, configuration: ConfigurationOptions
) -> int:
    """Print the moments that feel as asked for."""
    from moodreel.emotions import parse_emotions

    wanted = parse_emotions(given)
    with open_index(configuration, [query.fusion]) as engine:
        return shown.show(engine, engine.mood(wanted, **query.to_dict()))


def is_video(item: str, plotting: bool) -> bool:
    """Whether an argument means a video rather than an emotion.

    An emotion's name means the emotion, unless a plot is asked for; anything else means a video
    if there is such a file, or if it reads as a path.
    """
    from moodreel.emotions import Emotion

    name = item.partition("=")[0].strip().lower()
    if name in list(Emotion) and not plotting:
        return False
    return plotting or Path(item).exists() or reads_as_path(item)


def reads_as_path(item: str) -> bool:
    """Whether an argument could only be a path."""
    return "=" not in item and (os.sep in item or bool(Path(item).suffix))


def check_arguments(given: list[str], videos: list[str], plot: str | None) -> None:
    """Refuse emotions beside a video, several videos, and plots of other kinds, before all work."""
    if videos and len(given) > 1:
        raise InvalidInput(
            "give emotions to find moments, or one video to see its own; "
            f"got {', '.join(map(repr, given))}"
        )
    if plot is not None and Path(plot).suffix.lower() not in PLOTS:
        raise InvalidInput(f"{plot}: a timeline is written as one of {', '.join(PLOTS)}")
    if plot is not None and not videos:
        raise InvalidInput("--plot needs a video: moodreel mood VIDEO --plot FILE")


def show_timeline(engine: "Engine", video: str, plot: str | None, as_json: bool) -> int:
    """Write or print the emotions of a video over time."""
    timeline = engine.timeline(video)
    if plot:
        from moodreel.reports.timeline import write_timeline

        write_timeline(timeline, Path(plot))
    if as_json:
        for row in timeline.to_dict()["segments"]:
            print_json({"video": timeline.video, **row})
    elif not plot:
        print_timeline(timeline)
    if not timeline.observed:
        click.echo("moodreel: no emotion was observed", err=True)
        return 1
    return 0


def print_timeline(timeline: "Timeline") -> None:
    """Print a row for each segment."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("from", "to", "emotions seen", "read from", "caption"):
        table.add_column(name, justify="right" if name in ("from", "to", "read from") else "left")
    for row, segment in enumerate(timeline.segments):
        count = int(timeline.emotions.evidence[row])
        cells = [clock(segment.start), clock(segment.end), strongest(timeline.emotions.named(row))]
        table.add_row(*cells, str(count or "-"), Text(timeline.captions[row]))
    print_table(table)
