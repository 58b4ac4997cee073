"""`moodreel fit-face`: a classifier's last layer, fitted to labelled pictures."""

import numpy as np
import pytest
from PIL import Image

from inputs import photograph, write_expressions
from moodreel import Clip, Emotion, create
from moodreel.interfaces import FitReport
from moodreel_plugins.emotion.face_head import FaceHead
from outcomes import check_refused
from tiny_models import tiny_classifier


@pytest.fixture
def pictures(tmp_path):
    """A folder of two expressions, and a picture without a face."""
    folder = write_expressions(tmp_path / "pictures")
    Image.new("RGB", (300, 300)).save(folder / "joy" / "blank.png")
    return folder


def clip_of(frame):
    return Clip(frame[None], np.zeros(1))


def test_a_folder_of_pictures_is_fitted_and_used(moodreel, pictures, tmp_path):
    target = tmp_path / "head.safetensors"
    (found,) = moodreel("fit-face", pictures, "--to", target, "--least", 4, "--json").objects
    report = FitReport(**found)
    assert report.counts == {"joy": 4, "neutral": 4}
    assert report.skipped == 1
    assert report.after[0] == 1
    fitted = create("emotion_extractor", "face", head=str(target))
    assert fitted.observes == {Emotion.JOY}
    face = np.asarray(photograph("astronaut"))[:480, :480]
    bright, dim = fitted.extract([clip_of(face), clip_of((face * 0.4).astype(np.uint8))])
    assert bright["joy"] > dim["joy"]


def test_options_of_the_presets_extractor_hold_for_the_fit(moodreel, pictures, tmp_path):
    folder = tiny_classifier(tmp_path / "model", ["happy", "neutral"])
    target = tmp_path / "head.safetensors"
    call = (pictures, "--to", target, "--least", 4, f"video_emotion.classifier={folder}")
    done = moodreel("fit-face", *call)
    assert done.code == 0, done.err
    assert "video_emotion.head=" in done.err
    assert FaceHead.load(target).weight.shape == (2, 2 + 16)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "no such folder"),
        (["."], "no pictures in folders"),
        ([".", "--extractor", "nrc"], "has no part that can be fitted"),
        ([".", "--extractor", "fase"], "Did you mean 'face'"),
        ([".", "--least", "3"], "not in the range"),
    ],
)
def test_a_wrong_call_is_one_line(moodreel, arguments, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_refused(moodreel("fit-face", *arguments, "--to", "head.safetensors"), says)


def test_a_picture_that_cannot_be_read_is_named(moodreel, pictures, tmp_path):
    (pictures / "joy" / "torn.jpg").write_bytes(b"\xff\xd8\xff not a picture")
    done = moodreel("fit-face", pictures, "--least", 4, "--to", tmp_path / "head")
    check_refused(done, "torn.jpg: cannot be read: not a picture")


def test_a_file_that_cannot_be_written_is_named(moodreel, pictures, tmp_path):
    target = tmp_path / "nowhere" / "head.safetensors"
    done = moodreel("fit-face", pictures, "--least", 4, "--to", target)
    check_refused(done, "cannot be written", code=1)
