"""Every registered component keeps its kind's contract: registering one enrols it here."""

import pytest

from hub import downloads
from moodreel import Registry
from moodreel.registry.discovery import installed_plugins
from moodreel.testing import CHECKS

REGISTRY = Registry.load("starter")
PROMISES = {
    # What is kept for comparison, and says so: it starts away from the baseline.
    ("fusion_strategy", "published"): {"identity": False},
    # What changes a video's content vector, and says so: neutral queries see it too.
    ("fusion_strategy", "video-injection"): {"neutral": False},
}


def entries():
    """Every named component that can be built here: packages installed, options set, weights."""
    ready = [
        entry
        for entry in REGISTRY.entries.values()
        if not entry.problem and not downloads(REGISTRY, entry)
    ]
    return [pytest.param(entry, id=f"{entry.kind}-{entry.name}") for entry in ready]


@pytest.mark.parametrize("entry", entries())
def test_a_component_keeps_its_kinds_contract(entry):
    promises = PROMISES.get((entry.kind, entry.name), {})
    shared = entry.kind not in ("fusion_strategy", "vector_store")
    made = REGISTRY.create(entry.kind, entry.name) if shared else REGISTRY.build(entry, {})
    CHECKS[entry.kind](made, **promises)


def test_every_kind_has_a_check_and_a_component_that_runs_through_it():
    kinds = {kind for kind, _ in installed_plugins().registrations}
    assert kinds <= CHECKS.keys()
    checked = {entry.values[0].kind for entry in entries()}
    assert kinds == checked
