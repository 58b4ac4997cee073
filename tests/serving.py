"""A real server in a thread."""

import socket
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
