"""The fusion benchmark's section of RESULTS.md: tables and a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from results import table

HEAD = ["strategy", "mAP, emotional", "times the baseline (95%)", "scene", "neutral", "s"]
MOOD, CONTENT = "#3b6fb6", "#8a8a8a"


@dataclass(frozen=True)
class Line:
    """A measured row.

    Args:
        means: mAP by kind of query.
        spread: standard deviation over seeds, of emotional queries.
        ratio: of emotional queries to the baseline's, between `low` and `high`.
        seconds: of one training and test.
    """

    label: str
    means: Mapping[str, float]
    spread: float
    ratio: float
    low: float
    high: float
    seconds: float

    def cells(self) -> list[str]:
        """Return the cells of a table."""
        return [
            self.label,
            f"{self.means['emotional']:.3f} ± {self.spread:.3f}",
            f"{self.ratio:.2f} ({self.low:.2f} to {self.high:.2f})",
            f"{self.means['scene']:.3f}",
            f"{self.means['neutral']:.3f}",
            f"{self.seconds:.0f}",
        ]


def lines_table(lines: Sequence[Line]) -> str:
    """Return a Markdown table."""
    return table(HEAD, [line.cells() for line in lines])


def draw(lines: Sequence[Line], limits: Mapping[str, float], picture: Path) -> None:
    """Draw the emotional queries' ratio with its interval, and the scene queries' mAP.

    Args:
        limits: other ratios, by name, as vertical lines.
        picture: the file to write.
    """
    from matplotlib import rcParams
    from matplotlib.figure import Figure

    rcParams["svg.hashsalt"] = "fusion"
    figure = Figure(figsize=(9, 0.42 * len(lines) + 1.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2, 1))
    places = range(len(lines))
    ratios = [line.ratio for line in lines]
    errors = [
        [line.ratio - line.low for line in lines],
        [line.high - line.ratio for line in lines],
    ]
    left.barh(places, ratios, xerr=errors, color=MOOD, height=0.6, ecolor="black", capsize=3)
    for name, ratio in limits.items():
        left.axvline(ratio, color="black", linestyle=":")
        left.text(ratio, -0.65, f"{name} ", ha="right", va="bottom", fontsize=8)
    left.axvline(1, color="black", linewidth=0.8)
    left.set(xlabel="emotional queries: mAP, times the baseline's (95% interval)")
    right.barh(places, [line.means["scene"] for line in lines], color=CONTENT, height=0.6)
    right.axvline(lines[0].means["scene"], color="black", linewidth=0.8)
    right.set(xlabel="scene queries: mAP")
    left.set_yticks(places, [line.label.replace("`", "") for line in lines])
    left.invert_yaxis()
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, metadata={"Date": None})
