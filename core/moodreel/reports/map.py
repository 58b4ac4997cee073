"""An embedding map as tables, JSON, an interactive page and a PNG."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from json import dumps
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.emotions import Emotion
from moodreel.errors import MissingPackage, MoodreelError, is_installed
from moodreel.evaluation.embedding import EmbeddingMap, Point
from moodreel.paths import json_text, shown_path
from moodreel.reports.comparison import without_nan
from moodreel.reports.pages import heading, html_table, note, number, page
from moodreel.reports.palette import emotion_colour
from moodreel.reports.sections import Section
from moodreel.reports.svg import Drawing, legend

SIZE = 620  # pixels of the map's side
ACROSS = 4  # panels beside each other in a picture: more would be too small to read
NAMES = (*(emotion.value for emotion in Emotion), "none")
CAUTION = (
    "Distances on a t-SNE map are not distances between vectors; the numbers below are measured "
    "on the vectors themselves."
)
# Moves the points when a strategy is chosen, and shows a picture under the pointer.
SCRIPT = """
const data=JSON.parse(document.getElementById('data').textContent);
const dots=[...document.querySelectorAll('#map [data-n]')];
const tip=document.getElementById('tip');
function place(name){data.places[name].forEach(([x,y],i)=>
  dots[i].setAttribute('transform',`translate(${x} ${y})`));}
document.querySelectorAll('input[name=strategy]').forEach(button=>
  button.addEventListener('change',()=>place(button.value)));
dots.forEach((dot,i)=>{
  dot.addEventListener('mousemove',event=>{
    const point=data.points[i];tip.replaceChildren();
    if(point.picture){const image=new Image();image.src=point.picture;tip.append(image);}
    const words=document.createElement('div');words.textContent=point.words;tip.append(words);
    tip.style.display='block';tip.style.left=event.pageX+14+'px';tip.style.top=event.pageY+14+'px';});
  dot.addEventListener('mouseleave',()=>{tip.style.display='none';});});
"""
EXTRA = (
    "<style>#map [data-n]{transition:transform 1s}#tip{display:none;position:absolute;"
    "background:#fff;border:1px solid #888;padding:.3rem;max-width:16rem;font-size:13px}"
    "#tip img{display:block;max-width:100%}</style>"
)


def map_sections(found: EmbeddingMap) -> Iterator[Section]:
    """Yield the tables of numbers."""
    first = next(iter(found.numbers))
    rows = [
        [
            name,
            *map(number, (n.purity, n.chance, n.gap, n.cka_videos, n.cka_texts)),
            number(n.kept, 2),
        ]
        for name, n in found.numbers.items()
    ]
    head = ["strategy", "purity", "by chance", "gap", "CKA videos", "CKA texts", "kept"]
    words = (
        "Purity: of the 10 nearest segments of other videos, the share with the same emotion. Gap: "
        "between the mean text and the mean video. CKA and kept neighbours: against "
        f"{first}. Emotions of videos by {found.judge}."
    )
    yield Section("Vector space", head, rows, words)
    moved = [name for name in NAMES if any(name in n.moved for n in found.numbers.values())]
    rows = [
        [name, *(number(n.moved.get(key, float("nan"))) for key in moved)]
        for name, n in found.numbers.items()
    ]
    words = "Mean distance between unit vectors, 0 to 2."
    yield Section(f"How far from {first}, by emotion", ["strategy", *moved], rows, words)


def map_json(found: EmbeddingMap) -> str:
    """Return the map in JSON."""
    return json_text(without_nan(found.to_dict())) + "\n"


def map_html(found: EmbeddingMap, pictures: Sequence[str]) -> str:
    """Return the map as a page on which a strategy can be chosen.

    Args:
        found: the map.
        pictures: the picture of each point as a data URI; "" for none.
    """
    places = {name: scaled(rows).round(1).tolist() for name, rows in found.places.items()}
    first = next(iter(places))
    points = [
        {"picture": picture, "words": words_of(point)}
        for point, picture in zip(found.points, pictures, strict=True)
    ]
    held = dumps({"places": places, "points": points}).replace("<", "\\u003c")
    shown = [name for name in NAMES if name in {p.emotion or "none" for p in found.points}]
    body = [
        EXTRA,
        f"<p>{buttons(list(places))}</p>",
        svg_map(found, places[first]),
        f"<p>{legend(shown, map(emotion_colour, shown))} &#9679; videos, &#9632; texts</p>",
        note(CAUTION),
        '<div id="tip"></div>',
        f'<script type="application/json" id="data">{held}</script>',
    ]
    for section in map_sections(found):
        body += [heading(section.title), html_table(section.head, section.rows)]
        body.append(note(section.note))
    return page(f"Map of {found.collection}", body, SCRIPT)


def words_of(point: Point) -> str:
    """Return what to say of a point."""
    place = f" {point.start:.1f}-{point.end:.1f} s" if point.end > point.start else ""
    return f"{shown_path(point.name)}{place}: {point.emotion or 'no emotion'}"


def buttons(names: Sequence[str]) -> str:
    """Return the choice of a strategy."""
    return " ".join(
        f'<label><input type="radio" name="strategy" value="{escape(name, quote=True)}"'
        f"{' checked' if not place else ''}> {escape(name)}</label>"
        for place, name in enumerate(names)
    )


def svg_map(found: EmbeddingMap, places: Sequence[Sequence[float]]) -> str:
    """Return the points as SVG."""
    shapes = {"video": '<circle r="5"/>', "text": '<rect x="-4" y="-4" width="8" height="8"/>'}
    dots = [
        f'<g data-n="{row}" transform="translate({x} {y})" fill="{emotion_colour(point.emotion)}" '
        f'fill-opacity="0.75">{shapes[point.kind]}</g>'
        for row, (point, (x, y)) in enumerate(zip(found.points, places, strict=True))
    ]
    return Drawing(SIZE, SIZE, "t-SNE map", "map", dots).svg()


def scaled(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return places that fill a picture, with a margin, their shape kept."""
    low, high = places.min(0), places.max(0)
    reach = max(float((high - low).max()), 1e-9)
    middle = (low + high) / 2
    return np.asarray((places - middle) / reach * (SIZE - 40) + SIZE / 2, np.float64)


def write_png(found: EmbeddingMap, path: Path) -> None:
    """Write the map as a picture, a panel for each strategy.

    Raises:
        MissingPackage: matplotlib is not installed.
    """
    if not is_installed("matplotlib"):
        raise MissingPackage('a PNG needs the package matplotlib: pip install "moodreel[evaluate]"')
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    across = min(len(found.places), ACROSS)
    down = math.ceil(len(found.places) / across)
    figure = Figure(figsize=(6 * across, 6 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).flatten()
    for axes, (name, places) in zip(panels, found.places.items(), strict=False):
        draw_panel(axes, found, name, places)
    for axes in panels[len(found.places) :]:
        axes.set_axis_off()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        FigureCanvasAgg(figure).print_png(str(path))
    except OSError as error:
        raise MoodreelError(f"{path}: cannot write: {error.strerror}") from error


def draw_panel(axes: Any, found: EmbeddingMap, name: str, places: NDArray[np.float64]) -> None:
    """Draw one strategy's points."""
    axes.set_title(name)
    axes.set_axis_off()
    for emotion in NAMES:
        for kind, marker in (("video", "o"), ("text", "s")):
            rows = [
                row
                for row, point in enumerate(found.points)
                if point.kind == kind and (point.emotion or "none") == emotion
            ]
            label = emotion if rows and kind == "video" else None
            x, y = places[rows, 0], places[rows, 1]
            style = {"s": 22, "c": emotion_colour(emotion), "marker": marker, "alpha": 0.75}
            axes.scatter(x, y, **style, label=label)
    axes.legend(loc="best", fontsize="small", frameon=False)
