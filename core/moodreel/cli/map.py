"""`moodreel map`: the vector space under several strategies, in numbers and as a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.datasets import (
    CollectionOptions,
    DatasetOptions,
    collection_options,
    dataset_options,
    open_collection,
)
from moodreel.cli.groups import option_group
from moodreel.cli.options import ConfigurationOptions, index_options
from moodreel.cli.overrides import split_overrides
from moodreel.cli.tables import print_section
from moodreel.errors import MoodreelError
from moodreel.reports.forms import check_form

if TYPE_CHECKING:
    from moodreel.evaluation.embedding import EmbeddingMap, Point
    from moodreel.evaluation.material import Material

FORMS = (".html", ".png", ".json")
PICTURE_HEIGHT = 120


@dataclass(frozen=True)
class MapOptions:
    """How a map is drawn.

    Args:
        report: files to write the map into, each in the form that its suffix names.
        points: segments on the map at most.
        pictures: frames in the page at most.
        seed: of t-SNE.
        as_json: whether one JSON object is printed rather than tables.
    """

    report: tuple[str, ...] = ()
    points: int = 2000
    pictures: int = 500
    seed: int = 0
    as_json: bool = False


map_options = option_group(
    "drawn",
    MapOptions,
    click.option(
        "--report",
        multiple=True,
        metavar="FILE",
        help="Also write the map: FILE.html (interactive), FILE.png or FILE.json; may repeat.",
    ),
    click.option(
        "--points",
        type=click.IntRange(min=5),
        default=MapOptions.points,
        show_default=True,
        metavar="N",
        help="The number of segments on the map; of more, an even choice is taken.",
    ),
    click.option(
        "--pictures",
        type=click.IntRange(min=0),
        default=MapOptions.pictures,
        show_default=True,
        metavar="N",
        help="The number of frames in the page; points beyond them show their name alone.",
    ),
    click.option(
        "--seed",
        default=MapOptions.seed,
        show_default=True,
        metavar="N",
        help="The seed of t-SNE, which places the points.",
    ),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object."),
)


@click.command()
@click.argument("arguments", nargs=-1, metavar="[QUERY]... [KEY=VALUE]...")
@click.option(
    "--fusion",
    "fusions",
    multiple=True,
    required=True,
    metavar="NAME",
    help="A fusion strategy, by name or as the folder of a trained one; may repeat. The map of "
    "each starts from that of the first.",
)
@map_options
@collection_options
@dataset_options
@index_options
def command(
    arguments: tuple[str, ...],
    fusions: tuple[str, ...],
    drawn: MapOptions,
    collection: CollectionOptions,
    place: DatasetOptions,
    configuration: ConfigurationOptions,
) -> int:
    """Map the vectors of videos and texts under fusion strategies, and measure how they changed.

    QUERY is a text or a file of texts. Without any, the map shows a dataset's own captions, and of
    an index the videos alone.
    """
    for path in map(Path, drawn.report):
        check_form(path, FORMS)
    texts, overrides = split_overrides(arguments)
    chosen = configuration.with_overrides(overrides)
    with open_collection(texts, collection, place, chosen, fusions) as material:
        from moodreel.evaluation.embedding import make_map

        found = make_map(material, fusions, drawn.points, drawn.seed)
        for path in map(Path, drawn.report):
            write_map(material, found, path, drawn.pictures)
        print_map(found, drawn.as_json)
        return 1 if material.videos.failed else 0


def print_map(found: "EmbeddingMap", as_json: bool) -> None:
    """Print one JSON object, or tables."""
    from moodreel.reports.map import map_json, map_sections

    if as_json:
        click.echo(map_json(found), nl=False)
        return
    for section in map_sections(found):
        print_section(section)


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
