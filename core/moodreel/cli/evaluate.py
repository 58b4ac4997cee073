"""`moodreel evaluate`: how well one fusion strategy finds a dataset's videos."""

from typing import Any

import click

from moodreel.cli.compare import run_comparison
from moodreel.cli.datasets import comparison_options


@click.command()
@click.argument("dataset")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--fusion", metavar="NAME", help="A strategy's name or folder.  [default: the preset's]"
)
@comparison_options
def command(dataset: str, fusion: str | None, **options: Any) -> int:
    """Measure how well a fusion strategy finds the videos of DATASET.

    DATASET is a published benchmark (msrvtt-1k-a, msrvtt-7k, msrvtt-9k, didemo, didemo-moments,
    msvd, lsmdc, activitynet, activitynet-moments; with --root), a file of captions (JSON, JSON
    lines, CSV), a folder with captions.jsonl and videos/, or a folder of features.
    """
    return run_comparison(dataset, [fusion] if fusion else [], **options)
