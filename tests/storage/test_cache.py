"""What takes seconds to make is made once, and a cache that fails costs nothing but time."""

import pytest
import torch

from moodreel.storage.cache import VARIABLE, cache_folder, cached_tensor
from moodreel_plugins.encoders.class_head import ClassHead


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


def test_one_that_is_damaged_is_made_again(folder):
    make = Maker()
    cached_tensor("numbers", ["a"], make)
    (file,) = folder.iterdir()
    file.write_bytes(b"damaged")
    assert cached_tensor("numbers", ["a"], make)[0, 1] == 6
    assert cached_tensor("numbers", ["a"], make)[0, 1] == 6


def test_where_nothing_can_be_kept_it_is_made_all_the_same(folder):
    folder.write_text("a file, not a folder")
    make = Maker()
    for _ in range(2):
        assert cached_tensor("numbers", ["a"], make).shape == (3, 2)
    assert make.made == 2


def test_without_a_choice_it_is_the_users_cache(monkeypatch):
    monkeypatch.delenv(VARIABLE)
    assert cache_folder().name == "moodreel"


@pytest.fixture
def head(registry):
    """Class heads of one encoder, and what it was asked to encode."""
    encoder, asked = registry.create("text_encoder", "minilm"), []
    texts = [["a cat", "a dog"]]

    def encode(texts, inject=None):
        asked.append(len(texts))
        return type(encoder).encode(encoder, texts, inject)

    encoder.encode = encode
    return lambda: ClassHead(encoder, lambda: texts, 1.0, 2), encoder, asked


def test_what_is_known_of_the_classes_is_used_without_loading_the_encoder(head):
    make, _, asked = head
    kept = make().embeddings
    assert make().embeddings.equal(kept)
    assert asked == [2]


def test_classes_are_embedded_anew_by_an_encoder_that_was_tuned(head):
    make, encoder, asked = head
    kept = make().embeddings
    weight = encoder.model.get_input_embeddings().weight
    with torch.no_grad():
        weight *= 1.5
    encoder.tuned = True
    assert not make().embeddings.allclose(kept, atol=1e-3)
    encoder.tuned = False
    assert make().embeddings.equal(kept), "and what others use stayed as it was"
    assert asked == [2, 2]


def test_classes_of_an_encoder_without_a_fingerprint_are_not_kept(head):
    make, encoder, asked = head
    encoder.fingerprint = "unregistered"
    assert make().embeddings.equal(make().embeddings)
    assert asked == [2, 2]
