"""`moodreel new-plugin`: the package of a plugin, to be changed."""

from pathlib import Path

import click


@click.command()
@click.argument("kind")
@click.argument("name")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where it is written.  [default: moodreel-NAME]",
)
def command(kind: str, name: str, folder: Path | None) -> None:
    """Write a package with a plugin of KIND called NAME.

    KIND is fusion, emotion, captioner, store, reader, video-encoder or text-encoder. The package
    has the component, its entry point, its test and a README, and passes its test at once.
    """
    from moodreel.scaffold.scaffold import write_plugin

    written = write_plugin(kind, name, folder)
    for path in written:
        click.echo(path)
    home = written[0].parent
    click.echo(f"Try: cd {home} && pip install -e '.[dev]' && pytest", err=True)
