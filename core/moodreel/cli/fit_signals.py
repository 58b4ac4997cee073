"""`moodreel fit-signals`: the weights of signals of mood, fitted to labelled videos."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.fit_text import check_target
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.progress import progress_bar
from moodreel.errors import ConfigurationError

if TYPE_CHECKING:
    from moodreel.interfaces import EmotionExtractor, SignalFitReport


@click.command()
@click.argument("dataset")
@overrides_argument
@click.option(
    "--to",
    "target",
    required=True,
    metavar="FILE",
    help="The file that the weights are written into (.safetensors).",
)
@click.option(
    "--extractor",
    default="all",
    show_default=True,
    metavar="NAME",
    help="The emotion extractor that joins the signals.",
)
@click.option("--split", metavar="NAME", help="Take this split alone, such as train.")
@click.option("--videos", metavar="DIR", help="Where the videos lie.  [default: in the dataset]")
@click.option(
    "--cache",
    default=".moodreel/datasets",
    show_default=True,
    metavar="DIR",
    help="Where features of datasets are kept.",
)
@json_option
@configuration_options
def command(
    dataset: str,
    target: str,
    extractor: str,
    split: str | None,
    videos: str | None,
    cache: str,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Fit how much each signal of mood counts to the labelled videos of DATASET.

    DATASET is a folder or a file of captions whose rows have labels.emotions, as
    `moodreel make-dataset` writes it. The report is 5-fold cross-validated; the weights that are
    written are fitted to all videos.
    """
    check_target(Path(target))
    check_names(configuration, components=[("emotion_extractor", extractor)])
    report = fit(dataset, Path(target), extractor, split, videos, cache, configuration)
    print_report(report, as_json)
    use = (
        f"video_emotion={extractor} components.emotion_extractor.{extractor}.weights_file={target}"
    )
    click.echo(f"Use it: {use}", err=True)
    return 0


def fit(
    source: str,
    target: Path,
    extractor: str,
    split: str | None,
    videos: str | None,
    cache: str,
    configuration: ConfigurationOptions,
) -> "SignalFitReport":
    """Read the signals of a dataset's videos, fit the weights and write them."""
    from moodreel.datasets import load_dataset
    from moodreel.features.signals import signal_emotions
    from moodreel.interfaces import SignalFittable

    registry = open_registry(configuration)
    joining: EmotionExtractor = registry.create("emotion_extractor", extractor)
    if not isinstance(joining, SignalFittable):
        raise ConfigurationError(f"emotion_extractor {extractor!r} has no weights of signals")
    dataset = load_dataset(source, videos=videos, split=split)
    with progress_bar() as on_progress:
        seen, labels = signal_emotions(dataset, registry, joining, cache, on_progress)
    return joining.fit_signals(seen, labels, target)


def print_report(report: "SignalFitReport", as_json: bool) -> None:
    """Print the weights, and what they bring."""
    from dataclasses import asdict

    if as_json:
        click.echo(dumps(asdict(report)))
        return
    weights = ", ".join(f"{name} {weight:.2f}" for name, weight in report.weights.items())
    click.echo(f"{report.videos} videos; weights: {weights}")
    click.echo(
        "a video with an emotion is ranked above one without it: "
        f"{report.before:.3f} before fitting, {report.after:.3f} after"
    )
