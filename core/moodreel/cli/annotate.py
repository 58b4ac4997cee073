"""`moodreel annotate`: captions with their emotions, as a file, or against labels."""

from dataclasses import dataclass, replace
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.datasets import columns_option
from moodreel.cli.groups import option_group
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_index, open_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.progress import progress_bar
from moodreel.cli.tables import print_json, print_table
from moodreel.errors import InvalidInput, MoodreelError

if TYPE_CHECKING:
    from moodreel.evaluation.metrics.agreement import Agreement
    from moodreel.interfaces import EmotionExtractor
    from moodreel.registry.registry import Registry


Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class SelectionOptions:
    """Which videos are kept.

    Args:
        select: the ways of which any selects a video, "sentiment" and "words"; none keeps all.
        words: a file with the words that name a feeling; None: the published list.
    """

    select: tuple[str, ...] = ()
    words: str | None = None

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways, that by words among them where words are given."""
        by_words = ("words",) if self.words and "words" not in self.select else ()
        return (*self.select, *by_words)


@dataclass(frozen=True)
class LabelOptions:
    """What is done with the labels of the rows.

    Args:
        evaluate: whether emotions are compared with them.
        labels: their column; None: label or emotion.
        fit: the file that a temperature fitted to them is written into.
    """

    evaluate: bool = False
    labels: str | None = None
    fit: str | None = None


selection_options = option_group(
    "selection",
    SelectionOptions,
    click.option(
        "--select",
        multiple=True,
        type=click.Choice(["sentiment", "words"]),
        help="Keep emotional videos alone: those whose joined captions VADER calls emotional, or "
        "those with a word that names a feeling; given twice, either will do.",
    ),
    click.option("--words", metavar="FILE", help="Your own words for --select words, one a line."),
)
label_options = option_group(
    "labelled",
    LabelOptions,
    click.option("--evaluate", is_flag=True, help="Compare the emotions with labels of the rows."),
    click.option(
        "--labels",
        metavar="COLUMN",
        help="The column of the labels.  [default: label or emotion]",
    ),
    click.option(
        "--fit",
        metavar="FILE",
        help="Fit a temperature to the labels, and write the calibrated extractor as YAML.",
    ),
)


@click.command()
@click.argument("source", metavar="IN")
@overrides_argument
@click.option("--to", "target", metavar="OUT", help="The file to write: .json, .jsonl or .csv.")
@click.option(
    "--extractor",
    default="nrc",
    show_default=True,
    metavar="NAME",
    help="The emotion extractor that reads the captions.",
)
@columns_option
@selection_options
@label_options
@json_option
@configuration_options
def command(
    source: str,
    target: str | None,
    extractor: str,
    columns: str | None,
    selection: SelectionOptions,
    labelled: LabelOptions,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Annotate the captions in IN with their emotions, one row a caption, in the published form.

    IN is a file with a row a caption (.json, .jsonl, .csv or .tsv, with columns video and caption),
    or the folder of an index. Without --to, rows are printed as JSON lines. All rows are kept
    unless --select is given; what the extractor cannot tell is null.
    """
    from moodreel.datasets.writing import check_target

    if target:
        check_target(Path(target))
    check_names(configuration, components=[("emotion_extractor", extractor)])
    rows = source_rows(Path(source), columns, configuration)
    registry = open_registry(configuration)
    done = read_emotions(rows, text_extractor(registry, extractor), source)
    done = selected(done, selection, registry)
    if target or not (labelled.evaluate or labelled.fit):
        write(done, target)
    if labelled.evaluate or labelled.fit:
        compare(done, extractor, labelled, as_json)
    return 0


def read_emotions(rows: Rows, reader: "EmotionExtractor", name: str) -> Rows:
    """Return rows with the emotions of their captions."""
    from moodreel.datasets.annotation import annotate
    from moodreel.media import Progress

    with progress_bar() as bar:
        return annotate(rows, reader, lambda done: bar(Progress(name, done, len(rows))))


def text_extractor(registry: "Registry", name: str) -> "EmotionExtractor":
    """Return an extractor that reads text."""
    found = registry.create("emotion_extractor", name)
    if found.modality != "text":
        raise InvalidInput(f"the extractor {name!r} reads {found.modality}, not text")
    return found


def source_rows(source: Path, columns: str | None, configuration: ConfigurationOptions) -> Rows:
    """Return the captions of a file, or of an index."""
    from moodreel.datasets.annotation import read_captions
    from moodreel.datasets.rows import parse_columns

    if not source.is_dir():
        return read_captions(source, parse_columns(columns))
    with open_index(replace(configuration, index=str(source))) as engine:
        from moodreel.features.captions import indexed_captions

        rows = indexed_captions(engine.search_index)
    if not any(row["caption"] for row in rows):
        raise InvalidInput(
            f"{source}: the index holds no captions; put subtitles beside the videos, or choose "
            "a captioner, and index again"
        )
    return rows


def selected(rows: Rows, selection: SelectionOptions, registry: "Registry") -> Rows:
    """Return the rows of the videos that any of the ways selects; all without one."""
    from moodreel.datasets import selection as by
    from moodreel.datasets.tables import read_text

    if not selection.ways:
        return rows
    chosen: set[str] = set()
    if "sentiment" in selection.ways:
        chosen |= by.select_by_sentiment(rows, registry.create("emotion_extractor", "vader"))
    if "words" in selection.ways:
        own = selection.words
        chosen |= by.select_by_words(rows, read_text(Path(own)).split() if own else by.FEELINGS)
    total = len(by.captions_by_video(rows))
    click.echo(f"{len(chosen)} of {total} videos are emotional", err=True)
    return by.keep_selected(rows, chosen)


def write(rows: Rows, target: str | None) -> None:
    """Write rows to a file, or to stdout as JSON lines."""
    from moodreel.datasets.writing import write_rows

    if target:
        write_rows(rows, Path(target))
        click.echo(f"{len(rows)} rows: {target}", err=True)
        return
    for row in rows:
        print_json(row)


def compare(rows: Rows, extractor: str, labelled: LabelOptions, as_json: bool) -> None:
    """Print how rows agree with their labels, and write what was fitted to them."""
    from moodreel.datasets.annotation import read_labels, read_scores
    from moodreel.evaluation.metrics.agreement import judge

    given = read_labels(rows, labelled.labels)
    kept = [row for row, label in zip(rows, given, strict=True) if label]
    agreement = judge(read_scores(kept), [label for label in given if label])
    if as_json:
        click.echo(dumps(agreement.to_dict()))
    else:
        print_agreement(agreement, extractor)
    if labelled.fit:
        write_fit(Path(labelled.fit), extractor, agreement.temperature)


def print_agreement(agreement: "Agreement", extractor: str) -> None:
    """Print the confusion matrix as a table, and the numbers below it."""
    from rich import box
    from rich.table import Table

    title = f"{extractor}: labelled (rows) and read (columns)"
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("")
    for name in (*agreement.classes, "unread"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, counts, unread in zip(
        agreement.classes, agreement.confusion, agreement.unread, strict=True
    ):
        table.add_row(name, *(str(count or ".") for count in (*counts, unread)))
    print_table(table)
    click.echo(f"macro-F1 {agreement.macro_f1:.3f}")
    click.echo(
        f"expected calibration error {agreement.calibration_error:.3f}, "
        f"{agreement.calibrated_error:.3f} with a temperature fitted to the other half"
    )


def write_fit(path: Path, extractor: str, temperature: float) -> None:
    """Write a configuration file with the calibrated extractor."""
    name = f"{extractor}-calibrated"
    entry = f"{{plugin: calibrated, extractor: {extractor}, temperature: {temperature:.4g}}}"
    try:
        path.write_text(f"components:\n  emotion_extractor:\n    {name}: {entry}\n", "utf-8")
    except OSError as error:
        raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None
    click.echo(f"{name}: {path}; use it by --config {path} --extractor {name}", err=True)
