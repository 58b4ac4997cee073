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
    help="The folder to write.  [default: moodreel-NAME]",
)
def command(kind: str, name: str, folder: Path | None) -> int:
    """Write the package of a new plugin: a component of KIND, registered as NAME.

    KIND is fusion, emotion, captioner, transcriber, text-spotter, segmenter, store, reader,
    video-encoder or text-encoder. The package has the component, its entry point, its test and a
    README. It works and passes its test as it is written; then change it.
    """
    from moodreel.scaffold.scaffold import write_plugin

    written = write_plugin(kind, name, folder)
    for path in written:
        click.echo(path)
    home = written[0].parent
    click.echo(f"Try: cd {home} && pip install -e '.[dev]' && pytest", err=True)
    return 0
