"""Write docs/commands.md from the commands' own help: `python docs/write_commands.py`."""

from pathlib import Path

import click

from moodreel.cli import COMMANDS, commands

PAGE = Path(__file__).with_name("commands.md")
WIDTH = 100
HEAD = """# Commands

Data goes to stdout, everything else to stderr. Exit codes: 0 done; 1 nothing found or some inputs
failed (each named on stderr); 2 a wrong call or configuration. `--debug` on any command shows the
traceback of an error. This page is written by `python docs/write_commands.py`.
"""


def help_text(*names: str) -> str:
    """Return what `moodreel NAMES --help` prints."""
    with click.Context(commands, info_name="moodreel", max_content_width=WIDTH) as context:
        context.terminal_width = WIDTH
        for name in names:
            command = commands.get_command(context, name)
            assert command is not None
            return click.Context(
                command, info_name=name, parent=context, terminal_width=WIDTH
            ).get_help()
        return context.get_help()


def render() -> str:
    """Return the whole page."""
    parts = [HEAD, f"```text\n{help_text()}\n```\n"]
    parts += [f"## {name}\n\n```text\n{help_text(name)}\n```\n" for name in sorted(COMMANDS)]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
