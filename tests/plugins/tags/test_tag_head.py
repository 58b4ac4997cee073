"""Tags in the sentence encoder's space: what they bring a vector nearer to, and what they leave."""

import pytest
import torch

from moodreel_plugins.tags.phrases import FAMILIES, OPPOSITES, PHRASES
from moodreel_plugins.tags.tag import Tag
from moodreel_plugins.tags.tag_head import WEIGHTS, TagHead


@pytest.fixture(scope="module")
def head(text_encoder):
    return TagHead(text_encoder)


def cosines(text_encoder, vector, *texts):
    return (text_encoder.encode(list(texts)).pooled @ vector).tolist()


@pytest.mark.parametrize(
    ("tag", "near", "far"),
    [
        ("night", "a lonely road at night", "a sunny road at noon"),
        ("day", "a sunny road at noon", "a lonely road at night"),
        ("two people", "two men arm wrestling", "a man alone in the street"),
        ("people", "a woman talking to someone", "a mountain lake"),
        ("black and white", "an old black and white film", "a colourful painting"),
        ("red", "a red car", "a blue car"),
        ("outdoors", "a walk outside in the open air", "a room inside a house"),
    ],
)
def test_a_tag_is_nearer_to_what_it_means(head, text_encoder, tag, near, far):
    said, opposite = cosines(text_encoder, head.embed([Tag(tag, 1.0)]), near, far)
    assert said > opposite + 0.02


def test_light_leaves_what_is_neither_bright_nor_dark_where_it_was(head, text_encoder):
    nouns = ("a cat", "a truck", "a cup of coffee", "a horse", "a page of a book")
    night = head.embed([Tag("night", 1.0)])
    (dark,) = cosines(text_encoder, night, "a road at night")
    assert max(map(abs, cosines(text_encoder, night, *nouns))) < 0.8 * dark


def test_a_tag_counts_by_its_confidence(head):
    half, whole = head.embed([Tag("night", 0.5)]), head.embed([Tag("night", 1.0)])
    assert torch.allclose(2 * half, whole, atol=1e-6)
    assert whole.norm().item() == pytest.approx(WEIGHTS["night"], abs=1e-5)


def test_no_tags_move_nothing(head):
    assert not head.embed([]).any()


def test_every_tag_has_a_family_a_weight_and_known_opposites():
    assert set(FAMILIES.values()) == set(WEIGHTS)
    assert set(PHRASES) | set(OPPOSITES) <= set(FAMILIES)
    assert {other for others in OPPOSITES.values() for other in others} <= set(FAMILIES)
