"""`moodreel annotate`: captions with their emotions, as a file, or against labels."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.options import check_overrides, configuration_options, json_option, open_engine
from moodreel.errors import InvalidInput, MoodreelError

if TYPE_CHECKING:
    from moodreel.evaluation.metrics.agreement import Agreement
    from moodreel.interfaces import EmotionExtractor
    from moodreel.registry.registry import Registry


@click.command()
@click.argument("source", metavar="IN")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--to", "target", metavar="OUT", help="The file to write: .json, .jsonl or .csv.")
@click.option(
    "--extractor",
    default="nrc",
    show_default=True,
    metavar="NAME",
    help="Which emotion extractor reads the captions.",
)
@click.option(
    "--select",
    "ways",
    multiple=True,
    type=click.Choice(["sentiment", "words"]),
    help="Keep only emotional videos: by VADER on their joined captions, by words that name a "
    "feeling, or (both given) by either.",
)
@click.option("--words", metavar="FILE", help="A list of your own for --select words, one a line.")
@click.option("--evaluate", is_flag=True, help="Compare with the labels of the rows.")
@click.option("--labels", metavar="COLUMN", help="Where labels are.  [default: label or emotion]")
@click.option("--fit", metavar="FILE", help="Fit a temperature to the labels; write it as YAML.")
@json_option
@configuration_options
def command(
    source: str,
    overrides: tuple[str, ...],
    target: str | None,
    extractor: str,
    ways: tuple[str, ...],
    words: str | None,
    evaluate: bool,
    labels: str | None,
    fit: str | None,
    as_json: bool,
    preset: str,
    config: str | None,
) -> int:
    """Write the emotions of the captions in IN, one row a caption, in the published form.

    IN is .json, .jsonl, .csv or .tsv with a row a caption (columns video and caption), or the
    folder of an index. Without --to, rows go to stdout as JSON lines. Nothing is left out unless
    --select says so; what the extractor does not know is null.
    """
    from moodreel.cli.index import progress_bar
    from moodreel.datasets.annotation import annotate
    from moodreel.datasets.writing import check_target
    from moodreel.media import Progress
    from moodreel.registry.registry import Registry

    if target:
        check_target(Path(target))
    settings = check_overrides(overrides)
    registry = Registry.load(preset, config, settings)
    reader = text_extractor(registry, extractor)
    rows = source_rows(Path(source), preset, config, settings)
    with progress_bar() as on_progress:
        done = annotate(rows, reader, lambda n: on_progress(Progress(source, n, len(rows))))
    done = selected(done, ways, words, registry)
    if target or not (evaluate or fit):
        write(done, target)
    if evaluate or fit:
        compare(done, labels, extractor, fit, as_json)
    return 0


def text_extractor(registry: "Registry", name: str) -> "EmotionExtractor":
    """Return an extractor that reads text."""
    found = registry.create("emotion_extractor", name)
    if found.modality != "text":
        raise InvalidInput(f"the extractor {name!r} reads {found.modality}, not text")
    return found


def source_rows(
    source: Path, preset: str, config: str | None, settings: list[str]
) -> list[dict[str, Any]]:
    """Return the captions of a file, or of an index."""
    from moodreel.datasets.annotation import read_captions
    from moodreel.features.captions import indexed_captions

    if not source.is_dir():
        return read_captions(source)
    with open_engine(str(source), preset, config, settings) as engine:
        rows = indexed_captions(engine.search_index)
    if not any(row["caption"] for row in rows):
        raise InvalidInput(
            f"{source}: the index holds no captions; put subtitles beside the videos, or choose "
            "a captioner, and index again"
        )
    return rows


def selected(
    rows: list[dict[str, Any]], ways: tuple[str, ...], words: str | None, registry: "Registry"
) -> list[dict[str, Any]]:
    """Return the rows of the videos that any of the ways selects; all without one."""
    from moodreel.datasets.selection import (
        FEELINGS,
        captions_by_video,
        keep_selected,
        select_by_sentiment,
        select_by_words,
    )
    from moodreel.datasets.tables import read_text

    if words and "words" not in ways:
        ways = (*ways, "words")
    if not ways:
        return rows
    chosen: set[str] = set()
    if "sentiment" in ways:
        chosen |= select_by_sentiment(rows, registry.create("emotion_extractor", "vader"))
    if "words" in ways:
        listed = read_text(Path(words)).split() if words else FEELINGS
        chosen |= select_by_words(rows, listed)
    click.echo(f"{len(chosen)} of {len(captions_by_video(rows))} videos are emotional", err=True)
    return keep_selected(rows, chosen)


def write(rows: list[dict[str, Any]], target: str | None) -> None:
    """Write rows to a file, or to stdout as JSON lines."""
    from moodreel.datasets.writing import write_rows

    if target:
        write_rows(rows, Path(target))
        click.echo(f"{len(rows)} rows: {target}", err=True)
        return
    for row in rows:
        line = dumps(row, ensure_ascii=False)
        click.echo(line.encode("utf-8", "backslashreplace").decode())


def compare(
    rows: list[dict[str, Any]], column: str | None, extractor: str, fit: str | None, as_json: bool
) -> None:
    """Print how rows agree with their labels, and write what was fitted to them."""
    from moodreel.datasets.annotation import read_labels, read_scores
    from moodreel.evaluation.metrics.agreement import judge

    given = read_labels(rows, column)
    labelled = [row for row, label in zip(rows, given, strict=True) if label]
    agreement = judge(read_scores(labelled), [label for label in given if label])
    if as_json:
        click.echo(dumps(agreement.to_dict()))
    else:
        print_agreement(agreement, extractor)
    if fit:
        write_fit(Path(fit), extractor, agreement.temperature)


def print_agreement(agreement: "Agreement", extractor: str) -> None:
    """Print the confusion matrix as a table, and the numbers below it."""
    from rich import box
    from rich.table import Table

    from moodreel.cli.hits import print_table

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
