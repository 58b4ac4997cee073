"""`moodreel explain`: why a moment has its score for a text."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.asking import MoodOptions, fusion_option, mood_options
from moodreel.cli.opening import open_index
from moodreel.cli.options import ConfigurationOptions, index_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.cli.tables import print_json as show_json
from moodreel.cli.tables import print_section
from moodreel.reports.forms import check_form

if TYPE_CHECKING:
    from moodreel.engine.engine import Engine
    from moodreel.explanation.explaining import Explanation


@click.command()
@click.argument("text")
@click.argument("video", metavar="VIDEO[@SECONDS]")
@overrides_argument
@mood_options
@fusion_option
@click.option(
    "--report", metavar="FILE.html", help="Also write a page with the frames and the faces."
)
@json_option
@index_options
def command(
    text: str,
    video: str,
    mood: MoodOptions,
    fusion: str | None,
    report: str | None,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Explain the score that VIDEO has for TEXT: what content and each emotion contributed.

    VIDEO is a path as `search` prints it; without @SECONDS its best segment for TEXT is explained.
    The contributions sum to the score. Below them stand the words of TEXT that named an emotion,
    and the frames and faces in which it was seen.
    """
    if report:
        check_form(Path(report), [".html"])
    asked = (text, video, mood.wanted, mood.weight, fusion)
    with open_index(configuration, [fusion]) as engine:
        from moodreel.explanation.explaining import explain

        explanation = explain(engine.search_index, *asked)
        if report:
            write_page_of(engine, explanation, Path(report))
    if as_json:
        print_json(explanation)
    else:
        print_explanation(explanation)
    return 0


def print_json(explanation: "Explanation") -> None:
    """Print an explanation as one JSON object."""
    from moodreel.reports.comparison import without_nan

    show_json(without_nan(explanation.to_dict()))


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

    pictures = {f.time: engine.frame(explanation.location, time=f.time) for f in explanation.frames}
    write_page(path, explain_html(explanation, pictures))
