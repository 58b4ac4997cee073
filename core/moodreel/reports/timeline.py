"""Emotion timelines as pictures: SVG, a page around it, and PNG."""

import json
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

from moodreel.atomic import atomic_path
from moodreel.emotions import Emotion
from moodreel.engine.timeline import Timeline
from moodreel.errors import InvalidInput, MissingPackage, MoodreelError

COLOURS = {
    Emotion.JOY: "#b8860b",
    Emotion.TRUST: "#2e8b57",
    Emotion.SURPRISE: "#0e8ca8",
    Emotion.ANTICIPATION: "#d2691e",
    Emotion.FEAR: "#6b8e23",
    Emotion.SADNESS: "#3156a3",
    Emotion.DISGUST: "#8e44ad",
    Emotion.ANGER: "#c0392b",
}
WIDTH, HEIGHT = 960, 360
LEFT, RIGHT, TOP, BOTTOM = 52, 118, 44, 44
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)  # seconds between ticks
MOST_TICKS = 10
LEVELS = 4  # horizontal lines above zero
STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#333}.title{font-size:15px;font-weight:600}"
    ".grid{stroke:#ddd}.curve{fill:none;stroke-width:2;stroke-linejoin:round}"
)


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
        ".json": lambda timeline: json.dumps(timeline.to_dict(), ensure_ascii=False).encode(),
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
    title = escape(title_of(timeline))
    top = highest(timeline)
    parts = [*grid(timeline, top), *legend(timeline)]
    for emotion in timeline.observed:
        parts += curve(timeline, emotion, top)
    if not timeline.observed:
        parts.append(text(WIDTH / 2, HEIGHT / 2, "no emotion was observed", "middle"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{title}</title><style>{STYLE}</style>"
        f'<text class="title" x="{LEFT}" y="24">{title}</text>' + "".join(parts) + "</svg>"
    )


def curve(timeline: Timeline, emotion: Emotion, top: float) -> Iterator[str]:
    """Yield the lines and points of one emotion."""
    colour = COLOURS[emotion]
    points = [
        None if value is None else (across(timeline, time), up(value, top))
        for time, value in timeline.curve(emotion)
    ]
    for line in unbroken(points):
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in line)
        yield f'<polyline class="curve" stroke="{colour}" points="{joined}"/>'
    for point, (time, value) in zip(points, timeline.curve(emotion), strict=True):
        if point is not None:
            shown = f"{emotion.value} {value:.2f} at {clock(time)}"
            x, y = point
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
            yield f"<title>{shown}</title></circle>"


def unbroken(
    points: list[tuple[float, float] | None],
) -> Iterator[list[tuple[float, float]]]:
    """Yield the runs of two points or more that no gap interrupts."""
    run: list[tuple[float, float]] = []
    for point in [*points, None]:
        if point is not None:
            run.append(point)
            continue
        if len(run) > 1:
            yield run
        run = []


def grid(timeline: Timeline, top: float) -> Iterator[str]:
    """Yield the lines and numbers of both axes."""
    for level in range(LEVELS + 1):
        value = top * level / LEVELS
        y = up(value, top)
        yield f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
        yield text(LEFT - 8, y + 4, f"{value:g}", "end")
    for time in ticks(timeline.duration):
        x = across(timeline, time)
        yield f'<path class="grid" d="M{x:.1f} {HEIGHT - BOTTOM}v5"/>'
        yield text(x, HEIGHT - BOTTOM + 20, clock(time), "middle")


def legend(timeline: Timeline) -> Iterator[str]:
    """Yield the names of the emotions in their colours."""
    for place, emotion in enumerate(timeline.observed):
        y = TOP + 10 + place * 22
        x = WIDTH - RIGHT + 16
        yield f'<path class="curve" stroke="{COLOURS[emotion]}" d="M{x} {y}h16"/>'
        yield text(x + 22, y + 4, emotion.value)


def text(x: float, y: float, content: str, anchor: str = "start") -> str:
    """Return a text of the picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(content)}</text>'


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
    return f"Emotions in {Path(timeline.video).name}"


def timeline_png(timeline: Timeline) -> bytes:
    """Return the curves as a PNG."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPackage('PNG needs matplotlib: pip install "moodreel[plot]"') from None
    from io import BytesIO

    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=150, layout="constrained")
    axes = figure.add_subplot(title=title_of(timeline), xlim=(0, timeline.duration or 1))
    axes.set_ylim(0, highest(timeline) * 1.02)
    for emotion in timeline.observed:
        times, values = zip(*timeline.curve(emotion), strict=True)
        shown = [float("nan") if value is None else value for value in values]
        axes.plot(times, shown, "o-", markersize=3, color=COLOURS[emotion], label=emotion.value)
    axes.set_xticks(ticks(timeline.duration), [clock(time) for time in ticks(timeline.duration)])
    axes.grid(axis="y", color="#dddddd")
    if timeline.observed:
        axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    else:
        axes.text(0.5, 0.5, "no emotion was observed", ha="center", transform=axes.transAxes)
    made = BytesIO()
    figure.savefig(made, format="png")
    return made.getvalue()
