"""A real server: in a thread, or as the command in a process of its own."""

import socket
import subprocess
import sys
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import uvicorn


@contextmanager
def running(app):
    """Run a real server on a free port; give its address."""
    listening = socket.socket(proto=socket.IPPROTO_TCP)  # or each answer waits 40 ms (Nagle)
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = monotonic() + 60
    while not server.started and monotonic() < deadline:
        sleep(0.02)
    assert server.started
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)


@contextmanager
def served(index):
    """Run `moodreel serve` on a free port; give the process and its address."""
    started = "from moodreel.cli import main; main()"
    command = [sys.executable, "-c", started, "serve", "--port", "0", "--index", str(index)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        line = process.stderr.readline()
        assert line.startswith("moodreel is at http://127.0.0.1:"), line
        yield process, line.split()[3]
    finally:
        process.kill()
        process.wait()
