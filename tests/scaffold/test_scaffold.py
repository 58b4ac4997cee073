"""New plugins: written, installed, checked by their own tests, found and used."""

import json
import os
import subprocess
import sys

import pytest

from moodreel.errors import InvalidInput
from moodreel.scaffold.scaffold import KINDS, write_plugin

MOODREEL = (sys.executable, "-c", "from moodreel.cli import main; main()")


def run(*command, cwd, path):
    """Run a command that sees the packages in `path`."""
    environment = {**os.environ, "PYTHONPATH": str(path)}
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    """One package of each kind, and a folder where all of them are installed."""
    home = tmp_path_factory.mktemp("plugins")
    written = {kind: write_plugin(kind, f"my-{kind}", home / kind)[0].parent for kind in KINDS}
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--target", str(home / "installed")]
    folders = [str(folder) for folder in written.values()]
    done = run(sys.executable, "-m", "pip", "install", *options, *folders, cwd=home, path="")
    assert done.returncode == 0, done.stderr
    return written | {"installed": home / "installed"}


def test_each_passes_its_own_test_at_once(packages):
    folders = [str(packages[kind]) for kind in KINDS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = run(
        *command,
        "--import-mode=importlib",
        *folders,
        cwd=packages["fusion"].parent,
        path=os.pathsep.join(folders),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(KINDS)} passed" in done.stdout


def test_each_is_found_once_it_is_installed(packages):
    command = [*MOODREEL, "components", "--json"]
    done = run(*command, cwd=packages["installed"], path=packages["installed"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    found = {row["name"]: row for row in rows}
    for short, kind in KINDS.items():
        assert found[f"my-{short}"]["kind"] == kind
        assert found[f"my-{short}"]["problem"] == ""
        assert found[f"my-{short}"]["package"] == f"moodreel-my-{short} 0.1.0"


def test_a_new_strategy_searches(packages, demo):
    command = [*MOODREEL, "search", "a cat", "--fusion", "my-fusion"]
    place = {"cwd": packages["installed"], "path": packages["installed"]}
    done = run(*command, "--index", str(demo / "index"), "--json", **place)
    assert json.loads(done.stdout.splitlines()[0])["video"].endswith("cat.mp4"), done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_the_written_code_is_in_shape(packages, kind):
    ruff, width = (sys.executable, "-m", "ruff"), ("--isolated", "--line-length", "100")
    for command in (("check", "--select", "E,F,I,B,UP"), ("format", "--check")):
        done = run(*ruff, *command, *width, ".", cwd=packages[kind], path="")
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("fuson", "mine", "Did you mean 'fusion'"),
        ("fusion", "My Strategy", "lower-case words joined by hyphens"),
        ("fusion", "../elsewhere", "lower-case words joined by hyphens"),
        ("fusion", "late", "'late' is there already, in moodreel"),
    ],
)
def test_what_cannot_be_written_is_refused(tmp_path, kind, name, says):
    with pytest.raises(InvalidInput, match=says):
        write_plugin(kind, name, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(tmp_path):
    write_plugin("fusion", "mine", tmp_path / "mine")
    with pytest.raises(InvalidInput, match="there already"):
        write_plugin("fusion", "mine", tmp_path / "mine")
