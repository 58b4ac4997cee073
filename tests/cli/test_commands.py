"""What every command shares: help, and errors in one line."""

import subprocess
import sys
from pathlib import Path

import pytest

from moodreel.cli import COMMANDS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_file_of_tests(name):
    assert Path(__file__).with_name(f"test_{name.replace('-', '_')}.py").is_file()


def test_help_names_every_command(moodreel):
    text = moodreel("--help").out
    assert all(f"  {name} " in text for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(moodreel, name):
    done = moodreel(name, "--help")
    assert done.code == 0
    assert COMMANDS[name]
    assert len(done.out.splitlines()) > 5


def test_an_unknown_command_names_the_closest(moodreel):
    done = moodreel("serach", "a cat")
    assert (done.code, done.out) == (2, "")
    assert "Did you mean 'search'" in done.err


def test_an_unknown_option_points_to_the_help(moodreel):
    done = moodreel("search", "a cat", "--weigth", "1")
    assert done.code == 2
    assert "--weigth" in done.err
    assert "moodreel search --help" in done.err


def test_a_bug_of_ours_is_one_line_and_a_traceback_only_with_debug(moodreel, demo, monkeypatch):
    from moodreel.search.index import SearchIndex

    def fail(*_, **__):
        raise ZeroDivisionError("several\nlines")

    monkeypatch.setattr(SearchIndex, "answer", fail)
    done = moodreel("search", "a cat", "--index", demo / "index")
    assert done.code == 1
    assert done.err.startswith("moodreel: unexpected ZeroDivisionError: several lines.")
    assert done.err.count("\n") == 1


def test_debug_shows_the_traceback(shell, tmp_path):
    assert "Traceback" not in shell("search", "a cat", "--index", tmp_path).err
    assert "Traceback" in shell("search", "a cat", "--index", tmp_path, "--debug").err


def test_a_reader_that_closes_the_pipe_is_no_error(demo):
    command = f"{sys.executable} -m moodreel search light --json --index {demo}/index | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr
