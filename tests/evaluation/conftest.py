"""What tests of comparisons share: a folder of features in which right and wrong are known."""

import pytest

import planted
from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.evaluation.material import gather_material


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return planted.write_planted(tmp_path_factory.mktemp("planted"))


@pytest.fixture
def collection(folder, registry, registry_with):
    """120 videos of which every text finds its own, and strategies that are known."""
    mine = registry_with(planted.Planted)
    mine._built = dict(registry._built)
    with Components(mine) as components:
        yield gather_material(load_dataset(folder), components)
