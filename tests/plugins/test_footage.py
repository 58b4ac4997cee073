"""What is heard and read in real footage, as it was looked at and listened to once."""

import pytest

from moodreel.containers.probing import probe_video
from moodreel.containers.sounds import read_sound

RATE = 16_000
READ = {
    # A keyboard, a clock and a counter burnt in, a title: by the middle frame.
    "formats/decord_video_90.mov": {"AltGr", "PrtS"},
    "formats/torchcodec_bt2020_10bit.mp4": {"00:00:01.000", "30"},
    "formats/torchcodec_h264_10bits.mp4": {"00:00:00.500"},
    "formats/torchcodec_h265_video.mp4": {"Frame 5"},
    "formats/torchcodec_testsrc2_444_12bit_hevc.mp4": {"00:00:00.480", "12"},
    "formats/torchcodec_testsrc2_av1_10bit.mp4": {"00:00:00.480", "12"},
    "formats/torchcodec_testsrc2_odd_height_and_width_444.mp4": {"00:00:00.480"},
    "formats/torchcodec_testsrc2_odd_height_and_width_vp9_10bit.mp4": {"00:00:00.480"},
    "formats/torchcodec_testsrc2_odd_width_mpeg2.mp4": {"00:00:00.200"},
}
BLANK = {
    # No word is to be seen, though some have edges and stripes enough.
    "formats/datasets_66x50.mov",
    "formats/decord_unordered.mov",
    "formats/imageio_realshort.mp4",
    "formats/torchcodec_nasa_13013_hdr.mp4",
    "formats/torchcodec_nasa_13013_rotated.mp4",
    "formats/torchcodec_test_non_zero_start.mp4",
    "scenes/cockatoo.mp4",
    "scenes/gram_1.mp4",
    "scenes/gram_2.mp4",
    "scenes/gram_3.mp4",
    "scenes/gram_4.mp4",
    "scenes/intel_asl_book.mkv",
    "scenes/intel_one_by_one.mp4",
    "scenes/mmaction_skeleton.mp4",
    "scenes/mmaction_structuralize.mp4",
}
ANIMALS = {"scenes/gram_1.mp4", "scenes/gram_2.mp4", "scenes/gram_3.mp4", "scenes/gram_4.mp4"}
"""A dog, a husky that howls, a kitten and a cat: sounds, and no speech."""


@pytest.fixture(scope="module")
def middle_words(registry, shared_data):
    """Return the words in the middle frame of a file."""
    reader = registry.create("video_reader", "pyav")
    spotter = registry.create("text_spotter", "rapidocr")

    def read(name):
        path = shared_data / "footage" / name
        facts = probe_video(path)
        (texts,) = spotter.spot([reader.read(path, [facts.duration / 2], facts)])
        return {text.text for text in texts}

    return read


@pytest.mark.parametrize("name", READ)
def test_words_that_are_to_be_seen_are_read(name, middle_words):
    assert middle_words(name) >= READ[name]


@pytest.mark.parametrize("name", sorted(BLANK))
def test_where_no_word_is_to_be_seen_none_is_read(name, middle_words):
    assert middle_words(name) == set()


@pytest.mark.parametrize("name", sorted(ANIMALS))
def test_animals_say_nothing(name, registry, shared_data):
    path = shared_data / "footage" / name
    facts = probe_video(path)
    sound = read_sound(path, 0.0, facts.duration, RATE, facts)
    assert abs(sound.samples).max() > 0.05
    assert registry.create("transcriber", "moonshine").transcribe([sound]) == [[]]


def test_files_without_sound_have_none(shared_data):
    silent = {
        path.name
        for path in sorted((shared_data / "footage" / "scenes").glob("*"))
        if not len(read_sound(path, 0.0, 1.0, RATE, probe_video(path)))
    }
    assert silent == {
        "intel_asl_again.mkv",
        "intel_asl_book.mkv",
        "intel_asl_please.mkv",
        "intel_asl_sorry.mkv",
        "intel_asl_walk.mkv",
        "intel_one_by_one.mp4",
        "mmaction_skeleton.mp4",
        "mmaction_spatiotemporal.mp4",
        "mmaction_structuralize.mp4",
    }
