"""Sweeping: every frame once and in order, whatever the stretches and the container."""

import itertools
import math

import numpy as np
import pytest

from moodreel import Registry
from moodreel.components import registry_decoder
from moodreel.containers.probing import probe_video
from moodreel.containers.sweeping import sweep_frames
from moodreel.decoding import decoder as decoding
from moodreel.errors import UnreadableVideo
from numbered_videos import HEIGHT, KINDS, WIDTH, read_number

SIZE = (HEIGHT, WIDTH)
NAMES = [
    "h264.mp4",
    "hevc.mp4",
    "h264.ts",
    "long-group.ts",
    "mpeg2.mpg",
    "wmv2.wmv",
    "one-key.mkv",
    "variable.mkv",
    "offset.ts",
    "joined.ts",
    "raw.h264",
    "cut.mp4",
]


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbered")
    return {name: (folder / name, KINDS[name](folder / name)) for name in NAMES}


def numbers(clips):
    return [read_number(frame) for clip in clips for frame in clip.frames]


def times(clips):
    return np.concatenate([clip.times for clip in clips])


@pytest.mark.parametrize("name", NAMES)
def test_every_frame_comes_once_and_in_order_in_whatever_stretches(numbered, name):
    path, shown = numbered[name]
    facts = probe_video(path)
    whole = sweep_frames(path, 0.0, math.inf, SIZE, facts)
    edges = [*np.arange(0.0, facts.duration, 2.3), math.inf]
    parts = [
        sweep_frames(path, start, end, SIZE, facts) for start, end in itertools.pairwise(edges)
    ]
    kept = [part for part in parts if part is not None]
    assert numbers(kept) == numbers([whole])
    np.testing.assert_array_equal(times(kept), times([whole]))
    assert len(whole) >= 0.9 * len(shown.numbers)
    assert shown.misses(whole.times.tolist(), whole.frames) == []


def test_a_decoder_sweeps_a_video_in_worker_processes(numbered, monkeypatch):
    monkeypatch.setattr(decoding, "STRETCH", 3.0)
    path, shown = numbered["h264.mp4"]
    with registry_decoder(Registry.load("starter")) as decoder:
        clips = list(decoder.sweep(path, SIZE, decoder.probe(path)))
    assert len(clips) > 2
    assert numbers(clips) == shown.numbers.tolist()


def test_frames_have_the_size_that_is_asked_for(numbered):
    path, _ = numbered["h264.mp4"]
    clip = sweep_frames(path, 0.0, 1.0, (27, 48), probe_video(path))
    assert clip.frames.shape[1:] == (27, 48, 3)


def test_a_video_on_its_side_is_swept_upright(tmp_path):
    path = tmp_path / "phone.mp4"
    KINDS["phone.mp4"](path)
    facts = probe_video(path)
    size = (facts.height, facts.width)
    clip = sweep_frames(path, 0.0, 0.5, size, facts)
    assert [read_number(frame) for frame in clip.frames] == list(range(len(clip)))


def test_a_real_clip_whose_seeks_land_too_late_is_swept_whole(shared_data):
    path = shared_data / "footage/scenes/cockatoo.mp4"
    facts = probe_video(path)
    clip = sweep_frames(path, 4.2, 6.0, (27, 48), facts)
    np.testing.assert_allclose(clip.times, np.arange(4.2, 5.99, 0.05), rtol=0, atol=2e-3)


def test_a_stretch_without_frames_gives_none(numbered):
    path, _ = numbered["h264.mp4"]
    assert sweep_frames(path, 9_000.0, 9_001.0, (27, 48), probe_video(path)) is None


def test_a_file_that_is_gone_is_unreadable(numbered, tmp_path):
    path, _ = numbered["h264.mp4"]
    with pytest.raises(UnreadableVideo):
        sweep_frames(tmp_path / "gone.mp4", 0.0, 1.0, (27, 48), probe_video(path))
