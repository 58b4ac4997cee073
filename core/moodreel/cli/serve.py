"""`moodreel serve`: the application in the browser."""

import os
import socket
from collections.abc import Sequence
from typing import Any

import click

from moodreel.cli.names import check_names
from moodreel.cli.options import ConfigurationOptions, index_options
from moodreel.cli.overrides import overrides_argument
from moodreel.errors import InvalidInput, MissingPackage

ALL_ADDRESSES = ("0.0.0.0", "::")


@click.command()
@overrides_argument
@click.option(
    "--port",
    default=8765,
    show_default=True,
    type=click.IntRange(0, 65535),
    metavar="N",
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on. Beyond this machine, everybody who reaches it can watch the "
    "videos.",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Another name that browsers may call the server by; may repeat.",
)
@click.option(
    "--add",
    "folders",
    multiple=True,
    type=click.Path(),
    metavar="DIR",
    help="A folder from which the page may add videos to the index; may repeat.",
)
@click.option("--open", "opening", is_flag=True, help="Also open the page in the browser.")
@index_options
def command(
    port: int,
    host: str,
    names: tuple[str, ...],
    folders: tuple[str, ...],
    opening: bool,
    configuration: ConfigurationOptions,
) -> int:
    """Serve the index as a page in the browser: search, browse, and get recommendations by mood."""
    check_packages()
    check_names(configuration)
    # Between calls torch's threads would spin on the processor that answers requests. Read by
    # torch when it loads, so before that.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    app = make_app(configuration, host, names, folders)
    run_server(app, host, port, opening)
    return 0


def make_app(
    configuration: ConfigurationOptions, host: str, names: Sequence[str], folders: Sequence[str]
) -> Any:
    """Return the application, and say what it has to do without.

    Args:
        host: the address that it is to listen on.
        names: other names that it may be called by.
        folders: that videos may be added from.
    """
    from moodreel.web.app import create_app
    from moodreel.web.state import open_state

    state = open_state(
        configuration.preset,
        configuration.index,
        configuration.config,
        configuration.overrides,
        folders,
        configuration.plugins,
    )
    for problem in state.lacks.values():
        click.echo(f"moodreel: missing: {problem}", err=True)
    return create_app(state, {host, *names} - set(ALL_ADDRESSES), host in ALL_ADDRESSES)


def check_packages() -> None:
    """Refuse to start without the packages of the extra `web`."""
    from moodreel.errors import is_installed

    for module in ("fastapi", "uvicorn"):
        if not is_installed(module):
            raise MissingPackage(f'serve needs {module!r}: pip install "moodreel[web]"')


def run_server(app: Any, host: str, port: int, opening: bool) -> None:
    """Listen until interrupted, and say where."""
    import uvicorn

    listening = listen(host, port)
    shown = "127.0.0.1" if host in ALL_ADDRESSES else host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{listening.getsockname()[1]}/"
    click.echo(f"moodreel is at {address}  (Ctrl-C ends it)", err=True)
    if opening:
        click.launch(address)
    settings = uvicorn.Config(app, log_level="warning", server_header=False)
    uvicorn.Server(settings).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens already: who is told the address at once can call it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, so that asyncio turns Nagle's delay of 40 ms off.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise InvalidInput(f"cannot listen on {host} port {port}: {error.strerror}") from None
    return listening
