"""Words on screen are read where there are any, and only there."""

import cv2
import numpy as np
import pytest

from moodreel import Clip, create
from moodreel.containers.probing import probe_video
from moodreel.media import TimedText
from moodreel_plugins.readers.pyav_reader import PyavReader
from moodreel_plugins.screen.rapidocr import join_repeated
from moodreel_plugins.screen.text_lines import clockwise
from speeches import DATA

SCENES = DATA / "footage" / "scenes"
needs_scenes = pytest.mark.skipif(not SCENES.exists(), reason=f"no real footage: {SCENES}")


@pytest.fixture(scope="module")
def spotter():
    return create("text_spotter", "rapidocr")


def frame(*lines, size=(360, 640), scale=1.2, turned=0.0, light=230):
    """Return a picture with lines of text on a gradient, turned by some degrees."""
    picture = (
        np.zeros((*size, 3), np.uint8) + np.linspace(20, 90, size[1]).astype(np.uint8)[:, None]
    )
    for place, line in enumerate(lines):
        at = (40, 120 + 70 * place)
        cv2.putText(
            picture, line, at, cv2.FONT_HERSHEY_SIMPLEX, scale, (light,) * 3, 2, cv2.LINE_AA
        )
    middle = (size[1] / 2, size[0] / 2)
    turn = cv2.getRotationMatrix2D(middle, turned, 1)
    return cv2.warpAffine(picture, turn, size[::-1], borderMode=cv2.BORDER_REPLICATE)


def clip(*frames, start=0.0):
    return Clip(np.stack(frames), start + np.arange(len(frames), dtype=np.float64))


def read(spotter, *frames):
    (texts,) = spotter.spot([clip(*frames)])
    return [text.text for text in texts]


@pytest.mark.parametrize("turned", [0, 12, -12])
def test_titles_are_read_from_the_top_to_the_bottom(spotter, turned):
    shown = frame("Grand opening", "of the new station", turned=turned)
    assert [text.lower() for text in read(spotter, shown)] == [
        "grand opening",
        "of the new station",
    ]


def test_small_and_dark_letters_are_read(spotter):
    assert read(spotter, frame("No parking from Monday", scale=0.6)) == ["No parking from Monday"]
    paper = 255 - frame("Chapter One")
    assert read(spotter, paper) == ["Chapter One"]


def test_pictures_without_words_give_none(spotter):
    draw = np.random.default_rng(0)
    noise = draw.integers(0, 256, (240, 320, 3), np.uint8)
    stripes = (
        np.zeros((240, 320, 3), np.uint8)
        + (np.arange(320) // 8 % 2 * 200).astype(np.uint8)[:, None]
    )
    assert spotter.spot([clip(frame()), clip(noise), clip(stripes)]) == [[], [], []]


def test_the_middle_frame_is_read_and_more_of_them_on_request(spotter):
    frames = [
        frame("First words"),
        frame("Second words"),
        frame("Second words"),
        frame("Last words"),
    ]
    (texts,) = spotter.spot([clip(*frames, start=10.0)])
    assert [(text.text, text.start) for text in texts] == [("Second words", 12.0)]
    (texts,) = create("text_spotter", "rapidocr", frames=4).spot([clip(*frames, start=10.0)])
    assert [(text.text, text.start, text.end) for text in texts] == [
        ("First words", 10.0, 10.0),
        ("Second words", 11.0, 12.0),
        ("Last words", 13.0, 13.0),
    ]


def test_a_line_that_comes_again_is_another_text():
    first, other, again = (TimedText(text, at, at) for at, text in enumerate(["A", "B", "A"]))
    assert join_repeated([[first], [other], [again]]) == [first, other, again]


def test_corners_begin_at_the_top_left():
    corners = np.array([[9, 5], [0, 0], [1, 6], [8, 1]], np.float32)
    assert clockwise(corners).tolist() == [[0, 0], [8, 1], [9, 5], [1, 6]]


@needs_scenes
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mmaction_spatiotemporal.mp4", "watch"),  # labels that a detector drew
        ("intel_asl_again.mkv", "misfits"),  # a shirt
        ("gram_1.mp4", None),
        ("gram_3.mp4", None),
        ("intel_asl_book.mkv", None),
        ("intel_one_by_one.mp4", None),
        ("mmaction_structuralize.mp4", None),
    ],
)
def test_real_footage_shows_what_is_written_in_it_and_nothing_else(name, words):
    path = SCENES / name
    facts = probe_video(path)
    shown = PyavReader().read(path, np.linspace(0.1, facts.last - 0.1, 6).tolist(), facts)
    (texts,) = create("text_spotter", "rapidocr", frames=6).spot([shown])
    if words is None:
        assert texts == []
    else:
        assert any(words in text.text.lower() for text in texts)
