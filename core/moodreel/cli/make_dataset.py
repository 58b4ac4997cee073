"""`moodreel make-dataset`: videos with captions, made of photographs."""

from pathlib import Path

import click

from moodreel.cli.progress import progress_bar

KINDS = ("reaction-clips",)


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
    default="reaction-clips",
    show_default=True,
    metavar="DIR",
    help="The folder to write; the clips go to DIR/videos, their captions to DIR/captions.jsonl.",
)
def command(kind: str, faces: Path, scenes: Path | None, seed: int, target: Path) -> int:
    """Make a data set of videos whose moods are known.

    reaction-clips puts each face into each scene. No face and no scene of the test split is in the
    training split. An interrupted run goes on where it stopped when it is started again.
    """
    from collections import Counter

    from moodreel.datasets.builders.reaction_clips import make_reactions

    with progress_bar() as on_progress:
        plans = make_reactions(target, faces, scenes, seed, on_progress)
    counts = Counter(plan.split for plan in plans)
    parts = ", ".join(f"{count} {split}" for split, count in counts.items())
    click.echo(f"{target}: {len(plans)} clips ({parts})")
    click.echo(f"Try: moodreel train {target} --fusion concat-fc", err=True)
    return 0
