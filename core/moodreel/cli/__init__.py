"""The command line: one file a command, loaded when it is called."""

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import TextIO

import click

from moodreel import __version__
from moodreel.errors import MoodreelError, Note, closest
from moodreel.paths import shown_path

COMMANDS = {
    "annotate": "annotate captions with emotions, and compare these with labels",
    "caption": "write what videos show and say, as texts to pre-train on",
    "compare": "compare fusion strategies on a dataset, with significance tests",
    "components": "list every component, what it needs, and whether it can run",
    "convert": "convert a published checkpoint into a folder that a component loads",
    "demo": "make sample videos and an index of them, and search it",
    "evaluate": "evaluate how well a fusion strategy finds a dataset's videos",
    "explain": "explain the score that a moment has for a text",
    "fit-face": "fit the last layer of a face classifier to labelled pictures",
    "fit-signals": "fit how much each signal of mood counts to labelled videos",
    "fit-text": "fit a reader of moods to labelled texts",
    "fit-voice": "fit a reader of emotions in voices to labelled recordings",
    "index": "index videos, or bring an index up to date",
    "make-dataset": "make a data set with known moods, from faces and scenes",
    "map": "map the vectors of videos and texts under fusion strategies",
    "mood": "find moments by emotion alone, or show the emotions of a video",
    "new-plugin": "write the package of a new plugin",
    "recommend": "recommend videos from liked moments and a mood",
    "search": "find moments by what they show and how they feel",
    "serve": "serve the index as a page in the browser",
    "similar": "find moments that look and feel like one of the index",
    "track": "track the ranks of emotional videos from strategy to strategy",
    "train": "train a fusion strategy on videos with captions",
    "weights": "list what each preset needs, and fetch it from the model hub",
}
INTERRUPTED = 130


class Commands(click.Group):
    """Commands that are imported when they are called, so that `--help` stays light."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the names, in alphabetical order."""
        return sorted(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        return import_module(f"moodreel.cli.{name.replace('-', '_')}").command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; an unknown one is named with the closest."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"unknown command {args[0]!r}.{closest(args[0], COMMANDS)}")
        return super().resolve_command(context, args)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their summaries, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="moodreel")
def commands() -> None:
    """Find videos, and moments in them, by what they show and how they feel.

    An error is one line; --debug on any command shows the traceback. Exit codes: 0 done, 1 nothing
    found or some inputs failed, 2 a wrong call or configuration, 130 interrupted.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    sys.exit(run([argument for argument in given if argument != "--debug"], debug))


def run(arguments: Sequence[str], debug: bool = False) -> int:
    """Run one command and return its exit code; errors become one line on stderr."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_warning
            return commands.main(list(arguments), prog_name="moodreel", standalone_mode=False) or 0
    except (click.Abort, KeyboardInterrupt):
        return complain("interrupted; what is done is kept, run it again to go on", INTERRUPTED)
    except BrokenPipeError:
        sys.stdout = None  # nobody reads on: as with other commands
        return 0
    except Exception as error:
        if debug:
            raise
        return complain(*describe_error(error))


def show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print what a user should know as one line; other warnings are for developers."""
    if issubclass(category, Note):
        complain(str(message), 0)
    elif not issubclass(category, DeprecationWarning):
        click.echo(f"{category.__name__}: {message}", err=True)


def describe_error(error: Exception) -> tuple[str, int]:
    """Return the line and the exit code for an error."""
    if isinstance(error, MoodreelError):
        return str(error), error.exit_code
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        where = context.command_path if context else "moodreel"
        if isinstance(error, click.NoSuchOption) and not error.option_name.startswith("--"):
            told = f"A text that begins with - stands behind --: {where} -- TEXT"
            return f"{error.format_message()}. {told}", 2
        return f"{error.format_message()} See: {where} --help", 2
    kind = type(error).__name__
    return f"unexpected {kind}: {error}. Add --debug for the traceback, and report it", 1


def complain(message: str, code: int) -> int:
    """Print one line to stderr and return the exit code."""
    click.echo(shown_path(f"moodreel: {' '.join(message.split())}"), err=True)
    return code
