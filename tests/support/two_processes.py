"""`moodreel` in two processes that know of each other, as torchrun starts them."""

import os
import socket
import subprocess
import sys


def start_two(arguments):
    """Begin a command in two processes, which meet over gloo."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = str(door.getsockname()[1])
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": "2"}
    meeting |= {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "moodreel", *map(str, arguments)]
    return [
        subprocess.Popen(command, env={**os.environ, **meeting, "RANK": n, "LOCAL_RANK": n})
        for n in ("0", "1")
    ]


def run_two(arguments):
    """Run a command in two processes to its end."""
    codes = [process.wait() for process in start_two(arguments)]
    assert codes == [0, 0]
