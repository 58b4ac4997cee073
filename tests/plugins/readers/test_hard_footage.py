"""Small real files whose form is the difficulty, with what players show of each.

They are not committed: these tests skip where ../shared is not there.
"""

import numpy as np
import pytest

import places
from moodreel import create
from moodreel.decoding.decoder import Decoder
from numbered_videos import even, read_number

CASES = places.SHARED / "cases" / "files"
FORMATS = places.SHARED / "data" / "footage" / "formats"

# What each file shows: seconds, the number of the first frame, and when it begins.
NUMBERED = {
    "avi_mpeg4_bframes_every_frame_wrong.avi": (12.0, 0, 0.04),
    "hdr_pq_washed_out.mp4": (1.0, 0, 0.0),
    "mkv_duration_1970_eats_memory.mkv": (12.0, 0, 0.0),
    "mkv_states_3s_of_12s.mkv": (12.0, 0, 0.0),
    "mp4_edit_list_frames_13_off.mp4": (9.5, 63, 0.0),
    "mpegps_stuck_at_start.mpg": (12.0, 0, 0.0),
    "opengop_decord_119_off.mkv": (30.16, 0, 0.0),
    "raw_h264_none_readable.h264": (12.0, 0, 0.0),
    "strip_500_4096x2.mkv": (1.0, 0, 0.0),
    "ts_h264_decord_wrong_or_error.ts": (12.0, 0, 0.0),
    "ts_h264_gop10s_seek_late.ts": (30.0, 0, 0.0),
    "twostreams_short_first.mp4": (12.0, 0, 0.0),
    "video_starts_4s_after_sound.mkv": (16.02, 0, 4.023),
}
# Seconds, frames a second, and the size as shown.
SHAPES = {
    "datasets_66x50.mov": (1.37, 60, (66, 50)),
    "decord_corrupted.mp4": (5.0, 10, (1280, 720)),
    "decord_unordered.mov": (0.125, 32, (50, 50)),
    "decord_video_180.mov": (0.1, 30, (568, 320)),
    "decord_video_270.mov": (0.1, 30, (320, 568)),
    "decord_video_90.mov": (0.1, 30, (320, 568)),
    "imageio_realshort.mp4": (1.2, 30.02, (320, 240)),
    "torchcodec_av1_video.mkv": (5.0, 25, (640, 360)),
    "torchcodec_bt2020_10bit.mp4": (2.0, 30, (320, 240)),
    "torchcodec_discard_first_keyframe.mp4": (1.0, 25, (64, 64)),
    "torchcodec_h264_10bits.mp4": (1.0, 30, (200, 200)),
    "torchcodec_h265_video.mp4": (1.0, 10, (128, 128)),
    "torchcodec_nasa_13013_hdr.mp4": (13.0, 25, (320, 180)),
    "torchcodec_nasa_13013_rotated.mp4": (0.567, 29.97, (270, 480)),
    "torchcodec_test_non_zero_start.mp4": (0.4, 30, (199, 112)),
    "torchcodec_testsrc2_444_12bit_hevc.mp4": (1.0, 25, (321, 241)),
    "torchcodec_testsrc2_av1_10bit.mp4": (1.0, 25, (320, 240)),
    "torchcodec_testsrc2_hdr.mp4": (2.0, 30, (320, 180)),
    "torchcodec_testsrc2_odd_height_and_width_444.mp4": (1.0, 25, (321, 241)),
    "torchcodec_testsrc2_odd_height_and_width_vp9_10bit.mp4": (1.0, 25, (321, 241)),
    "torchcodec_testsrc2_odd_width_mpeg2.mp4": (0.4, 25, (121, 80)),
    "torchcodec_testsrc2_vp8.webm": (1.0, 30, (1280, 720)),
}


@pytest.fixture(scope="module")
def decoder():
    """The readers as the starter preset has them: PyAV, then decord."""
    with Decoder([create("video_reader", name) for name in ("pyav", "decord")], workers=1) as held:
        yield held


def spread(duration, count=16):
    return [duration * (place + 0.5) / count for place in range(count)]


@pytest.mark.parametrize("name", NUMBERED)
def test_numbered_footage_shows_the_numbers_that_players_show(decoder, shared_data, name):
    seconds, first, start = NUMBERED[name]
    facts = decoder.probe(CASES / name)
    assert facts.duration == pytest.approx(seconds, abs=0.05)
    shown = even(round((facts.duration - start) * facts.fps), start, facts.fps, first)
    clip = decoder.read(CASES / name, spread(facts.duration), facts)
    assert len(clip) == 16
    assert shown.misses(clip.times.tolist(), clip.frames) == []


def test_a_mirror_note_mirrors_and_turns_nothing_upside_down(decoder, shared_data):
    path = CASES / "mirror_note_shown_upside_down.mp4"
    frame = decoder.read(path, [1.0]).frames[0]
    assert read_number(frame[:, ::-1]) == pytest.approx(25, abs=1)
    left, right = frame[100, 40].astype(int), frame[100, 280].astype(int)
    assert left[1] > 150 > 60 > left[0]  # the green field, stored at the right
    assert right[0] > 150 > 60 > right[1]


def test_high_dynamic_range_is_shown_in_the_colours_of_an_ordinary_screen(decoder, shared_data):
    frame = decoder.read(CASES / "hdr_pq_washed_out.mp4", [0.5]).frames[0].astype(int)
    fields = {(100, 40): (200, 0, 0), (100, 280): (0, 200, 0), (200, 40): (0, 0, 200)}
    for place, colour in {**fields, (200, 280): (200, 200, 200)}.items():
        np.testing.assert_allclose(frame[place], colour, atol=45)


@pytest.mark.parametrize("name", SHAPES)
def test_footage_of_every_form_is_read_whole_and_in_its_shape(decoder, shared_data, name):
    seconds, rate, size = SHAPES[name]
    facts = decoder.probe(FORMATS / name)
    assert facts.duration == pytest.approx(seconds, abs=0.02)
    assert facts.fps == pytest.approx(rate, abs=0.01)
    assert (facts.width, facts.height) == size
    clip = decoder.read(FORMATS / name, spread(facts.duration, 8), facts)
    assert len(clip) == 8
    assert clip.frames.shape[1:3] == shrunk(size)


def shrunk(size):
    scale = min(1.0, 480 / min(size))
    return round(size[1] * scale), round(size[0] * scale)


def test_every_file_of_both_folders_is_a_row_here(shared_data):
    """The captions among them are rows of tests/indexing."""
    videos = {path.name for path in CASES.iterdir() if path.suffix not in (".srt", ".vtt")}
    assert videos == {*NUMBERED, "mirror_note_shown_upside_down.mp4"}
    assert {path.name for path in FORMATS.iterdir()} == {*SHAPES}


@pytest.mark.parametrize(
    ("name", "dark_side"),
    [("decord_video_90.mov", None), ("torchcodec_nasa_13013_rotated.mp4", "bottom")],
)
def test_footage_stored_on_its_side_is_upright(decoder, shared_data, name, dark_side):
    frame = decoder.read(FORMATS / name, [0.03]).frames[0].astype(float)
    assert frame.shape[0] > frame.shape[1]
    if dark_side:
        above, below = frame[: len(frame) // 2].mean(), frame[len(frame) // 2 :].mean()
        assert above > below
