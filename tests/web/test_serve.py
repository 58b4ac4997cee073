"""`moodreel serve`, as a process: where it listens, what it says, how it ends."""

import signal
import socket

import httpx
import pytest

from moodreel.cli import run
from moodreel.web.projection import choose_plane
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


def test_a_port_in_use_a_missing_folder_and_a_wrong_preset_are_one_line_each(capsys, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert run(["serve", "--port", port, "--index", str(tmp_path)]) == 2
    assert run(["serve", "--add", str(tmp_path / "nowhere"), "--index", str(tmp_path)]) == 2
    assert run(["serve", "--preset", "startr", "--index", str(tmp_path)]) == 2
    lines = capsys.readouterr().err.splitlines()
    for line, said in zip(lines[-3:], ("in use", "no such folder", "startr"), strict=True):
        assert said in line


def test_a_map_can_be_drawn_of_next_to_nothing():
    import numpy as np

    for count in (0, 1, 2, 3, 6):
        rows = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)
        method, plane = choose_plane(rows)
        assert plane.shape == (count, 2)
        assert np.isfinite(plane).all()
        assert ("t-SNE" in method) == (count >= 5)
