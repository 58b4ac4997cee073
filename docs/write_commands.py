"""Write docs/commands.md from the commands' own help: `python docs/write_commands.py`."""

from pathlib import Path

from click.testing import CliRunner

from moodreel.cli import COMMANDS, commands

PAGE = Path(__file__).with_name("commands.md")
WIDTH = 100
HEAD = """# Commands

Data goes to stdout, everything else to stderr. A command ends with 0 when it is done, 1 when
nothing was found or some inputs failed (each named on stderr), 2 when the call or the configuration
is wrong; [exit-codes.md](exit-codes.md) has an example of each. `--debug` on any command shows the
traceback of an error. This page is written by `python docs/write_commands.py`.
"""


def help_text(*names: str) -> str:
    """Return what `moodreel NAMES --help` prints."""
    arguments = [*names, "--help"]
    done = CliRunner().invoke(commands, arguments, prog_name="moodreel", terminal_width=WIDTH)
    return done.output.rstrip()


def render() -> str:
    """Return the whole page."""
    parts = [HEAD, f"```text\n{help_text()}\n```\n"]
    parts += [f"## {name}\n\n```text\n{help_text(name)}\n```\n" for name in sorted(COMMANDS)]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
