"""BlazeFace: small, turned and several faces are found, and animals and things are not."""

import numpy as np
import pytest
from PIL import Image

from moodreel import create
from moodreel.errors import ConfigurationError
from moodreel_plugins.emotion.blaze_detector import BlazeDetector
from moodreel_plugins.emotion.face_detectors import Box, HaarDetector


@pytest.fixture(scope="module")
def detector():
    return BlazeDetector()


@pytest.fixture(scope="module")
def face():
    """A face of about 100 pixels with its surroundings, upright, [240, 240, 3]."""
    import skimage

    return skimage.data.astronaut()[:240, 100:340]


def scene(*placed):
    """A grey frame with pictures set into it at (left, top)."""
    frame = np.full((480, 854, 3), 96, np.uint8)
    for picture, left, top in placed:
        frame[top : top + len(picture), left : left + picture.shape[1]] = picture
    return frame


def turned(degrees):
    """The whole picture, turned counterclockwise about its face."""
    import skimage

    whole = Image.fromarray(skimage.data.astronaut())
    return np.asarray(whole.rotate(degrees, Image.Resampling.BILINEAR, center=(225, 120)))


def shrunk(picture, side):
    return np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.LANCZOS))


def middle(box):
    return box.left + box.width / 2, box.top + box.height / 2


def test_a_small_face_is_found_where_cascades_find_none(detector, face):
    frame = scene((shrunk(face, 96), 600, 60))
    (box,) = detector.find(frame)
    assert middle(box) == pytest.approx((600 + 50, 60 + 48), abs=12)
    assert 30 < box.width < 60
    assert HaarDetector().find(frame) == []


@pytest.mark.parametrize("degrees", [-40, -20, 20, 40])
def test_a_turned_face_is_found_and_cut_upright(detector, degrees):
    frame = turned(degrees)
    (box,) = detector.find(frame)
    assert np.degrees(box.turn) == pytest.approx(-degrees, abs=15)
    (again,) = detector.find(box.cut(frame, size=2.0))
    assert abs(np.degrees(again.turn)) < 15


def test_several_faces_are_told_apart(detector, face):
    frame = scene((face, 40, 100), (shrunk(face, 160), 400, 200), (face[:, ::-1], 600, 20))
    boxes = sorted(detector.find(frame), key=lambda box: box.left)
    assert [round(box.width) for box in boxes] == pytest.approx([120, 80, 120], abs=30)
    assert boxes[0].weight > boxes[1].weight
    assert all(0.5 <= box.certainty <= 1 for box in boxes)


@pytest.mark.parametrize("name", ["coffee", "cat", "coins", "rocket", "page", "brick", "clock"])
def test_things_and_animals_are_no_faces(detector, name):
    import skimage

    picture = getattr(skimage.data, name)()
    picture = picture if picture.ndim == 3 else np.stack([picture] * 3, -1)
    assert detector.find(np.ascontiguousarray(picture)) == []


def test_faces_of_people_signing_are_found_and_their_hands_are_not(detector, shared_data):
    reader = create("video_reader", "pyav")
    for path in sorted((shared_data / "footage" / "scenes").glob("intel_asl_*")):
        for frame in reader.read(path, [0.3, 1.0, 1.7, 2.2]).frames:
            (box,) = detector.find(frame)
            assert middle(box)[1] < 0.4 * len(frame)


def test_animals_and_people_from_behind_show_no_face(detector, shared_data):
    reader = create("video_reader", "pyav")
    names = ["cockatoo.mp4", "gram_1.mp4", "gram_3.mp4", "gram_4.mp4", "intel_one_by_one.mp4"]
    for name in names:
        frames = reader.read(shared_data / "footage" / "scenes" / name, [0.5, 2.0, 3.5]).frames
        assert [detector.find(frame) for frame in frames] == [[]] * len(frames), name


def test_a_turned_box_cuts_as_an_unturned_one_does_at_no_angle():
    picture = np.random.default_rng(0).integers(0, 256, (80, 90, 3), np.uint8)
    straight = Box(30, 20, 20, 20, 1.0)
    assert straight.upright(picture, 1.0).shape == straight.cut(picture).shape
    np.testing.assert_array_equal(straight.upright(picture, 1.0), straight.cut(picture))


def test_options_of_the_cascades_are_refused_beside_blazeface():
    with pytest.raises(ConfigurationError, match="options of detector=haar"):
        create("emotion_extractor", "face", scale_factor=1.2)


@pytest.mark.parametrize("confidence", [0.0, 1.0])
def test_a_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(ConfigurationError, match="confidence"):
        create("emotion_extractor", "face", confidence=confidence)
