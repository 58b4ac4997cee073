"""Every reader against files from the real world, and the two of them together."""

import os
import pickle

import numpy as np
import pytest

from hard_videos import (
    PARTLY_READABLE,
    READABLE,
    UNREADABLE,
    plain,
    progress,
    variable_rate,
    write_hard_videos,
    write_video,
)
from moodreel import create
from moodreel.containers import probing
from moodreel.decoding.decoder import Decoder
from moodreel.errors import UnreadableVideo
from numbered_videos import READERS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_hard_videos(tmp_path_factory.mktemp("hard"))


@pytest.fixture(scope="module")
def both():
    """The readers as the starter preset has them: PyAV, then decord."""
    with Decoder([create("video_reader", name) for name in ("pyav", "decord")], workers=1) as both:
        yield both


@pytest.fixture(params=READERS)
def reader(request):
    return create("video_reader", request.param)


def moments(duration, count=4):
    return [duration * (i + 0.5) / count for i in range(count)]


@pytest.mark.parametrize("name", READABLE)
def test_hard_files_are_read_upright_and_in_colour(both, folder, name):
    facts = both.probe(folder / name)
    clip = both.read(folder / name, moments(facts.duration))
    assert len(clip) == 4
    assert min(clip.frames.shape[1:3]) <= 480
    shape = clip.frames.shape[2] / clip.frames.shape[1]
    assert shape == pytest.approx(facts.width / facts.height, rel=0.01)
    if name != "flipped.mp4":
        above, below = clip.frames[0][2, -3], clip.frames[0][-3, -3]
        assert above[0] > 150 > 50 > above[2]
        assert below[2] > 150 > 50 > below[0]


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_video_is_refused_with_its_reason(both, folder, name):
    with pytest.raises(UnreadableVideo) as caught:
        both.probe(folder / name)
    assert caught.value.reason.startswith(UNREADABLE[name][1])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", PARTLY_READABLE)
def test_of_a_video_cut_in_half_the_first_half_is_read(both, folder, name):
    facts = both.probe(folder / name)
    assert facts.duration == pytest.approx(6)
    clip = both.read(folder / name, moments(facts.duration, 12))
    assert 5 <= len(clip) <= 7
    assert clip.times.tolist() == moments(facts.duration, 12)[: len(clip)]


def test_oblong_pixels_are_shown_in_their_shape(both, folder):
    assert both.read(folder / "oblong.mp4", [0.5]).frames.shape == (1, 240, 640, 3)


def test_a_phone_video_stored_on_its_side_is_shown_upright(reader, folder):
    assert reader.probe(folder / "turned.mp4").width == 320
    assert reader.read(folder / "turned.mp4", [0.5]).frames.shape == (1, 240, 320, 3)


def test_large_frames_are_shrunk_upright(reader, tmp_path):
    write_video(tmp_path / "tall.mp4", frames=3, size=(720, 1280))
    assert reader.read(tmp_path / "tall.mp4", [0.0]).frames.shape == (1, 853, 480, 3)


def test_frames_are_those_shown_at_the_times_asked_for(reader, tmp_path):
    write_video(tmp_path / "long.mp4", frames=30 * 25, size=(64, 48))
    times = [0.0, 0.5, 7.0, 14.98, 15.0, 29.9]
    clip = reader.read(tmp_path / "long.mp4", times)
    assert clip.times.tolist() == times
    shown = [progress(frame) for frame in clip.frames]
    np.testing.assert_allclose(shown, [time / 29.96 for time in times], atol=0.02)


def test_a_variable_rate_is_followed_by_time_not_by_number(reader, tmp_path):
    variable_rate(tmp_path / "variable.mp4")
    clip = reader.read(tmp_path / "variable.mp4", [0.5, 1.2, 2.6, 6.3])
    frames = [12, 25, 28, 35]  # the last one that begins at or before each time
    np.testing.assert_allclose(
        [progress(frame) for frame in clip.frames],
        [min(frame / 40, 1) for frame in frames],
        atol=0.02,
    )


def test_times_past_the_end_are_left_out_and_nothing_but_them_is_an_error(reader, tmp_path):
    plain(tmp_path / "a.mp4")
    assert reader.read(tmp_path / "a.mp4", [1.0, 60.0]).times.tolist() == [1.0]
    with pytest.raises(UnreadableVideo, match=r"no frame can be read from 60\.0 s on"):
        reader.read(tmp_path / "a.mp4", [60.0])


def test_a_file_that_was_replaced_is_read_anew(reader, tmp_path):
    write_video(tmp_path / "a.mp4", size=(64, 48))
    reader.read(tmp_path / "a.mp4", [0.0])
    write_video(tmp_path / "b.mp4", size=(96, 48))
    os.utime(tmp_path / "b.mp4", (1, 1))
    os.replace(tmp_path / "b.mp4", tmp_path / "a.mp4")
    assert reader.read(tmp_path / "a.mp4", [0.0]).frames.shape[2] == 96


def test_the_facts_of_a_file_are_found_once_until_it_changes(tmp_path, monkeypatch):
    """The page reads single frames of one video again and again."""
    reader, opened = create("video_reader", "pyav"), []
    survey = probing.survey_packets
    monkeypatch.setattr(probing, "survey_packets", lambda *a: opened.append(a) or survey(*a))
    write_video(tmp_path / "a.mp4", frames=25, size=(64, 48))
    assert [reader.probe(tmp_path / "a.mp4").duration for _ in range(3)] == [1.0] * 3
    assert len(opened) == 1
    write_video(tmp_path / "a.mp4", frames=50, size=(64, 48))
    assert (reader.probe(tmp_path / "a.mp4").duration, len(opened)) == (2.0, 2)


def test_a_folder_and_a_missing_file_are_named(reader, tmp_path):
    for path, reason in ((tmp_path, "is not a file"), (tmp_path / "gone.mp4", "is not there")):
        with pytest.raises(UnreadableVideo, match=reason):
            reader.probe(path)


def test_the_smaller_of_two_sides_is_the_one_that_is_limited(tmp_path):
    write_video(tmp_path / "a.mp4", frames=3, size=(320, 160))
    for name in READERS:
        small = create("video_reader", name, shorter_side=80)
        assert small.read(tmp_path / "a.mp4", [0.0]).frames.shape == (1, 80, 160, 3)


def test_a_reader_travels_to_a_worker(reader):
    again = pickle.loads(pickle.dumps(reader))
    assert vars(again) == vars(reader)
