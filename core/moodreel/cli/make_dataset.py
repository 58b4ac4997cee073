"""`moodreel make-dataset`: videos with captions, made of photographs."""

from pathlib import Path

import click

from moodreel.cli.index import progress_bar

KINDS = ("reaction-clips",)


@click.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.option(
    "--faces",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Sub-folders named after emotions (and neutral), with photographs of faces.",
)
@click.option(
    "--scenes",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Photographs named after what they show.  [default: those of scikit-image and -learn]",
)
@click.option("--seed", default=0, show_default=True, metavar="N", help="Decides every choice.")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    default="reaction-clips",
    show_default=True,
    metavar="DIR",
    help="Where DIR/videos and DIR/captions.jsonl are made.",
)
def command(kind: str, faces: Path, scenes: Path | None, seed: int, target: Path) -> None:
    """Make a data set whose moods are known.

    reaction-clips sets each face into each scene. Faces and scenes of the test are never among
    those of the training. A run that was interrupted goes on where it stopped.
    """
    from collections import Counter

    from moodreel.datasets.builders.reaction_clips import make_reactions

    with progress_bar() as on_progress:
        plans = make_reactions(target, faces, scenes, seed, on_progress)
    counts = Counter(plan.split for plan in plans)
    parts = ", ".join(f"{count} {split}" for split, count in counts.items())
    click.echo(f"{target}: {len(plans)} clips ({parts})")
    click.echo(f"Try: moodreel train {target} --fusion concat-fc", err=True)
