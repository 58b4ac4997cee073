"""Charts as SVG text, to be put into a page as they are; no other file is needed."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from moodreel.reports.palette import INK, LINE, colour_of

Point = tuple[float, float]


@dataclass
class Drawing:
    """An SVG picture of a size in pixels, y downwards.

    Args:
        width: in pixels.
        height: in pixels.
        title: what it shows, for those who cannot see it.
        name: its `id` in the page; empty for none.
        parts: what was drawn so far, as SVG.
    """

    width: float
    height: float
    title: str
    name: str = ""
    parts: list[str] = field(default_factory=list)

    def line(self, points: Sequence[Point], colour: str = LINE, width: float = 1) -> None:
        """Draw a line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
            'stroke-linejoin="round"/>'
        )

    def dot(self, at: Point, colour: str, radius: float = 4, tip: str = "") -> None:
        """Draw a dot that says something when the pointer is on it."""
        inside = f"<title>{escape(tip)}</title>" if tip else ""
        self.parts.append(
            f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius}" fill="{colour}">'
            f"{inside}</circle>"
        )

    def text(
        self, at: Point, words: str, anchor: str = "start", colour: str = INK, size: int = 12
    ) -> None:
        """Write words at a point: start, middle or end of them."""
        self.parts.append(
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" fill="{colour}" '
            f'font-size="{size}" dominant-baseline="middle">{escape(words)}</text>'
        )

    def svg(self) -> str:
        """Return the picture."""
        name = f'id="{escape(self.name)}" ' if self.name else ""
        return (
            f"<svg {name}"
            f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}" '
            f'width="{self.width:g}" height="{self.height:g}" role="img" '
            f'font-family="sans-serif"><title>{escape(self.title)}</title>'
            f"{''.join(self.parts)}</svg>"
        )


@dataclass(frozen=True)
class Interval:
    """A measured value with the ends of its interval."""

    label: str
    value: float
    low: float
    high: float
    sure: bool


def interval_chart(title: str, rows: Sequence[Interval]) -> str:
    """Draw values with their intervals, one a line, against zero; sure ones are filled."""
    left, right, step = 220.0, 620.0, 24.0
    drawing = Drawing(right + 60, step * (len(rows) + 2), title)
    reach = max([1e-6, *(abs(end) for row in rows for end in (row.low, row.high))])
    middle, scale = (left + right) / 2, (right - left) / 2 / reach
    bottom = step * (len(rows) + 1)
    drawing.line([(middle, step / 2), (middle, bottom)])
    for place, row in enumerate(rows, 1):
        y = step * place
        drawing.text((left - 10, y), row.label, "end")
        colour = colour_of(1 if row.value > 0 else 0) if row.sure else LINE
        drawing.line([(middle + row.low * scale, y), (middle + row.high * scale, y)], colour, 2)
        tip = f"{row.label}: {row.value:+.3f} ({row.low:+.3f} to {row.high:+.3f})"
        drawing.dot((middle + row.value * scale, y), colour, 5, tip)
    for share in (-1, 0, 1):
        at = (middle + share * reach * scale, bottom + step / 2)
        drawing.text(at, f"{share * reach:+.3f}" if share else "0", "middle")
    return drawing.svg()


def curve_chart(
    title: str,
    places: Sequence[float],
    curves: Mapping[str, Sequence[float]],
    scale: Callable[[float], float] = math.log,
) -> str:
    """Draw curves from 0 to 1 over ascending places; values that are not known are left out.

    Args:
        title: what it shows.
        places: the places on the axis.
        curves: the values at these places, by name.
        scale: the scale of the axis, logarithmic by default.
    """
    left, top, width, height = 50.0, 20.0, 420.0, 240.0
    drawing = Drawing(left + width + 220, top + height + 40, title)
    least = scale(places[0])
    most = scale(places[-1]) - least or 1.0
    across = [left + width * (scale(place) - least) / most for place in places]
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = top + height * (1 - share)
        drawing.line([(left, y), (left + width, y)])
        drawing.text((left - 8, y), f"{share:g}", "end")
    for x, place in zip(across, places, strict=True):
        drawing.text((x, top + height + 16), f"{place:g}", "middle")
    for number, (name, values) in enumerate(curves.items()):
        known = [
            ((x, top + height * (1 - value)), f"{name}: {value:.3f} at {place:g}")
            for x, place, value in zip(across, places, values, strict=True)
            if not math.isnan(value)
        ]
        drawing.line([point for point, _ in known], colour_of(number), 2)
        for point, tip in known:
            drawing.dot(point, colour_of(number), 3, tip)
        drawing.text((left + width + 12, top + 10 + 18 * number), name, colour=colour_of(number))
    return drawing.svg()


def legend(names: Iterable[str], colours: Iterable[str]) -> str:
    """Return an HTML line that says what each colour stands for."""
    return " ".join(
        f'<span><span style="color:{colour}">&#9679;</span> {escape(name)}</span>'
        for name, colour in zip(names, colours, strict=True)
    )


@dataclass(frozen=True)
class Slope:
    """A line from a rank on the left to one on the right."""

    label: str
    left: float
    right: float
    colour: str


def slope_chart(title: str, left: str, right: str, rows: Sequence[Slope], last: int) -> str:
    """Draw lines between ranks under two strategies; rank 1 is on top, steps are logarithmic."""
    start, stop, top, height = 260.0, 560.0, 40.0, max(180.0, 20.0 * len(rows))
    drawing = Drawing(stop + 260, top + height + 20, title)

    def y(rank: float) -> float:
        return top + height * math.log(rank) / math.log(max(last, 2))

    drawing.text((start, 16), f"rank under {left}", "middle")
    drawing.text((stop, 16), f"rank under {right}", "middle")
    for x in (start, stop):
        drawing.line([(x, top), (x, top + height)])
    for row in rows:
        drawing.line([(start, y(row.left)), (stop, y(row.right))], row.colour, 2)
        tip = f"{row.label}: {row.left:g} to {row.right:g}"
        for point in ((start, y(row.left)), (stop, y(row.right))):
            drawing.dot(point, row.colour, 4, tip)
    for place, row in spaced([y(row.left) for row in rows], rows):
        drawing.text((start - 12, place), f"{row.label}  {row.left:g}", "end")
    for place, row in spaced([y(row.right) for row in rows], rows):
        drawing.text((stop + 12, place), f"{row.right:g}  {row.label}")
    return drawing.svg()


def spaced(
    heights: Sequence[float], rows: Sequence[Slope], step: float = 14
) -> list[tuple[float, Slope]]:
    """Return heights for labels, each at least a step below the one before."""
    found: list[tuple[float, Slope]] = []
    for height, row in sorted(zip(heights, rows, strict=True), key=lambda pair: pair[0]):
        least = found[-1][0] + step if found else height
        found.append((max(height, least), row))
    return found


@dataclass(frozen=True)
class Bar:
    """A signed value with its name."""

    label: str
    value: float


def bar_chart(title: str, bars: Sequence[Bar]) -> str:
    """Draw signed values as bars from a common middle."""
    left, right, step = 140.0, 560.0, 24.0
    drawing = Drawing(right + 80, step * (len(bars) + 1), title)
    reach = max([1e-6, *(abs(bar.value) for bar in bars)])
    middle = (left + right) / 2 if any(bar.value < 0 for bar in bars) else left
    scale = (right - middle) / reach
    for place, bar in enumerate(bars, 1):
        y = step * place
        drawing.text((left - 10, y), bar.label, "end")
        end = middle + bar.value * scale
        drawing.line([(middle, y), (end, y)], colour_of(1 if bar.value > 0 else 0), 14)
        drawing.text((right + 8, y), f"{bar.value:+.4f}")
    return drawing.svg()
