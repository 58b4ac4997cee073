"""The small world, as what strategies are trained with and on."""

import pytest

from moodreel.components import Components
from moodreel.datasets import load_dataset
from moodreel.training.examples import load_examples


@pytest.fixture(scope="session")
def world_components(tmp_path_factory):
    overrides = ["segments.length=0"]
    with Components.load("starter", overrides=overrides) as components:
        yield components


@pytest.fixture(scope="session")
def examples(world, world_components):
    """What `world` holds for training, and for validation."""
    dataset = load_dataset(world)
    parts = [dataset.part(split) for split in ("train", "val")]
    return [load_examples(part, world_components, frames=True, tokens=True) for part in parts]
