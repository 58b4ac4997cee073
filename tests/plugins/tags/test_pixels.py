"""Tags of light, colour and motion, of made pictures and of photographs."""

import numpy as np
import pytest

from moodreel_plugins.tags.light import colour_tags, light_tags, measure_pixels
from moodreel_plugins.tags.motion import motion_tags


def named(tags):
    return {tag.name: tag.confidence for tag in tags if tag.confidence}


def flat(red, green, blue, height=90, width=160):
    return np.full((height, width, 3), (red, green, blue), np.uint8)


def lit(frames):
    return named(light_tags(measure_pixels(frames)))


def darkened(frame, factor=0.12):
    """Return a frame with a part of its light, as a camera at night would see it."""
    return (255 * ((frame / 255) ** 2.2 * factor) ** (1 / 2.2)).astype(np.uint8)


@pytest.fixture(scope="module")
def photographs():
    from moodreel.datasets.builders.samples import PHOTOGRAPHS, packaged_file
    from moodreel.decoding.pictures import read_picture

    return lambda name: read_picture(packaged_file(*PHOTOGRAPHS[name])).frames[0]


def test_a_dark_picture_with_a_lamp_is_night_and_a_bright_one_day():
    street = flat(20, 20, 28)
    street[10:14, 70:76] = 255
    assert lit([street]) == {"night": 1.0}
    assert "night" not in lit([flat(150, 160, 180)])
    assert lit([flat(150, 160, 180)])["day"] == 1


@pytest.mark.parametrize("name", ["temple", "coffee", "cat", "motorcycle"])
def test_less_light_makes_night_of_the_same_photograph(photographs, name):
    frame = photographs(name)
    assert lit([frame]).get("night", 0) < 0.1
    dark = lit([darkened(frame)])
    assert dark["night"] > 0.5
    assert "day" not in dark


def test_black_bars_make_no_night():
    film = flat(0, 0, 0)
    film[30:60] = 160
    assert "night" not in lit([film])


def test_what_has_no_colour_is_black_and_white(photographs):
    assert lit([photographs("photographer")])["black and white"] == 1
    assert "black and white" not in lit([photographs("cat")])


@pytest.mark.parametrize(
    ("rgb", "name"),
    [
        ((200, 20, 20), "red"),
        ((230, 120, 20), "orange"),
        ((220, 210, 20), "yellow"),
        ((30, 160, 40), "green"),
        ((30, 60, 200), "blue"),
        ((160, 30, 170), "purple"),
    ],
)
def test_a_colour_has_its_name(rgb, name):
    assert named(colour_tags(measure_pixels([flat(*rgb)]))) == {name: 1.0}


def test_grey_has_no_colour():
    assert named(colour_tags(measure_pixels([flat(120, 125, 120)]))) == {}


def test_what_does_not_change_is_still_and_what_changes_wholly_moves():
    still = measure_pixels([flat(90, 90, 90)] * 3)
    moving = measure_pixels([flat(0, 0, 0), flat(200, 200, 200), flat(0, 0, 0)])
    assert named(motion_tags(still)) == {"still": 1.0}
    assert named(motion_tags(moving)) == {"moving": 1.0}


def test_a_single_picture_tells_nothing_of_motion():
    assert named(motion_tags(measure_pixels([flat(90, 90, 90)]))) == {}
