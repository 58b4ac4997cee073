"""What the searching commands are asked: moods, filters, how many hits, and how they are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from moodreel.cli.groups import option_group
from moodreel.cli.hits import show_hits
from moodreel.cli.options import json_option
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from moodreel.catalog.records import Filter
    from moodreel.engine.engine import Engine
    from moodreel.media import Hit


@dataclass(frozen=True)
class MoodOptions:
    """How a hit should feel.

    Args:
        emotions: as written, such as "joy=0.8"; see `wanted`.
        weight: of mood against content, 0 to 1; None: the strategy's own.
    """

    emotions: tuple[str, ...] = ()
    weight: float | None = None

    @property
    def wanted(self) -> dict[str, float] | None:
        """Intensities by the emotion's name; None: those of the query itself; {}: none."""
        return read_emotions(self.emotions)

    def to_dict(self) -> dict[str, Any]:
        """Return the keywords of `Engine.search` and its siblings."""
        return {"emotions": self.wanted, "weight": self.weight}


@dataclass(frozen=True)
class FilterOptions:
    """Which videos count: TEXT in their path, and their duration in seconds."""

    path: str = ""
    longer: float | None = None
    shorter: float | None = None

    @property
    def filter(self) -> "Filter":
        """The filter of the catalog."""
        from moodreel.catalog.records import Filter

        return Filter(self.path, self.longer, self.shorter)


@dataclass(frozen=True)
class QueryOptions:
    """How many hits are wanted, by which strategy, and which are left out.

    Args:
        top: how many hits at most.
        fusion: another fusion strategy than the preset's; its name, or a trained one's folder.
        min_score: hits below it are left out.
        merge: whether neighbouring hits of one video become one moment.
    """

    top: int = 10
    fusion: str | None = None
    min_score: float | None = None
    merge: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the keywords of `Engine.search` and its siblings."""
        return dict(vars(self))

    def limits(self) -> dict[str, Any]:
        """Return what a `Query` takes of them: all but the strategy."""
        return {name: value for name, value in vars(self).items() if name != "fusion"}


@dataclass(frozen=True)
class ShownOptions:
    """How hits are shown.

    Args:
        confident: whether hits that are no confident match are left out.
        thumbnails: the folder that a picture of each hit is written into.
        as_json: whether hits are printed as JSON lines rather than as a table.
    """

    confident: bool = False
    thumbnails: str | None = None
    as_json: bool = False

    def show(self, engine: "Engine", hits: "Sequence[Hit]") -> int:
        """Print hits and return the exit code (see `show_hits`)."""
        return show_hits(engine, hits, self.as_json, self.thumbnails, self.confident)


def read_emotions(notation: Sequence[str]) -> dict[str, float] | None:
    """Return the emotions given by --emotion: None if there are none, {} for 'none'."""
    from moodreel.emotions import parse_emotions

    if "none" not in notation:
        return parse_emotions(notation) or None
    if len(notation) > 1:
        raise InvalidInput("--emotion none cannot be combined with other emotions")
    return {}


fusion_option = click.option(
    "--fusion",
    metavar="NAME",
    help="The fusion strategy of this query: a name, or the folder of a trained one.  "
    "[default: the preset's]",
)
mood_options = option_group(
    "mood",
    MoodOptions,
    click.option(
        "--emotion",
        "emotions",
        multiple=True,
        metavar="NAME=X",
        help="An emotion and its intensity: joy=0.8 is wanted, anger=-1 is to be avoided; from -1 "
        "to 1; may repeat. 'none' ranks by content alone.  [default: the emotions that the query "
        "itself names or shows]",
    ),
    click.option(
        "--weight",
        type=float,
        metavar="W",
        help="The weight of mood against content, from 0 to 1.  [default: the strategy's]",
    ),
)
filter_options = option_group(
    "filters",
    FilterOptions,
    click.option("--path", default="", metavar="TEXT", help="Only videos with TEXT in their path."),
    click.option(
        "--longer",
        type=click.FloatRange(min=0),
        metavar="S",
        help="Only videos of S seconds or more.",
    ),
    click.option(
        "--shorter",
        type=click.FloatRange(min=0),
        metavar="S",
        help="Only videos of S seconds or less.",
    ),
)
query_options = option_group(
    "query",
    QueryOptions,
    click.option(
        "--top", default=10, show_default=True, metavar="N", help="The number of hits at most."
    ),
    fusion_option,
    click.option("--min-score", type=float, metavar="X", help="Leave out hits that score below X."),
    click.option(
        "--merge/--no-merge",
        default=True,
        show_default=True,
        help="Join neighbouring hits of one video into one moment.",
    ),
)
shown_options = option_group(
    "shown",
    ShownOptions,
    click.option(
        "--confident",
        is_flag=True,
        help="Leave out weak hits, which an unrelated query could have found as well.",
    ),
    click.option(
        "--thumbnails", metavar="DIR", help="Write a picture of each hit into this folder."
    ),
    json_option,
)
