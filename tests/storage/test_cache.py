"""What takes seconds to make is made once, and a cache that fails costs nothing but time."""

import pytest
import torch

from moodreel.storage.cache import VARIABLE, cache_folder, cached_tensor


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


class Maker:
    """Counts how often it is asked."""

    def __init__(self):
        self.made = 0

    def __call__(self):
        self.made += 1
        return torch.arange(6.0).view(2, 3).T * self.made


def test_a_tensor_is_made_once_for_all_that_it_depends_on(folder):
    make = Maker()
    first = cached_tensor("numbers", ["a", "b"], make)
    assert cached_tensor("numbers", ["a", "b"], make).equal(first)
    assert make.made == 1
    cached_tensor("numbers", ["a", "c"], make)
    assert make.made == 2
    assert len(list(folder.iterdir())) == 2, "and nothing half-written is left"


def test_one_that_is_damaged_or_does_not_fit_is_made_again(folder):
    make = Maker()
    cached_tensor("numbers", ["a"], make)
    (file,) = folder.iterdir()
    file.write_bytes(b"damaged")
    assert cached_tensor("numbers", ["a"], make)[0, 1] == 6
    assert cached_tensor("numbers", ["a"], make, lambda known: False)[0, 1] == 9
    assert cached_tensor("numbers", ["a"], make)[0, 1] == 9


def test_where_nothing_can_be_kept_it_is_made_all_the_same(folder):
    folder.write_text("a file, not a folder")
    make = Maker()
    for _ in range(2):
        assert cached_tensor("numbers", ["a"], make).shape == (3, 2)
    assert make.made == 2


def test_without_a_choice_it_is_the_users_cache(monkeypatch):
    monkeypatch.delenv(VARIABLE)
    assert cache_folder().name == "moodreel"


def test_classes_are_embedded_once_and_anew_by_an_encoder_that_was_tuned(registry, monkeypatch):
    encoder = registry.create("video_encoder", "starter")
    asked = []

    def encode(texts, inject=None):
        asked.append(len(texts))
        return type(encoder.text_encoder).encode(encoder.text_encoder, texts, inject)

    fresh = [type(encoder)(encoder.text_encoder, encoder.networks, forms=["plain"]) for _ in "ab"]
    kept = fresh[0].class_head.embeddings
    monkeypatch.setattr(encoder.text_encoder, "encode", encode)
    assert fresh[1].class_head.embeddings.equal(kept)
    assert asked == [1]
    changed = type(encoder)(encoder.text_encoder, encoder.networks, forms=["plain"])
    weight = encoder.text_encoder.model.get_input_embeddings().weight
    before = weight.detach().clone()
    try:
        weight.data *= 1.5
        assert not changed.class_head.embeddings.allclose(kept, atol=1e-3)
    finally:
        weight.data.copy_(before)
    assert asked[1:] == [1, 1000]
