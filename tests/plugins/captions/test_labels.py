"""Captions composed of recognised classes: what is said plainly, widely, or not at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodreel import Clip
from moodreel.errors import ConfigurationError
from moodreel_plugins.captions.label_names import PLACES, PLAIN, THINGS
from moodreel_plugins.captions.labels import class_groups, compose, first_name


def say(tags=(), **named):
    """Compose a caption where the named classes have these probabilities, and tags are certain."""
    probabilities = np.full(1000, 1e-5)
    for name, probability in named.items():
        probabilities[[first_name(i) for i in range(1000)].index(name.replace("_", " "))] = (
            probability
        )
    return compose(probabilities.tolist(), 0.2, tags)


@pytest.mark.parametrize(
    ("probabilities", "caption"),
    [
        ({"tabby": 0.8}, "a tabby cat"),
        ({"tabby": 0.2, "tiger_cat": 0.2, "Egyptian_cat": 0.15}, "a cat"),
        ({"beagle": 0.3, "soccer_ball": 0.4}, "a ball and a dog"),
        ({"umbrella": 0.5, "seashore": 0.3}, "an umbrella by the sea"),
        ({"seashore": 0.6}, "a scene by the sea"),
        ({"espresso": 0.3, "cup": 0.3}, "a cup of coffee"),
        ({"jean": 0.4, "sunglass": 0.3}, "jeans and sunglasses"),
        ({"stone_wall": 0.12, "maze": 0.1}, ""),
        ({}, ""),
    ],
)
def test_a_caption_says_what_is_probable_and_nothing_else(probabilities, caption):
    assert say(**probabilities) == caption


@pytest.mark.parametrize(
    ("tags", "probabilities", "caption"),
    [
        (["two people", "close-up", "night"], {}, "two people, close-up, at night"),
        (["one person"], {"tripod": 0.8}, "a person and a tripod"),
        (["one person", "dog"], {"beagle": 0.4}, "a person and a dog"),
        (["black and white"], {"seashore": 0.8}, "a scene by the sea, in black and white"),
        (["night", "red", "moving"], {}, ""),
    ],
)
def test_a_caption_says_the_tags_that_are_certain(tags, probabilities, caption):
    assert say(tags, **probabilities) == caption


def test_by_default_only_what_is_more_probable_than_not_is_said():
    probabilities = np.zeros(1000)
    probabilities[281] = 0.49
    assert compose(probabilities.tolist()) == ""
    probabilities[281] = 0.51
    assert compose(probabilities.tolist()) == "a cat"


def test_many_faint_breeds_are_no_dog():
    probabilities = np.zeros(1000)
    probabilities[151:269] = 0.005
    probabilities[430] = 0.8
    assert compose(probabilities.tolist()) == "a basketball"


@given(st.lists(st.integers(0, 999), min_size=1, max_size=6))
def test_no_caption_has_more_than_16_words(indices):
    probabilities = np.zeros(1000)
    probabilities[indices] = 1 / 4
    assert 1 <= len(compose(probabilities.tolist(), 0.2).split()) <= 16


def test_the_longest_names_fit():
    longest = sorted(range(1000), key=lambda index: -len(first_name(index).split()))[:3]
    probabilities = np.zeros(1000)
    probabilities[[*longest, 970]] = 0.25
    assert len(compose(probabilities.tolist(), 0.2, ["one person", "night"]).split()) <= 16


def test_every_listed_name_is_a_class():
    names = {first_name(index) for index in range(1000)}
    listed = {name for group in THINGS.values() for name in group.split(", ")}
    assert listed | set(PLAIN) | set(PLACES) <= names


def test_animals_lie_in_their_stretches():
    groups = class_groups()
    names = ["Labrador retriever", "tiger", "macaw", "monarch", "gorilla", "great white shark"]
    index = [first_name(i) for i in range(1000)].index
    found = [groups[index(name)] for name in names]
    assert found == ["dog", "big cat", "bird", "butterfly", "ape", "shark"]


def test_what_the_whole_clip_shows_is_described(registry, engine):
    captioner = registry.create("captioner", "labels")
    video = next(v.location for v in engine.catalog.videos() if "coffee" in v.path)
    coffee = engine.frame(video, time=1)
    still = Clip(np.stack([coffee] * 3), np.arange(3.0))
    assert captioner.caption([still]) == ["a cup of coffee"]
    brief = Clip(np.stack([np.zeros_like(coffee)] * 5 + [coffee]), np.arange(6.0))
    assert captioner.caption([brief]) == [""]
    assert captioner.caption([]) == []


def test_the_classifier_is_shared_with_the_encoder(registry):
    captioner = registry.create("captioner", "labels")
    assert captioner.encoder is registry.create("video_encoder", "starter")


def test_an_encoder_that_does_not_classify_is_refused(registry, text_encoder):
    with pytest.raises(ConfigurationError, match="video_encoder"):
        registry.create("captioner", "labels", video_encoder=text_encoder)


@pytest.mark.parametrize("certain", [0, 1, -1])
def test_a_probability_out_of_range_is_refused(registry, certain):
    with pytest.raises(ConfigurationError, match="certain"):
        registry.create("captioner", "labels", certain=certain)
