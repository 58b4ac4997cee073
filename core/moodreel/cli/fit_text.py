"""`moodreel fit-text`: a reader of texts, fitted to labelled texts."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.datasets import columns_option
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.errors import ConfigurationError, InvalidInput

if TYPE_CHECKING:
    from moodreel.interfaces import TextFitReport, TextFittable
    from moodreel.registry.registry import Registry


@click.command()
@click.argument("source", metavar="FILE")
@overrides_argument
@click.option(
    "--to",
    "target",
    required=True,
    metavar="HEAD",
    help="The file that the fitted head is written into (.safetensors); its report is written "
    "beside it (.json).",
)
@click.option(
    "--extractor",
    default="fitted",
    show_default=True,
    metavar="NAME",
    help="The emotion extractor whose text encoder is used.",
)
@columns_option
@json_option
@configuration_options
def command(
    source: str,
    target: str,
    extractor: str,
    columns: str | None,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Fit a reader of texts to the labelled texts in FILE.

    FILE has a row a text (.json, .jsonl, .csv or .tsv): a column `text`, and `label` (an emotion,
    or neutral) or a column for each emotion with a number from 0 to 1. Texts of one `video` are
    kept together. The report is 5-fold cross-validated; the head that is written is fitted to all
    texts. Respect the licence of the texts: a head is made of them.
    """
    from moodreel.datasets.labelled_texts import read_labelled_texts
    from moodreel.datasets.rows import parse_columns

    check_target(Path(target))
    check_names(configuration, components=[("emotion_extractor", extractor)])
    found = read_labelled_texts(Path(source), parse_columns(columns))
    fitted = fittable(open_registry(configuration), extractor)
    report = fitted.fit_texts(found.texts, found.intensities, found.groups, Path(target))
    print_report(report, as_json)
    use = f"text_emotion={extractor} components.emotion_extractor.{extractor}.head={target}"
    click.echo(f"Use it: {use}", err=True)
    return 0


def check_target(target: Path) -> None:
    """Refuse a name that the report beside it would overwrite."""
    if target.suffix != ".safetensors":
        raise InvalidInput(f"{target}: a head is written into a .safetensors file")


def fittable(registry: "Registry", name: str) -> "TextFittable":
    """Return an extractor of texts that can be fitted."""
    from moodreel.interfaces import TextFittable

    component = registry.create("emotion_extractor", name)
    if not isinstance(component, TextFittable):
        raise ConfigurationError(
            f"emotion_extractor {name!r} has no part that can be fitted to texts"
        )
    return component


def print_report(report: "TextFitReport", as_json: bool) -> None:
    """Print what fitting came to, with 95% intervals."""
    from dataclasses import asdict

    if as_json:
        click.echo(dumps(asdict(report)))
        return
    counts = ", ".join(f"{count:g} {name}" for name, count in report.counts.items())
    click.echo(
        f"{report.texts} texts of {report.groups} groups: {counts}, {report.neutral} neutral"
    )
    rows = (
        ("before", report.before, report.error_before, report.neutral_before),
        ("after", report.after, report.error_after, report.neutral_after),
    )
    for name, (mean, low, high), error, neutral in rows:
        click.echo(
            f"{name} fitting: correlation {mean:.3f} (95%: {low:.3f} to {high:.3f}), "
            f"error {error:.3f}, neutral texts read as emotional {neutral:.1%}"
        )
