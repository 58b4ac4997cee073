"""Tags of people: how many they are and how near, of boxes whose meaning is known."""

import pytest

from moodreel_plugins.tags.objects import FoundObject
from moodreel_plugins.tags.people import frame_people, people_tags

WIDE = 16 / 9


def person(left, top, width, height, confidence=0.9):
    return FoundObject("person", confidence, left, top, width, height)


def face(left, top, width, height):
    return FoundObject("face", 1.0, left, top, width, height)


def named(*frames):
    return {tag.name: tag.confidence for tag in people_tags(frames)}


def standing(left=0.4):
    return person(left, 0.1, 0.12, 0.8)


def test_nobody_gives_no_tag():
    assert named(frame_people([FoundObject("dog", 0.9, 0, 0, 1, 1)], [], WIDE)) == {}


def test_people_are_counted_and_things_are_not():
    dog = FoundObject("dog", 0.9, 0, 0, 0.2, 0.2)
    tags = named(frame_people([standing(0.1), standing(0.6), dog], [], WIDE))
    assert tags["people"] == tags["two people"] == 1
    assert "one person" not in tags


@pytest.mark.parametrize(
    ("count", "name"), [(1, "one person"), (3, "several people"), (7, "a crowd")]
)
def test_a_number_of_people_has_its_name(count, name):
    bodies = [person(0.1 * place, 0.2, 0.08, 0.7) for place in range(count)]
    assert named(frame_people(bodies, [], WIDE))[name] == 1


def test_a_face_inside_a_body_is_no_second_person():
    body = person(0.3, 0.1, 0.3, 0.9)
    assert "one person" in named(frame_people([body], [face(0.4, 0.15, 0.1, 0.15)], WIDE))
    assert "two people" in named(frame_people([body], [face(0.8, 0.15, 0.1, 0.15)], WIDE))


def test_a_large_face_is_a_close_up_and_a_whole_body_is_none():
    assert named(frame_people([], [face(0.3, 0.2, 0.3, 0.6)], WIDE))["close-up"] == 1
    whole = named(frame_people([standing()], [], WIDE))
    assert whole["full body"] == 1
    assert "close-up" not in whole


def test_a_small_body_is_far_away():
    assert named(frame_people([person(0.5, 0.5, 0.05, 0.2)], [], WIDE))["far away"] == 1


def test_a_body_cut_by_the_frame_is_not_whole():
    assert "full body" not in named(frame_people([person(0.4, 0.3, 0.15, 0.7)], [], WIDE))


def test_who_is_seen_in_one_frame_of_three_counts_for_a_third():
    empty = frame_people([], [], WIDE)
    tags = named(empty, frame_people([standing()], [], WIDE), empty)
    assert tags["people"] == pytest.approx(1 / 3, abs=1e-6)


def test_a_doubtful_detection_is_a_doubtful_tag():
    tags = named(frame_people([person(0.4, 0.1, 0.12, 0.8, confidence=0.3)], [], WIDE))
    assert 0 < tags["people"] < 0.5
