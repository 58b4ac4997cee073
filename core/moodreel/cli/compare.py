"""`moodreel compare`: fusion strategies against each other on a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.datasets import (
    DatasetOptions,
    ReadingOptions,
    dataset_options,
    open_material,
    reading_options,
)
from moodreel.cli.groups import option_group, together
from moodreel.cli.options import ConfigurationOptions, configuration_options
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.progress import progress_bar
from moodreel.cli.tables import print_section
from moodreel.reports.forms import check_form

if TYPE_CHECKING:
    from moodreel.evaluation.comparison import Comparison
    from moodreel.evaluation.material import Material


@dataclass(frozen=True)
class ComparisonOptions:
    """How strategies are compared, and where the outcome goes.

    Args:
        report: files to write a report into, each in the form that its suffix names.
        trec: the folder to write TREC's run and qrels files into.
        dual: whether to add figures with dual softmax.
        temperature: what scores are multiplied by in it.
        resamples: draws of the bootstrap and of the randomisation test.
        seed: of the draws.
        as_json: whether one JSON object is printed rather than tables.
    """

    report: tuple[str, ...] = ()
    trec: str | None = None
    dual: bool = False
    temperature: float = 5.0
    resamples: int = 5000
    seed: int = 0
    as_json: bool = False

    def make(self, material: "Material", names: Sequence[str]) -> "Comparison":
        """Compare strategies."""
        from moodreel.evaluation.comparison import compare

        with progress_bar() as bar:
            dual = self.temperature if self.dual else None
            return compare(material, names, dual, self.resamples, self.seed, bar)


comparison_options = together(
    dataset_options,
    reading_options,
    option_group(
        "compared",
        ComparisonOptions,
        click.option(
            "--report",
            multiple=True,
            metavar="FILE",
            help="Also write a report: FILE.html, FILE.md or FILE.json; may repeat.",
        ),
        click.option(
            "--trec", metavar="DIR", help="Also write run and qrels files in the form of TREC."
        ),
        click.option(
            "--dual-softmax",
            "dual",
            is_flag=True,
            help="Add figures with dual softmax, which looks at all queries at once: a search "
            "cannot have it.",
        ),
        click.option(
            "--temperature",
            type=click.FloatRange(min=0, min_open=True),
            default=5.0,
            show_default=True,
            metavar="T",
            help="What scores are multiplied by in the dual softmax.",
        ),
        click.option(
            "--resamples",
            type=click.IntRange(min=100),
            default=5000,
            show_default=True,
            metavar="N",
            help="The draws of the bootstrap and of the randomisation test.",
        ),
        click.option(
            "--seed",
            default=0,
            show_default=True,
            metavar="N",
            help="The seed of these draws.",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
    ),
    configuration_options,
)


@click.command()
@click.argument("dataset")
@overrides_argument
@click.option(
    "--fusion",
    "fusions",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A fusion strategy, by name or as the folder of a trained one; may repeat. The others "
    "are compared with the first.",
)
@comparison_options
def command(
    dataset: str,
    fusions: tuple[str, ...],
    place: DatasetOptions,
    asked: ReadingOptions,
    compared: ComparisonOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Compare fusion strategies on DATASET, with tests of significance against the first one.

    DATASET is what `moodreel evaluate` takes. The figures are of all queries, of emotional and
    neutral ones, and of those of each emotion: who is helped by mood, and what does that cost?
    """
    return run_comparison(dataset, list(fusions), place, asked, compared, configuration)


def run_comparison(
    dataset: str,
    fusions: list[str],
    place: DatasetOptions,
    asked: ReadingOptions,
    compared: ComparisonOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Compare strategies, print the outcome, write the files asked for, and return the exit code.

    Args:
        fusions: the strategies; none: that of the preset.
    """
    for path in map(Path, compared.report):
        check_form(path)
    with open_material(dataset, place, asked, configuration, fusions) as material:
        names = fusions or [material.components.registry.slot_name("fusion_strategy")]
        comparison = compared.make(material, names)
        write_files(comparison, material, names, compared)
        print_comparison(comparison, compared.as_json)
        return 1 if material.videos.failed else 0


def write_files(
    comparison: "Comparison", material: "Material", names: Sequence[str], asked: ComparisonOptions
) -> None:
    """Write the reports, and the files of TREC."""
    from moodreel.reports.comparison import write_report
    from moodreel.reports.trec import write_trec

    for path in map(Path, asked.report):
        write_report(comparison, path)
    if asked.trec:
        write_trec(material, names, Path(asked.trec))


def print_comparison(comparison: "Comparison", as_json: bool) -> None:
    """Print the outcome as one JSON object or as tables."""
    from moodreel.reports import comparison as report

    if as_json:
        click.echo(report.as_json(comparison), nl=False)
        return
    click.echo(f"{report.summary_line(comparison)}\n")
    for section in report.sections(comparison, brief=True):
        print_section(section)
    for line in report.verdicts(comparison):
        click.echo(line)
