"""`moodreel explain`: why a moment has its score for a text."""

from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.compare import print_section
from moodreel.cli.options import (
    check_overrides,
    configuration_options,
    emotion_option,
    index_option,
    json_option,
    open_engine,
    read_emotions,
    weight_option,
)

if TYPE_CHECKING:
    from moodreel.engine.engine import Engine
    from moodreel.explanation.explaining import Explanation


@click.command()
@click.argument("text")
@click.argument("video", metavar="VIDEO[@SECONDS]")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@emotion_option
@weight_option
@click.option("--fusion", metavar="NAME", help="Another fusion strategy, by name or folder.")
@click.option("--report", metavar="FILE.html", help="Also write a page with frames and faces.")
@json_option
@index_option
@configuration_options
def command(
    text: str,
    video: str,
    overrides: tuple[str, ...],
    emotions: tuple[str, ...],
    weight: float | None,
    fusion: str | None,
    report: str | None,
    as_json: bool,
    index_folder: str,
    preset: str,
    config: str | None,
) -> int:
    """Explain the score of TEXT and VIDEO, by its path as given when it was indexed.

    What content and each emotion contributed sums to the score. Then the words that gave the
    emotion, and the frames and faces that carried it. Without @SECONDS, the best segment is
    explained.
    """
    from moodreel.explanation.explaining import explain
    from moodreel.reports.comparison import check_form, without_nan

    if report:
        check_form(Path(report), [".html"])
    wanted = read_emotions(emotions)
    with open_engine(index_folder, preset, config, check_overrides(overrides)) as engine:
        explanation = explain(engine.search_index, text, video, wanted, weight, fusion)
        if report:
            write_page_of(engine, explanation, Path(report))
    if as_json:
        click.echo(dumps(without_nan(explanation.to_dict()), ensure_ascii=False))
    else:
        print_explanation(explanation)
    return 0


def print_explanation(explanation: "Explanation") -> None:
    """Print the tables of an explanation."""
    from moodreel.reports.explanation import explain_sections

    for section in explain_sections(explanation):
        print_section(section)
    if explanation.note:
        click.echo(f"moodreel: {explanation.note}", err=True)


def write_page_of(engine: "Engine", explanation: "Explanation", path: Path) -> None:
    """Write the page with the frames that were looked at."""
    from moodreel.reports.comparison import write_page
    from moodreel.reports.explanation import explain_html

    pictures = {f.time: engine.frame(explanation.video, time=f.time) for f in explanation.frames}
    write_page(path, explain_html(explanation, pictures))
