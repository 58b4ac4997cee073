"""What the fusion benchmark compares: every strategy there is, and variants of the best.

A strategy that no row names is compared with its default options, trained by the common plan where
it has anything to learn. A row here gives it other options, or a plan of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from moodreel import create
from moodreel.fusion import Dims
from moodreel.registry.discovery import installed_plugins
from moodreel.training.plan import TrainingPlan

PLAN = TrainingPlan(
    steps=300, batch=128, rate=3e-3, decay=3.0, neutral=0.25, emotion=0.5, patience=0, every=300
)
PROTECTED = replace(PLAN, distil=1.0, neutral=0.5)
BARE = replace(PLAN, neutral=0.0)
QUICK = replace(PLAN, steps=200, rate=1e-2, decay=1.0)
FEW = replace(QUICK, steps=100)  # every step goes through the text encoder
SLOW = replace(PLAN, steps=200, rate=1e-3, decay=0.1)
PUBLISHED = {"form": "add", "sides": "text", "init": "normal"}


@dataclass(frozen=True)
class Row:
    """One line of a table: a strategy with options, and how it is trained (None: not at all).

    Args:
        frames: whether every frame is a video of its own, with its own emotion.
    """

    label: str
    name: str
    options: Mapping[str, Any] = field(default_factory=dict)
    plan: TrainingPlan | None = PLAN
    frames: bool = False


BASELINE = Row("baseline", "baseline", plan=None)
LISTED = (
    BASELINE,
    Row("late, untrained", "late", plan=None),
    Row("late, learned", "late", {"weight": "learned"}, QUICK),
    Row("additive as published (`init: normal`)", "additive", PUBLISHED, FEW),
    Row("additive", "additive", plan=FEW),
    Row("video-side", "video-side"),
    Row("concat-fc", "concat-fc", {"dropout": 0.5}, QUICK),
    Row("cross-attention", "cross-attention", plan=SLOW),
)


def unlisted() -> tuple[Row, ...]:
    """Return a row for each strategy that is registered and that no row names.

    One that works inside the video encoder alone is left out: features are made once here.
    """
    named = {row.name for row in LISTED}
    registered = [n for kind, n in installed_plugins().registrations if kind == "fusion_strategy"]
    others = sorted(n for n in set(registered) - named if not works_inside(n))
    return tuple(Row(name, name, plan=PLAN if learns(name) else None) for name in others)


def learns(name: str) -> bool:
    """Whether a strategy has parameters to train."""
    strategy = create("fusion_strategy", name).bind(Dims(content=8, token=8))
    return any(parameter.requires_grad for parameter in strategy.parameters())


def works_inside(name: str) -> bool:
    """Whether a strategy changes the video encoder's embeddings."""
    return "patches" in create("fusion_strategy", name).stages


STRATEGIES = (*LISTED, *unlisted())
ABLATIONS = (
    Row("extended, both sides, zero gate", "video-side"),
    Row("text side only", "video-side", {"sides": "text"}),
    Row("video side only", "video-side", {"sides": "video"}),
    Row("no gate", "video-side", {"gated": False}),
    Row("added, no neutral queries", "video-side", {"form": "add"}, BARE),
    Row("added, neutral queries mixed in", "video-side", {"form": "add"}),
    Row("added, mixed in and distilled", "video-side", {"form": "add"}, PROTECTED),
    Row("added, no gate", "video-side", {"form": "add", "gated": False}),
    Row("without shrinkage", "video-side", {"shrunk": False}),
    Row("without the correction of content", "video-side", {"corrected": False}),
    Row("without either", "video-side", {"shrunk": False, "corrected": False}),
    Row("without the emotion term", "video-side", plan=replace(PLAN, emotion=0.0)),
    Row("without rounds in a batch", "video-side", plan=replace(PLAN, together="")),
    Row("each frame's own emotion", "video-side", frames=True),
    Row("additive by intensity (binary above)", "additive", {"weighting": "intensity"}, FEW),
)
