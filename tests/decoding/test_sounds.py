"""Sound is read in step with the pictures, from any place, whatever the container."""

import numpy as np
import pytest

from beeps import BEEPS, FORMS, SECONDS, begins, write_beeps
from hard_videos import write_video
from moodreel import UnreadableVideo
from moodreel.containers.probing import probe_video
from moodreel.containers.sounds import read_sound


@pytest.mark.parametrize("name", FORMS)
def test_beeps_are_heard_when_the_picture_turns_white(name, tmp_path):
    path = write_beeps(tmp_path / name, *FORMS[name])
    sound = read_sound(path, 0.0, SECONDS, 16_000, probe_video(path))
    assert begins(sound) == pytest.approx(BEEPS, abs=0.05)
    assert np.abs(sound.samples).max() == pytest.approx(0.5, abs=0.12)


@pytest.mark.parametrize("name", FORMS)
def test_a_part_is_what_all_of_it_has_there(name, tmp_path):
    path = write_beeps(tmp_path / name, *FORMS[name])
    facts = probe_video(path)
    whole = read_sound(path, 0.0, SECONDS, 16_000, facts)
    for start, end in ((0.0, 2.0), (2.2, 4.9), (3.9, 6.0)):
        part = read_sound(path, start, end, 16_000, facts)
        assert (part.start, part.rate) == (start, 16_000)
        assert len(part) == round((end - start) * 16_000)
        assert begins(part) == pytest.approx(begins(whole.part(start, end)), abs=0.01)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.ts"])
def test_sound_that_begins_late_stays_in_step(name, tmp_path):
    path = write_beeps(tmp_path / name, *FORMS[name], late=2.0)
    facts = probe_video(path)
    sound = read_sound(path, 0.0, SECONDS, 16_000, facts)
    assert begins(sound) == pytest.approx(BEEPS[1:], abs=0.05)
    assert not np.abs(read_sound(path, 0.0, 1.5, 16_000, facts).samples).max() > 0.01


@pytest.mark.parametrize("layout", ["mono", "5.1"])
def test_any_number_of_channels_becomes_one(layout, tmp_path):
    path = write_beeps(tmp_path / "clip.mkv", "libx264", "pcm_s16le", layout=layout)
    sound = read_sound(path, 0.0, SECONDS, 16_000, probe_video(path))
    assert begins(sound) == pytest.approx(BEEPS, abs=0.05)


def test_a_video_without_sound_has_no_samples(tmp_path):
    path = write_video(tmp_path / "silent.mp4")
    sound = read_sound(path, 0.0, 1.0, 16_000, probe_video(path))
    assert (len(sound), sound.duration) == (0, 0.0)


def test_past_the_end_there_is_silence(tmp_path):
    path = write_beeps(tmp_path / "clip.mp4", *FORMS["clip.mp4"])
    sound = read_sound(path, 5.0, 9.0, 16_000, probe_video(path))
    assert len(sound) == 4 * 16_000
    assert not np.abs(sound.samples).max() > 0.01


def test_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(UnreadableVideo):
        read_sound(tmp_path / "text.mp4", 0.0, 1.0, 16_000, None)
