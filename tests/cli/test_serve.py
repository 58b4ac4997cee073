"""`moodreel serve`, as a process: where it listens, what it says, how it ends."""

import signal
import socket

import httpx
import pytest

from outcomes import check_refused
from serving import served


def test_it_listens_on_this_machine_alone_answers_and_ends_with_ctrl_c(demo):
    with served(demo / "index") as (process, address):
        page = httpx.get(address, timeout=60)
        assert "moodreel" in page.text
        port = int(address.rstrip("/").rpartition(":")[2])
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((outer_address(), port), timeout=5)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130)
        assert "Traceback" not in process.stderr.read()


def outer_address():
    """An address of this machine that is not 127.0.0.1."""
    return "127.0.0.2"


def test_a_port_in_use_is_named(moodreel, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = moodreel("serve", "--port", port, "--index", tmp_path)
    assert done.code == 2
    assert done.err.splitlines()[-1].endswith("in use")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--add", "nowhere"], "no such folder"),
        (["--preset", "startr"], "Did you mean 'starter'"),
        (["--port", "65536"], "not in the range"),
        (["stray"], "unexpected argument 'stray'"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, tmp_path, arguments, says):
    check_refused(moodreel("serve", *arguments, "--index", tmp_path), says)
