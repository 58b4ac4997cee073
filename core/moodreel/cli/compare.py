"""`moodreel compare`: fusion strategies against each other on a dataset."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from moodreel.reports.forms import COMPARED, check_form

if TYPE_CHECKING:
    from moodreel.evaluation.candidates import Candidate
    from moodreel.evaluation.comparison import Comparison
    from moodreel.evaluation.material import Material
    from moodreel.evaluation.metrics.families import Family
    from moodreel.evaluation.significance import Significance


@dataclass(frozen=True)
class ComparisonOptions:
    """How strategies are compared, and where the outcome goes.

    Args:
        report: files to write a report into, each in the form that its suffix names.
        per_query: a file to write the measures of each query into.
        trec: the folder to write TREC's run and qrels files into.
        dual: whether to add figures with dual softmax.
        temperature: what scores are multiplied by in it.
        querybank: the split or the file of the queries that QB-Norm normalises by; None adds none.
        sweep: an option of strategies and its values, to measure them by; None: none.
        runs: how often a strategy that begins with random values is built, each time by a seed.
        all_pairs: whether the strategies after the first are compared with each other, too.
        family: which comparisons are one family for Holm's correction.
        cross: what queries share, one thing or two that cross; none: as the dataset suggests.
        resamples: draws of the bootstrap and of the randomisation test.
        seed: of the draws.
        as_json: whether one JSON object is printed rather than tables.
    """

    report: tuple[str, ...] = ()
    per_query: str | None = None
    trec: str | None = None
    dual: bool = False
    temperature: float = 100.0
    querybank: str | None = None
    sweep: str | None = None
    runs: int = 1
    all_pairs: bool = False
    family: "Family" = "group"
    cross: tuple[str, ...] = ()
    resamples: int = 5000
    seed: int = 0
    as_json: bool = False

    def check(self) -> None:
        """Refuse files of unknown forms and values of no option, before anything is made."""
        from moodreel.evaluation.candidates import parse_sweep

        for path in map(Path, self.report):
            check_form(path, COMPARED)
        if self.per_query:
            check_form(Path(self.per_query), [".csv"])
        if self.sweep is not None:
            parse_sweep(self.sweep)

    def candidates(self, names: Sequence[str]) -> "list[Candidate]":
        """Return the strategies with their runs."""
        from moodreel.evaluation.candidates import read_candidate

        return [read_candidate(name, range(self.runs)) for name in names]

    def tests(self) -> "Significance":
        """Return how differences are tested."""
        from moodreel.evaluation.significance import Significance

        cross = self.cross or None
        return Significance(self.resamples, self.seed, self.family, self.all_pairs, cross)

    def make(
        self, material: "Material", names: "Sequence[Candidate]", bank: "Material | None" = None
    ) -> "Comparison":
        """Compare strategies."""
        from moodreel.evaluation.comparison import compare

        with progress_bar() as bar:
            dual = self.temperature if self.dual else None
            found = compare(material, names, dual, on_progress=bar, tests=self.tests(), bank=bank)
            if self.sweep is None:
                return found
            from moodreel.evaluation.candidates import parse_sweep
            from moodreel.evaluation.sweep import sweep_option

            swept = sweep_option(material, names, *parse_sweep(self.sweep), bar)
            return replace(found, sweep=swept)

    def bank(self, material: "Material", source: str, place: DatasetOptions) -> "Material | None":
        """Return the queries that QB-Norm normalises by, over the videos that are searched."""
        if self.querybank is None:
            return None
        from moodreel.evaluation.queries import ask, is_file, read_query

        if is_file(Path(self.querybank)):
            asked, held = read_query(self.querybank), material.dataset
        else:
            held = replace(place, split=self.querybank, limit=None).read(source)
            asked = [*held.captions, *held.absent]
            held = replace(held, captions=asked)
        return ask(material.components, material.videos, asked, "querybank", held)


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
            help="Also write a report: FILE.html, FILE.md, FILE.json, FILE.csv or FILE.tex; may "
            "repeat.",
        ),
        click.option(
            "--per-query",
            metavar="FILE.csv",
            help="Also write all measures of each query, a row for each query and run.",
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
            default=100.0,
            show_default=True,
            metavar="T",
            help="What scores are multiplied by in the dual softmax; 100 is usual for cosine "
            "similarities.",
        ),
        click.option(
            "--querybank",
            metavar="SPLIT",
            help="Add figures with QB-Norm by the captions of a split, such as train, or by a file "
            "of queries: a search cannot have it either.",
        ),
        click.option(
            "--sweep",
            metavar="OPTION=VALUES",
            help="Also measure strategies over values of one of their options, in one chart: "
            "weight=0,0.5,1 or weight=0:1:0.1 (first, last and step).",
        ),
        click.option(
            "--runs",
            type=click.IntRange(min=1),
            default=1,
            show_default=True,
            metavar="N",
            help="Build strategies that begin with random values N times, by the seeds 0 to N-1; "
            "tests count these runs as drawn at random.",
        ),
        click.option(
            "--all-pairs",
            is_flag=True,
            help="Also compare the strategies after the first with each other.",
        ),
        click.option(
            "--family",
            type=click.Choice(["group", "measure", "all"]),
            default="group",
            show_default=True,
            help="The comparisons that p values are corrected for together: those of a measure in "
            "a group of queries, of a measure in all groups, or all.",
        ),
        click.option(
            "--cross",
            multiple=True,
            metavar="NAME",
            help="What queries share and is resampled: words, videos, or a label of the captions; "
            "two cross.  [default: face and scene where captions are labelled so, else words and "
            "videos]",
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
    "are compared with the first. Folders with commas between them, or a folder of such folders, "
    "are runs of one strategy.",
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
    compared.check()
    given = compared.candidates(fusions)
    parts = [name for candidate in given for name in candidate.names]
    with open_material(dataset, place, asked, configuration, parts) as material:
        usual = [material.components.registry.slot_name("fusion_strategy")]
        names = given or compared.candidates(usual)
        comparison = compared.make(material, names, compared.bank(material, dataset, place))
        write_files(comparison, material, names, compared)
        print_comparison(comparison, compared.as_json)
        return 1 if material.videos.failed else 0


def write_files(
    comparison: "Comparison",
    material: "Material",
    names: "Sequence[Candidate]",
    asked: ComparisonOptions,
) -> None:
    """Write the reports, and the files of TREC."""
    from moodreel.reports.comparison import write_page, write_report
    from moodreel.reports.records import queries_csv
    from moodreel.reports.trec import write_trec

    for path in map(Path, asked.report):
        write_report(comparison, path)
    if asked.per_query:
        write_page(Path(asked.per_query), queries_csv(comparison))
    if asked.trec:
        write_trec(material, names, Path(asked.trec))


def print_comparison(comparison: "Comparison", as_json: bool) -> None:
    """Print the outcome as one JSON object or as tables."""
    from moodreel.reports.comparison import as_json as to_json
    from moodreel.reports.comparison import summary_line
    from moodreel.reports.sections import sections, verdicts

    if as_json:
        click.echo(to_json(comparison), nl=False)
        return
    click.echo(f"{summary_line(comparison)}\n")
    for section in sections(comparison, brief=True):
        print_section(section)
    for line in verdicts(comparison):
        click.echo(line)
