"""`moodreel make-dataset`: videos with captions, made of photographs and recordings."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.progress import progress_bar
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from moodreel.datasets.builders.reaction_clips import ClipPlan
    from moodreel.datasets.builders.spoken_reactions import SpokenPlan

KINDS = ("reaction-clips", "spoken-reactions")


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--faces",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="The folder of face photographs, in sub-folders named after emotions (and neutral).",
)
@click.option(
    "--voices",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="With spoken-reactions: the folder of recordings, in such sub-folders, each named after "
    "its speaker.",
)
@click.option(
    "--scenes",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder of photographs of scenes, named after what they show.  [default: those of "
    "scikit-image and scikit-learn]",
)
@click.option(
    "--seed", default=0, show_default=True, metavar="N", help="The seed of every random choice."
)
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    show_default="the name of the data set",
    metavar="DIR",
    help="The folder to write; the clips go to DIR/videos, their captions to DIR/captions.jsonl.",
)
def command(
    kind: str,
    faces: Path,
    voices: Path | None,
    scenes: Path | None,
    seed: int,
    target: Path | None,
) -> int:
    """Make a data set of videos whose moods are known.

    reaction-clips puts each face into each scene. spoken-reactions gives each clip a voice too: the
    face shows the mood, or the voice, or both, or each another. No face, no voice and no scene of
    the test split is in the training split. An interrupted run goes on where it stopped when it is
    started again.
    """
    from collections import Counter

    if (voices is None) == (kind == "spoken-reactions"):
        raise InvalidInput("--voices DIR belongs to spoken-reactions, which needs it")
    target = target or Path(kind)
    plans = make(kind, faces, voices, scenes, seed, target)
    counts = Counter(plan.split for plan in plans)
    parts = ", ".join(f"{count} {split}" for split, count in counts.items())
    click.echo(f"{target}: {len(plans)} clips ({parts})")
    click.echo(f"Try: moodreel train {target} --fusion concat-fc", err=True)
    return 0


def make(
    kind: str, faces: Path, voices: Path | None, scenes: Path | None, seed: int, target: Path
) -> "Sequence[ClipPlan | SpokenPlan]":
    """Make a data set, and return what its clips are made of."""
    from moodreel.datasets.builders.reaction_clips import make_reactions
    from moodreel.datasets.builders.spoken_reactions import make_spoken

    with progress_bar() as on_progress:
        if voices is None:
            return make_reactions(target, faces, scenes, seed, on_progress)
        return make_spoken(target, faces, voices, scenes, seed, on_progress=on_progress)
