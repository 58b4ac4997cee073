"""After indexing, each segment shows its own scene, in whatever container it came.

What decord read of DVDs was their first scene, six times: "a cup of coffee and soup".
"""

import os
from functools import cache

import numpy as np
import pytest
from PIL import Image
from skimage import data

from numbered_videos import FAST, HEIGHT, OPEN_GROUP, RATE, WIDTH, encode, remux

SECONDS = 5  # of a scene, which is one segment
SCENES = ("coffee", "rocket", "chelsea", "astronaut", "brick", "horse")
MPEG2 = {"codec": "mpeg2video", "bf": "2", "g": "15"}
CONTAINERS = {
    "h264.mp4": FAST,
    "mpeg4.avi": {"codec": "mpeg4", "bf": "2", "g": "50"},
    "dvd.vob": {**MPEG2, "container": "vob"},
    "mpeg1.mpg": {"codec": "mpeg1video", "bf": "2", "g": "15"},
    "wmv2.wmv": {"codec": "wmv2", "container": "asf", "g": "50"},
    "camera.m2ts": {"container": "mpegts", "muxer": {"mpegts_m2ts_mode": "1"}, **FAST},
    "long-group.ts": {"preset": "veryfast", "g": "250", "bf": "2"},
    "open-group.mkv": {"preset": "veryfast", **OPEN_GROUP},
    "flash.flv": {"codec": "flv", "g": "50"},
}
COUNT = SECONDS * RATE * len(SCENES)


@cache
def scene(name):
    """A photograph at the size of the videos."""
    pixels = np.asarray(getattr(data, name)())
    if pixels.dtype == bool:
        pixels = pixels * np.uint8(255)
    return np.array(Image.fromarray(pixels).convert("RGB").resize((WIDTH, HEIGHT)))


def scene_at(number):
    return scene(SCENES[number // (SECONDS * RATE)])


@pytest.fixture(scope="module")
def engine(tmp_path_factory, engine_at):
    """An index of one film of six scenes in every container, and of one cut after the first."""
    root = tmp_path_factory.mktemp("scenes")
    (root / "videos").mkdir()
    for name, options in CONTAINERS.items():
        encode(root / "videos" / name, count=COUNT, draw=scene_at, **options)
    encode(root / "whole.mp4", count=COUNT, draw=scene_at, preset="veryfast", g="250", bf="3")
    remux(root / "whole.mp4", root / "videos" / "cut.mp4", -5.0, avoid_negative_ts="disabled")
    with engine_at(root / "index", "video_encoder=starter-fast") as engine:
        report = engine.index(root / "videos")
        assert (len(report.added), report.failed) == (len(CONTAINERS) + 1, [])
        yield engine, root


@pytest.mark.parametrize("name", SCENES)
def test_each_scene_is_found_where_it_is_shown(engine, name):
    engine, root = engine
    Image.fromarray(scene(name)).save(root / f"{name}.png")
    first = {}
    for hit in engine.search(image=root / f"{name}.png", merge=False, top=1000):
        first.setdefault(os.path.basename(hit.video), hit.start)
    start = SECONDS * SCENES.index(name)
    cut = first.pop("cut.mp4")
    assert first == {video: pytest.approx(start, abs=0.1) for video in CONTAINERS}
    if start:
        assert cut == pytest.approx(start - SECONDS, abs=0.1)
