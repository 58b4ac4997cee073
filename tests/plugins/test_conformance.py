"""Every registered component keeps its kind's contract: registering one enrols it here."""

import pytest

from moodreel.registry import installed_components
from moodreel.testing import check_captioner, check_fusion_strategy, check_vector_store


def names(kind):
    return [name for found, name in installed_components() if found == kind]


@pytest.mark.parametrize("name", names("fusion_strategy"))
def test_a_fusion_strategy_is_safe_for_neutral_queries(registry, name):
    check_fusion_strategy(registry.build(registry.find("fusion_strategy", name), {}))


@pytest.mark.parametrize("name", names("vector_store"))
def test_a_vector_store_finds_the_largest_inner_products(registry, name):
    check_vector_store(registry.build(registry.find("vector_store", name), {}))


@pytest.mark.parametrize("name", names("vector_store"))
def test_a_vector_store_survives_saving_and_loading(registry, name, tmp_path):
    import numpy as np

    from moodreel.testing import check_search, sample_video

    vectors, ids = sample_video().pooled.numpy(), np.arange(40)
    store, again = (registry.build(registry.find("vector_store", name), {}) for _ in range(2))
    store.add(ids, vectors)
    store.save(tmp_path / "vectors")
    again.load(tmp_path / "vectors")
    check_search(again, ids, vectors)


@pytest.mark.parametrize("name", names("captioner"))
def test_a_captioner_says_little_of_any_clip(registry, name):
    entry = registry.find("captioner", name)
    if entry.unset:
        return  # its own tests make the model that it needs
    check_captioner(registry.build(entry, {}))
