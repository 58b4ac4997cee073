"""`moodreel map`: the vector space under several strategies, in numbers and as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.compare import print_section
from moodreel.cli.datasets import collection_options, open_collection
from moodreel.errors import MoodreelError

if TYPE_CHECKING:
    from moodreel.evaluation.embedding import EmbeddingMap, Point
    from moodreel.evaluation.material import Material

FORMS = (".html", ".png", ".json")
PICTURE_HEIGHT = 120


@click.command()
@click.argument("arguments", nargs=-1, metavar="[QUERY]... [KEY=VALUE]...")
@click.option(
    "--fusion",
    "fusions",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A strategy's name or folder; may repeat. The map of each starts from the first's.",
)
@click.option(
    "--report",
    multiple=True,
    metavar="FILE",
    help="Write FILE.html (interactive), FILE.png or FILE.json; may repeat.",
)
@click.option(
    "--points",
    type=click.IntRange(min=5),
    default=2000,
    show_default=True,
    metavar="N",
    help="Segments on the map; of more, an even choice is taken.",
)
@click.option(
    "--pictures",
    type=click.IntRange(min=0),
    default=500,
    show_default=True,
    metavar="N",
    help="Frames in the page; points beyond them show their name alone.",
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Of t-SNE.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@collection_options
def command(
    arguments: tuple[str, ...],
    fusions: tuple[str, ...],
    report: tuple[str, ...],
    points: int,
    pictures: int,
    seed: int,
    as_json: bool,
    **options: Any,
) -> int:
    """Map videos and texts under fusion strategies, and measure how the space changed.

    QUERY is a text or a file of texts; without any, a dataset's own captions are taken, and of
    an index the videos alone.
    """
    from moodreel.evaluation.embedding import make_map
    from moodreel.reports.comparison import check_form
    from moodreel.reports.map import map_json, map_sections

    for path in map(Path, report):
        check_form(path, FORMS)
    with open_collection(arguments, needs_query=False, **options) as material:
        found = make_map(material, fusions, points, seed)
        for path in map(Path, report):
            write_map(material, found, path, pictures)
    if as_json:
        click.echo(map_json(found), nl=False)
        return 0
    for section in map_sections(found):
        print_section(section)
    return 0


def write_map(material: "Material", found: "EmbeddingMap", path: Path, pictures: int) -> None:
    """Write the map in the form that the file's suffix names."""
    from moodreel.reports.comparison import write_page
    from moodreel.reports.map import map_html, map_json, write_png

    if path.suffix == ".png":
        write_png(found, path)
    elif path.suffix == ".json":
        write_page(path, map_json(found))
    else:
        write_page(path, map_html(found, take_pictures(material, found.points, pictures)))


def take_pictures(material: "Material", points: "Sequence[Point]", most: int) -> list[str]:
    """Return a frame of each of the first segments as text for a page, "" for the others."""
    from PIL import Image

    from moodreel.reports.explanation import data_uri

    found = []
    for place, point in enumerate(points):
        path = material.videos.videos[point.video].path if point.kind == "video" else None
        if path is None or place >= most:
            found.append("")
            continue
        try:
            clip = material.components.decoder.read(path, [(point.start + point.end) / 2])
            found.append(data_uri(Image.fromarray(clip.frames[0]), PICTURE_HEIGHT))
        except MoodreelError:
            found.append("")
    return found
