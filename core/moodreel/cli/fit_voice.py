"""`moodreel fit-voice`: a reader of emotions in voices, fitted to labelled recordings."""

import re
from collections import Counter
from collections.abc import Iterator
from json import dumps
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moodreel.cli.fit_face import check_folder
from moodreel.cli.names import check_names
from moodreel.cli.opening import open_registry
from moodreel.cli.options import ConfigurationOptions, configuration_options, json_option
from moodreel.cli.overrides import overrides_argument
from moodreel.errors import ConfigurationError, InvalidInput

if TYPE_CHECKING:
    from moodreel.interfaces import SoundFitReport, SoundFittable
    from moodreel.media import Sound
    from moodreel.registry.registry import Registry

RATE = 16_000  # samples a second, what networks of speech hear
SPEAKER = r"([^-_/.]+)"


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
    "--speaker",
    default=SPEAKER,
    show_default=True,
    metavar="PATTERN",
    help="Find who speaks in a file's path below the folder of its emotion: a regular expression "
    "whose first group is the speaker.",
)
@click.option(
    "--extractor",
    default="voice",
    show_default=True,
    metavar="NAME",
    help="The emotion extractor whose features are used.",
)
@click.option(
    "--least",
    default=8,
    show_default=True,
    type=click.IntRange(min=4),
    metavar="N",
    help="Leave out an emotion of fewer than N recordings.",
)
@json_option
@configuration_options
def command(
    folder: str,
    target: str,
    speaker: str,
    extractor: str,
    least: int,
    as_json: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Fit a reader of emotions in voices to the labelled recordings in FOLDER.

    FOLDER/joy, FOLDER/anger and so on, FOLDER/neutral and FOLDER/calm among them, hold recordings
    or videos of one voice each. A file's name begins with its speaker, as in anna-3.flac: the
    accuracy is that on speakers that the layer was not fitted to. The layer that is written is
    fitted to all recordings.
    """
    check_folder(folder)
    check_names(configuration, components=[("emotion_extractor", extractor)])
    found = labelled_recordings(folder, least)
    speakers = named_speakers(found, Path(folder), speaker)
    fitted = fittable(open_registry(configuration), extractor)
    labels = [label for _, label in found]
    report = fitted.fit_sounds(recordings(found), labels, speakers, Path(target))
    print_report(report, as_json)
    click.echo(f"Use it: components.emotion_extractor.{extractor}.head={target}", err=True)
    return 0


def labelled_recordings(folder: str, least: int) -> list[tuple[Path, str]]:
    """Return the files with sound in FOLDER/LABEL/ with their labels, in alphabetical order.

    Emotions of fewer than `least` files are left out.
    """
    paths = sorted(path for path in Path(folder).glob("*/**/*") if may_sound(path))
    labels = [path.relative_to(folder).parts[0] for path in paths]
    counts = Counter(labels)
    kept = [
        (path, label) for path, label in zip(paths, labels, strict=True) if counts[label] >= least
    ]
    if not kept:
        raise InvalidInput(f"{folder}: no {least} recordings in folders named after emotions")
    return kept


def may_sound(path: Path) -> bool:
    """Whether a path is that of a recording or a video, by its suffix."""
    kind, _ = guess_type(path.name)
    known = (kind or "").startswith(("audio/", "video/")) or path.suffix.lower() == ".flac"
    return known and path.is_file()


def named_speakers(found: list[tuple[Path, str]], folder: Path, pattern: str) -> list[str]:
    """Return who speaks in each file, by the first group of a pattern."""
    try:
        expression = re.compile(pattern)
    except re.error as error:
        raise InvalidInput(f"--speaker {pattern}: not a regular expression: {error}") from None
    if expression.groups < 1:
        raise InvalidInput(f"--speaker {pattern}: needs a group in brackets, the speaker")
    named = [
        expression.search((path.relative_to(folder / label)).as_posix()) for path, label in found
    ]
    lost = next((path for (path, _), match in zip(found, named, strict=True) if not match), None)
    if lost is not None:
        raise InvalidInput(f"{lost}: --speaker {pattern} finds no speaker in its name")
    return [match[1] for match in named if match]


def recordings(found: list[tuple[Path, str]]) -> Iterator["Sound"]:
    """Decode the sound of each file when it is taken."""
    from moodreel.containers.sounds import read_whole_sound

    for path, _ in found:
        yield read_whole_sound(path, RATE)


def fittable(registry: "Registry", name: str) -> "SoundFittable":
    """Return an extractor that can be fitted to sounds; a head that is yet to be made is none."""
    from moodreel.interfaces import SoundFittable

    unset = dict.fromkeys(registry.find("emotion_extractor", name).unset)
    component = registry.create("emotion_extractor", name, **unset)
    if not isinstance(component, SoundFittable):
        raise ConfigurationError(f"emotion_extractor {name!r} cannot be fitted to voices")
    return component


def print_report(report: "SoundFitReport", as_json: bool) -> None:
    """Print what fitting came to, with the 95% interval over speakers."""
    from dataclasses import asdict

    if as_json:
        click.echo(dumps(asdict(report)))
        return
    counts = ", ".join(f"{count} {name}" for name, count in report.counts.items())
    click.echo(f"voices of {report.speakers} speakers: {counts}; silent: {report.skipped}")
    mean, low, high = report.accuracy
    click.echo(
        f"macro-accuracy on speakers that were not fitted to: {mean:.3f} "
        f"(95%: {low:.3f} to {high:.3f}); guessing: {report.chance:.3f}"
    )
