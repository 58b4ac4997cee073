"""Emotion timelines as pictures: SVG, a page around it, and PNG."""

from collections.abc import Callable, Iterator, Sequence
from html import escape
from pathlib import Path

from moodreel.emotions import Emotion
from moodreel.engine.timeline import Timeline
from moodreel.errors import InvalidInput, MissingPackage, MoodreelError
from moodreel.paths import json_text, shown_path
from moodreel.reports.palette import EMOTIONS, LINE
from moodreel.reports.svg import Drawing, Point
from moodreel.storage.atomic import atomic_path

WIDTH, HEIGHT = 960, 360
LEFT, RIGHT, TOP, BOTTOM = 52, 118, 44, 44
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # seconds between ticks
MOST_TICKS = 10
LEVELS = 4  # horizontal lines above zero
UNSEEN = "no emotion was observed"


def write_timeline(timeline: Timeline, path: Path) -> None:
    """Write a timeline as its file's suffix says: .html, .svg, .png or .json.

    Raises:
        InvalidInput: another suffix.
        MissingPackage: PNG needs matplotlib.
        MoodreelError: the file cannot be written.
    """
    write = writer_for(path)
    try:
        with atomic_path(path) as partial:
            partial.write_bytes(write(timeline))
    except OSError as error:
        raise MoodreelError(f"{path}: cannot be written: {error.strerror}") from None


def writer_for(path: Path) -> Callable[[Timeline], bytes]:
    """Return what makes the contents of a file, by its suffix."""
    writers: dict[str, Callable[[Timeline], bytes]] = {
        ".html": lambda timeline: timeline_html(timeline).encode(),
        ".svg": lambda timeline: timeline_svg(timeline).encode(),
        ".png": timeline_png,
        ".json": lambda timeline: json_text(timeline.to_dict()).encode(),
    }
    if path.suffix.lower() not in writers:
        raise InvalidInput(f"{path}: a timeline is written as one of {', '.join(writers)}")
    return writers[path.suffix.lower()]


def timeline_html(timeline: Timeline) -> str:
    """Return a page that needs no other file: the curves, and a table of the same values."""
    title = escape(title_of(timeline))
    columns = "".join(f"<th>{emotion.value}</th>" for emotion in timeline.observed)
    rows = "\n".join(table_row(timeline, row) for row in range(len(timeline.segments)))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 14px system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
svg {{ width: 100%; height: auto }}
table {{ border-collapse: collapse }}
th, td {{ padding: 0.2rem 0.6rem; text-align: right }}
th:last-child, td:last-child {{ text-align: left }}
</style>
</head>
<body>
{timeline_svg(timeline)}
<details>
<summary>Values</summary>
<table>
<tr><th>from</th><th>to</th>{columns}<th>caption</th></tr>
{rows}
</table>
</details>
</body>
</html>
"""


def table_row(timeline: Timeline, row: int) -> str:
    """Return the values of one segment as a row of the page's table."""
    segment, seen = timeline.segments[row], timeline.emotions.named(row)
    values = [f"{seen[name]:.2f}" if name in seen else "-" for name in timeline.observed]
    cells = [clock(segment.start), clock(segment.end), *values, escape(timeline.captions[row])]
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def timeline_svg(timeline: Timeline) -> str:
    """Return the curves, one for each observed emotion, as SVG. Where nothing is known: gaps."""
    drawing, top = Drawing(WIDTH, HEIGHT, title_of(timeline)), highest(timeline)
    drawing.text((LEFT, 20), title_of(timeline), size=15)
    draw_grid(drawing, timeline, top)
    for place, emotion in enumerate(timeline.observed):
        draw_curve(drawing, timeline, emotion, top)
        x, y = WIDTH - RIGHT + 16, TOP + 10 + place * 22
        drawing.line([(x, y), (x + 16, y)], EMOTIONS[emotion], 2)
        drawing.text((x + 22, y), emotion.value)
    if not timeline.observed:
        drawing.text((WIDTH / 2, HEIGHT / 2), UNSEEN, "middle")
    return drawing.svg()


def draw_curve(drawing: Drawing, timeline: Timeline, emotion: Emotion, top: float) -> None:
    """Draw the lines and points of one emotion."""
    curve, colour = timeline.curve(emotion), EMOTIONS[emotion]
    points = [
        None if value is None else (across(timeline, time), up(value, top)) for time, value in curve
    ]
    for line in unbroken(points):
        drawing.line(line, colour, 2)
    for point, (time, value) in zip(points, curve, strict=True):
        if point is not None:
            drawing.dot(point, colour, 3, f"{emotion.value} {value:.2f} at {clock(time)}")


def unbroken(points: Sequence[Point | None]) -> Iterator[list[Point]]:
    """Yield the runs of two points or more that no gap interrupts."""
    run: list[Point] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
            continue
        if len(run) > 1:
            yield run
        run = []


def draw_grid(drawing: Drawing, timeline: Timeline, top: float) -> None:
    """Draw the lines and numbers of both axes."""
    for level in range(LEVELS + 1):
        value = top * level / LEVELS
        y = up(value, top)
        drawing.line([(LEFT, y), (WIDTH - RIGHT, y)])
        drawing.text((LEFT - 8, y), f"{value:g}", "end")
    for time in ticks(timeline.duration):
        x = across(timeline, time)
        drawing.line([(x, HEIGHT - BOTTOM), (x, HEIGHT - BOTTOM + 5)])
        drawing.text((x, HEIGHT - BOTTOM + 16), clock(time), "middle")


def across(timeline: Timeline, time: float) -> float:
    """Return where a time lies in the picture, from the left."""
    return LEFT + (WIDTH - LEFT - RIGHT) * time / (timeline.duration or 1.0)


def up(value: float, top: float) -> float:
    """Return where an intensity lies in the picture, from above."""
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def highest(timeline: Timeline) -> float:
    """Return the intensity at the upper edge: 1, or more where counts are higher."""
    values = timeline.emotions.values
    return max(1.0, float(values.max())) if values.size else 1.0


def ticks(duration: float) -> list[float]:
    """Return the times to be marked, from 0 on.

    >>> ticks(12)
    [0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
    """
    step = next((s for s in STEPS if duration / s <= MOST_TICKS), duration / MOST_TICKS)
    return [step * place * 1.0 for place in range(int(duration / step) + 1)]


def clock(seconds: float) -> str:
    """Return seconds as m:ss, with tenths where there are any.

    >>> clock(65.0), clock(2.5)
    ('1:05', '0:02.5')
    """
    minutes, rest = divmod(round(seconds, 1), 60)
    return f"{int(minutes)}:{rest:04.1f}".removesuffix(".0")


def title_of(timeline: Timeline) -> str:
    """Return what stands above the curves."""
    return f"Emotions in {shown_path(Path(timeline.video).name)}"


def timeline_png(timeline: Timeline) -> bytes:
    """Return the curves as a PNG."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackage('PNG needs matplotlib: pip install "moodreel[plot]"') from None
    from io import BytesIO

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=150, layout="constrained")
    title = title_of(timeline).replace("$", r"\$")  # matplotlib would read formulas
    axes = figure.add_subplot(title=title, xlim=(0, timeline.duration or 1))
    axes.set_ylim(0, highest(timeline) * 1.02)
    for emotion in timeline.observed:
        times, values = zip(*timeline.curve(emotion), strict=True)
        shown = [float("nan") if value is None else value for value in values]
        axes.plot(times, shown, "o-", markersize=3, color=EMOTIONS[emotion], label=emotion.value)
    axes.set_xticks(ticks(timeline.duration), [clock(time) for time in ticks(timeline.duration)])
    axes.grid(axis="y", color=LINE)
    if timeline.observed:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    else:
        axes.text(0.5, 0.5, UNSEEN, ha="center", transform=axes.transAxes)
    made = BytesIO()
    figure.savefig(made, format="png")
    return made.getvalue()
