"""Draw what `make demo` prints and finds: `python docs/draw_demo.py demo/index`."""

import sys
from io import StringIO
from pathlib import Path

from PIL import Image, ImageDraw
from rich.console import Console
from rich.text import Text

from moodreel import Engine, Hit
from moodreel.cli.demo import CONTENT_QUERIES, MOOD_QUERIES
from moodreel.cli.hits import hits_table

HERE = Path(__file__).parent / "pictures"
QUERIES = (*CONTENT_QUERIES, *MOOD_QUERIES)
TILE, LINE, COLUMNS = (300, 200), 24, 3


def draw_tables(found: dict[str, list[Hit]]) -> None:
    """Write the tables as an SVG."""
    console = Console(record=True, width=128, file=StringIO())
    for query, hits in found.items():
        table = hits_table([named(hit) for hit in hits], title=f'"{query}"')
        console.print(table)
    console.print(Text("moodreel demo --search"), style="dim")
    console.save_svg(str(HERE / "demo.svg"), title="moodreel")


def named(hit: Hit) -> Hit:
    """Return a hit with its file's name alone."""
    return Hit(**{**hit.to_dict(), "video": Path(hit.video).name})


def draw_frames(engine: Engine, found: dict[str, list[Hit]]) -> None:
    """Write the best hit's frame of each query, with the query below it."""
    rows = -(-len(found) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * TILE[0], rows * (TILE[1] + LINE)), "white")
    pen = ImageDraw.Draw(sheet)
    for place, (query, hits) in enumerate(found.items()):
        left, top = place % COLUMNS * TILE[0], place // COLUMNS * (TILE[1] + LINE)
        best = hits[0]
        frame = Image.fromarray(engine.frame(best.video, time=(best.start + best.end) / 2))
        frame.thumbnail((TILE[0] - 8, TILE[1]))
        sheet.paste(frame, (left + 4, top))
        pen.text((left + 4, top + frame.height + 4), query, fill="black", font_size=14)
    sheet.save(HERE / "demo.jpg", quality=85)


def main() -> None:
    """Search the demo's index and draw."""
    with Engine.from_preset("starter", index=sys.argv[1]) as engine:
        found = {query: engine.search(query, top=3) for query in QUERIES}
        draw_tables(found)
        draw_frames(engine, found)


if __name__ == "__main__":
    main()
