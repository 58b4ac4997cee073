"""`moodreel caption`: what videos show and say, as rows to pre-train on."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.index_report import some
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_components
from moodreel.cli.options import ConfigurationOptions, configuration_options
from moodreel.cli.overrides import split_overrides
from moodreel.cli.progress import progress_bar
from moodreel.errors import ConfigurationError, InvalidInput
from moodreel.paths import shown_path

if TYPE_CHECKING:
    from moodreel.datasets.builders.told_videos import Telling


@click.command()
@click.argument("arguments", nargs=-1, required=True, metavar="PATH... [KEY=VALUE]...")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="FILE",
    help="The file to write: .json, .jsonl or .csv.",
)
@click.option(
    "--subtitles/--no-subtitles",
    default=True,
    show_default=True,
    help="Take the subtitles that lie beside videos as well.",
)
@configuration_options
def command(
    arguments: tuple[str, ...],
    target: str,
    subtitles: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Write what the videos at and under each PATH show and say, a row a text.

    A row has video, caption and role: "auxiliary" is what the captioner says of the video's middle
    frame, "subtitle" what the subtitles beside it say. That is what CLIP-ViP is pre-trained on:
    moodreel train FILE --recipe clip-vip-pretrain.
    """
    from moodreel.datasets.builders.told_videos import Telling
    from moodreel.datasets.writing import check_target, write_rows
    from moodreel.indexing.scanning import scan_paths

    check_target(Path(target))
    paths, overrides = split_overrides(arguments)
    chosen = configuration.with_overrides(overrides)
    check_names(chosen)
    files = scan_paths(paths).taken
    if not files:
        raise InvalidInput(f"{', '.join(paths)}: no videos")
    components = open_components(chosen)
    if components.captioner is None and not subtitles:
        raise ConfigurationError("no captioner is chosen: set captioner, or take --subtitles")
    with progress_bar() as on_progress:
        telling = Telling(components.decoder, components.captioner, subtitles)
        rows = list(telling.rows(files, on_progress))
    components.close()
    write_rows(rows, Path(target))
    return report(telling, len(files), len(rows), target)


def report(telling: "Telling", videos: int, rows: int, target: str) -> int:
    """Say what was written and what failed; return the exit code."""
    for line in some("failed", telling.failed):
        click.echo(shown_path(line), err=True)
    if telling.silent:
        click.echo(f"{telling.silent} of {videos} videos have no text", err=True)
    click.echo(f"{target}: {rows} texts of {videos - telling.silent} videos")
    return 1 if telling.failed or not rows else 0
