"""`moodreel compare`: fusion strategies against each other on a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.datasets import comparison_options, open_material
from moodreel.cli.hits import print_table
from moodreel.cli.index import progress_bar

if TYPE_CHECKING:
    from moodreel.evaluation.comparison import Comparison
    from moodreel.reports.comparison import Section


@click.command()
@click.argument("dataset")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--fusion",
    "fusions",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A strategy's name or folder; may repeat. The others are measured against the first.",
)
@comparison_options
def command(dataset: str, fusions: tuple[str, ...], **options: Any) -> int:
    """Compare fusion strategies on DATASET: whom does emotion help, and what does it cost?

    DATASET is what `moodreel evaluate` takes. Every strategy is measured against the first, over
    all queries, emotional and neutral ones, and those of each emotion.
    """
    return run_comparison(dataset, list(fusions), **options)


def run_comparison(
    dataset: str,
    fusions: list[str],
    report: tuple[str, ...],
    trec: str | None,
    dual: bool,
    resamples: int,
    seed: int,
    as_json: bool,
    **options: Any,
) -> int:
    """Compare strategies, print the outcome and write the files asked for."""
    from moodreel.evaluation.comparison import compare
    from moodreel.reports.comparison import as_json as written
    from moodreel.reports.comparison import check_form, write_report
    from moodreel.reports.trec import write_trec

    for path in map(Path, report):
        check_form(path)
    with open_material(dataset, **options) as material:
        names = fusions or [material.components.registry.slot_name("fusion_strategy")]
        with progress_bar() as on_progress:
            comparison = compare(material, names, dual, resamples, seed, on_progress)
        for path in map(Path, report):
            write_report(comparison, path)
        if trec:
            write_trec(material, names, Path(trec))
        if as_json:
            click.echo(written(comparison), nl=False)
        else:
            print_comparison(comparison)
        return 1 if material.videos.failed else 0


def print_comparison(comparison: "Comparison") -> None:
    """Print the tables."""
    from moodreel.reports.comparison import sections, summary_line, verdicts

    click.echo(f"{summary_line(comparison)}\n")
    for section in sections(comparison, brief=True):
        print_section(section)
    for line in verdicts(comparison):
        click.echo(line)


def print_section(section: "Section") -> None:
    """Print one table with its title and note."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, name in enumerate(section.head):
        table.add_column(name, justify="left" if place < 2 else "right", no_wrap=True)
    for row in section.rows:
        table.add_row(*map(Text, row))
    click.echo(section.title)
    print_table(table)
    if section.note:
        click.echo(f"{section.note}\n")
