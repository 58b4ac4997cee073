"""One file and one line add a strategy: tests, docs and benchmarks find it by that alone."""

import os
import subprocess
import sys

import pytest

import places

STRATEGY = '''"""A strategy that was added."""

from moodreel import Register, hookimpl
from moodreel.fusion import FusionStrategy


class Added(FusionStrategy):
    """Adds nothing yet, and says so."""


@hookimpl
def register_fusion_strategies(register: Register) -> None:
    """Register the strategy."""
    register("added", Added)
'''
LINE = "[moodreel.fusion_strategy]\nadded = moodreel_added\n"


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """Where the one file lies, and the one line as an installation records it."""
    site = tmp_path_factory.mktemp("site")
    (site / "moodreel_added.py").write_text(STRATEGY)
    record = site / "moodreel_added-0.1.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: moodreel-added\nVersion: 0.1\n")
    (record / "entry_points.txt").write_text(LINE)
    return site


def run(added, *arguments):
    paths = [str(added), str(places.ROOT / "benchmarks"), str(places.DOCS)]
    known = os.environ.get("PYTHONPATH")
    path = os.pathsep.join([*paths, known] if known else paths)
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=places.ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_its_contract_is_checked_by_the_tests(added):
    conformance = "tests/plugins/test_conformance.py"
    listed = run(
        added, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", conformance
    )
    assert "test_a_component_keeps_its_kinds_contract[fusion_strategy-added]" in listed


def test_it_is_a_row_of_the_benchmark(added):
    code = "from fusion_rows import STRATEGIES; print([row.name for row in STRATEGIES])"
    assert "'added'" in run(added, "-c", code)


def test_it_is_described_in_the_docs(added):
    code = "from site_pages import component_pages; print(component_pages()['fusion_strategy'])"
    page = run(added, "-c", code)
    assert "`added`" in page
    assert "moodreel_added.Added" in page
