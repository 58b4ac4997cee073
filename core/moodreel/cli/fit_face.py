"""`moodreel fit-face`: a face classifier's last layer, fitted to labelled pictures."""

from collections import Counter
from json import dumps
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.options import check_overrides, configuration_options, json_option

if TYPE_CHECKING:
    from moodreel.interfaces import FitReport, Fittable
    from moodreel.registry.registry import Registry


@click.command()
@click.argument("folder")
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option(
    "--to",
    "target",
    required=True,
    metavar="FILE",
    help="Where the fitted layer is written (.safetensors).",
)
@click.option(
    "--extractor",
    metavar="NAME",
    help="Which extractor's faces and features to use.  [default: the preset's]",
)
@click.option(
    "--least",
    default=20,
    show_default=True,
    type=click.IntRange(min=4),
    metavar="N",
    help="Leave out expressions of fewer pictures.",
)
@json_option
@configuration_options
def command(
    folder: str,
    overrides: tuple[str, ...],
    target: str,
    extractor: str | None,
    least: int,
    as_json: bool,
    preset: str,
    config: str | None,
) -> int:
    """Fit the last layer of a face classifier to the pictures in FOLDER.

    FOLDER/joy, FOLDER/anger and so on (also FOLDER/neutral) hold the pictures of each expression.
    What fitting brings is measured by halves: each half is read by a layer that was fitted to the
    other. The layer that is written is fitted to all of them.
    """
    from moodreel.decoding.pictures import read_picture
    from moodreel.registry.registry import Registry

    registry = Registry.load(preset, config, check_overrides(overrides))
    fitted = fittable(registry, extractor)
    found = labelled_pictures(folder)
    enough = {name for name, count in Counter(name for _, name in found).items() if count >= least}
    kept = [(path, name) for path, name in found if name in enough]
    clips = (read_picture(path) for path, _ in kept)
    report = fitted.fit(clips, [name for _, name in kept], Path(target))
    print_report(report, as_json)
    slot = f"components.emotion_extractor.{extractor}" if extractor else "video_emotion"
    click.echo(f"Use it: {slot}.head={target}", err=True)
    return 0


def labelled_pictures(folder: str) -> list[tuple[Path, str]]:
    """Return the pictures in FOLDER/LABEL/ with their labels, in alphabetical order."""
    from moodreel.errors import InvalidInput

    if not Path(folder).is_dir():
        raise InvalidInput(f"{folder}: no such folder")
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
