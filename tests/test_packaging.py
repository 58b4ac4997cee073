"""A wheel, built and installed into an environment of its own, works like the editable install."""

import os
import site
import subprocess
import sys
import sysconfig
import venv
import zipfile
from json import loads
from pathlib import Path

import pytest

import places

ROOT = places.ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheel, tmp_path_factory):
    """A fresh environment with the wheel; its dependencies are read from this one's packages."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    known = [path for path in sys.path if path.endswith("site-packages")]
    (packages / "dependencies.pth").write_text("\n".join(known or site.getsitepackages()))
    options = ["--quiet", "--no-deps", "--target", str(packages)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    return folder / "bin" / "python"


def run(python, *arguments):
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [python, *map(str, arguments)], capture_output=True, text=True, check=True, env=clean
    ).stdout


def test_the_wheel_holds_both_packages_the_registry_and_the_licence(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("moodreel/registry.yaml", "moodreel/py.typed", "moodreel_plugins/fusion/late.py"):
        assert name in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("core/", "tests/")) for name in names)


def test_an_installed_wheel_has_the_same_components(elsewhere):
    code = "import moodreel; print(moodreel.__file__)"
    assert str(elsewhere.parents[1]) in run(elsewhere, "-c", code)
    listing = ("-m", "moodreel", "components", "--json")
    assert run(elsewhere, *listing) == run(sys.executable, *listing)


def test_an_installed_wheel_finds_what_the_editable_install_finds(elsewhere, demo):
    search = ("-m", "moodreel", "search", "a joyful person", "--json", "--index", demo / "index")
    there, here = (
        [loads(line) for line in run(python, *search).splitlines()]
        for python in (elsewhere, sys.executable)
    )
    assert len(there) == len(here) > 0
    for one, other in zip(there, here, strict=True):
        for name in ("score", "content_score", "emotion_score"):
            assert one.pop(name) == pytest.approx(other.pop(name), abs=1e-5)
        assert one == other
