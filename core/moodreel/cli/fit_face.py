"""`moodreel fit-face`: a face classifier's last layer, fitted to labelled pictures."""

from collections import Counter
from json import dumps
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.names import check_names
from moodreel.cli.opening import open_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.errors import InvalidInput

if TYPE_CHECKING:
    from moodreel.interfaces import FitReport, Fittable
    from moodreel.registry.registry import Registry


@click.command()
@click.argument("folder")
@overrides_argument
@click.option(
    "--to",
    "target",
    required=True,
    metavar="FILE",
    help="The file that the fitted layer is written into (.safetensors).",
)
@click.option(
    "--extractor",
    metavar="NAME",
    help="The emotion extractor whose faces and features are used.  [default: the preset's]",
)
@click.option(
    "--least",
    default=20,
    show_default=True,
    type=click.IntRange(min=4),
    metavar="N",
    help="Leave out an expression of fewer than N pictures.",
)
@json_option
@configuration_options
def command(
    folder: str,
    target: str,
    extractor: str | None,
    least: int,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Fit the last layer of a face classifier to the labelled pictures in FOLDER.

    FOLDER/joy, FOLDER/anger and so on, FOLDER/neutral among them, hold the pictures of each
    expression. The accuracy is cross-validated by halves: each half is classified by a layer that
    was fitted to the other. The layer that is written is fitted to all pictures.
    """
    check_folder(folder)
    check_names(configuration, components=[("emotion_extractor", extractor)] if extractor else [])
    fitted = fittable(open_registry(configuration), extractor)
    print_report(fit(fitted, labelled_pictures(folder), least, Path(target)), as_json)
    slot = f"components.emotion_extractor.{extractor}" if extractor else "video_emotion"
    click.echo(f"Use it: {slot}.head={target}", err=True)
    return 0


def fit(
    fitted: "Fittable", pictures: list[tuple[Path, str]], least: int, target: Path
) -> "FitReport":
    """Fit to the pictures of expressions that have enough of them, and write the layer."""
    from moodreel.decoding.pictures import read_picture

    counts = Counter(label for _, label in pictures)
    kept = [(path, label) for path, label in pictures if counts[label] >= least]
    clips = (read_picture(path) for path, _ in kept)
    return fitted.fit(clips, [label for _, label in kept], target)


def check_folder(folder: str) -> None:
    """Refuse a folder that is not there."""
    if not Path(folder).is_dir():
        raise InvalidInput(f"{folder}: no such folder")


def labelled_pictures(folder: str) -> list[tuple[Path, str]]:
    """Return the pictures in FOLDER/LABEL/ with their labels, in alphabetical order."""
    paths = sorted(path for path in Path(folder).glob("*/*") if is_picture_name(path.name))
    if not paths:
        raise InvalidInput(f"{folder}: no pictures in folders named after expressions")
    return [(path, path.parent.name) for path in paths]


def is_picture_name(name: str) -> bool:
    """Whether a file's suffix is one of a picture's."""
    kind, _ = guess_type(name)
    return (kind or "").startswith("image/")


def fittable(registry: "Registry", name: str | None) -> "Fittable":
    """Return an extractor that can be fitted, by name, or the one for video."""
    from moodreel.errors import ConfigurationError
    from moodreel.interfaces import Fittable

    slot = "video_emotion"
    component = registry.create("emotion_extractor", name) if name else registry.slot(slot)
    if not isinstance(component, Fittable):
        named = name or registry.slot_name(slot)
        raise ConfigurationError(f"emotion_extractor {named!r} has no part that can be fitted")
    return component


def print_report(report: "FitReport", as_json: bool) -> None:
    """Print what fitting came to, with 95% intervals."""
    from dataclasses import asdict

    if as_json:
        click.echo(dumps(asdict(report)))
        return
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items())
    click.echo(f"faces: {counts}; pictures without one: {report.skipped}")
    for name, value in (("before", report.before), ("after", report.after)):
        mean, low, high = value
        click.echo(f"macro-accuracy {name} fitting: {mean:.3f} (95%: {low:.3f} to {high:.3f})")
