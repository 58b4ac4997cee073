"""`moodreel evaluate`: how well one fusion strategy finds a dataset's videos."""

import click

from moodreel.cli.compare import ComparisonOptions, comparison_options, run_comparison
from moodreel.cli.datasets import DatasetOptions, ReadingOptions
from moodreel.cli.options import ConfigurationOptions
from moodreel.cli.overrides import overrides_argument


@click.command()
@click.argument("dataset")
@overrides_argument
@click.option(
    "--fusion",
    metavar="NAME",
    help="The fusion strategy, by name or as the folder of a trained one.  [default: the preset's]",
)
@comparison_options
def command(
    dataset: str,
    fusion: str | None,
    place: DatasetOptions,
    asked: ReadingOptions,
    compared: ComparisonOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Evaluate how well a fusion strategy finds the videos of DATASET by their captions.

    DATASET is a published benchmark (msrvtt-1k-a, msrvtt-7k, msrvtt-9k, didemo, didemo-moments,
    msvd, msvd-multi, vatex, lsmdc, activitynet, activitynet-moments; with --root), a file of
    captions (JSON, JSON lines, CSV), a folder with captions.jsonl and videos/, or a folder of
    features.
    """
    fusions = [fusion] if fusion else []
    return run_comparison(dataset, fusions, place, asked, compared, configuration)
