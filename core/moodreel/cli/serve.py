"""`moodreel serve`: the application in the browser."""

import os
from typing import Any

import click

from moodreel.cli.options import check_overrides, configuration_options, index_option
from moodreel.errors import InvalidInput, MissingPackage

ALL_ADDRESSES = ("0.0.0.0", "::")


@click.command()
@click.argument("overrides", nargs=-1, metavar="[KEY=VALUE]...")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where to listen. Beyond this machine, everybody who reaches it can watch the videos.",
)
@click.option(
    "--allow-host", "names", multiple=True, metavar="NAME", help="A name it may be called by."
)
@click.option(
    "--add",
    "folders",
    multiple=True,
    type=click.Path(),
    metavar="FOLDER",
    help="A folder that videos may be added from in the page; may repeat.",
)
@click.option("--open", "opening", is_flag=True, help="Open the page in the browser.")
@index_option
@configuration_options
def command(
    overrides: tuple[str, ...],
    port: int,
    host: str,
    names: tuple[str, ...],
    folders: tuple[str, ...],
    opening: bool,
    index_folder: str,
    preset: str,
    config: str | None,
) -> int:
    """Open the index in the browser: find, browse and be recommended videos by mood."""
    check_packages()
    # Between calls torch's threads would spin on the processor that answers requests. Read by
    # torch when it loads, so before that.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from moodreel.web.app import create_app
    from moodreel.web.state import open_state

    state = open_state(preset, index_folder, config, check_overrides(overrides), folders)
    for problem in state.lacks.values():
        click.echo(f"moodreel: missing: {problem}", err=True)
    app = create_app(state, {host, *names} - set(ALL_ADDRESSES), host in ALL_ADDRESSES)
    run_server(app, host, port, opening)
    return 0


def check_packages() -> None:
    """Refuse to start without the packages of the extra `web`."""
    from moodreel.errors import is_installed

    for module in ("fastapi", "uvicorn"):
        if not is_installed(module):
            raise MissingPackage(f'serve needs {module!r}: pip install "moodreel[web]"')


def run_server(app: Any, host: str, port: int, opening: bool) -> None:
    """Listen until interrupted, and say where."""
    import socket

    import uvicorn

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, so that asyncio turns Nagle's delay of 40 ms off.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()  # who follows the address at once is answered when the page is ready
    except OSError as error:
        listening.close()
        raise InvalidInput(f"cannot listen on {host} port {port}: {error.strerror}") from None
    shown = "127.0.0.1" if host in ALL_ADDRESSES else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/"
    click.echo(f"moodreel is at {address}  (Ctrl-C ends it)", err=True)
    if opening:
        click.launch(address)
    settings = uvicorn.Config(app, log_level="warning", server_header=False)
    uvicorn.Server(settings).run(sockets=[listening])
