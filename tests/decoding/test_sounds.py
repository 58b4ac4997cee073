"""Sound is read in step with the pictures, from any place, whatever the container."""

from fractions import Fraction

import av
import numpy as np
import pytest

from hard_videos import write_video
from moodreel import UnreadableVideo
from moodreel.containers.probing import probe_video
from moodreel.containers.sounds import read_sound

RATE, FPS, SECONDS = 48_000, 25, 6
BEEPS = (1.0, 2.5, 4.2)  # seconds at which a beep begins, and the picture turns white
BEEP = 0.2
FORMS = {
    "clip.mp4": ("libx264", "aac"),
    "clip.mkv": ("libx264", "libopus"),
    "clip.webm": ("libvpx", "libopus"),
    "clip.avi": ("mpeg4", "mp3"),
    "clip.ts": ("libx264", "aac"),
    "clip.mov": ("libx264", "pcm_s16le"),
}


def beeps(time):
    return any(at <= time < at + BEEP for at in BEEPS)


def write_beeps(path, pictures, sounds, late=0.0, layout="stereo", seconds=SECONDS):
    """Write a video that beeps whenever it is white; its sound begins `late` seconds late."""
    with av.open(str(path), "w") as container:
        video = container.add_stream(pictures, rate=FPS)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        audio = container.add_stream(sounds, rate=RATE, layout=layout)
        for number in range(seconds * FPS):
            light = 255 if beeps(number / FPS) else 16
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), light, np.uint8))
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(video.encode(frame))
        times = np.arange(round(late * RATE), seconds * RATE) / RATE
        tone = np.sin(2 * np.pi * 880 * times) * np.vectorize(beeps)(times) * 0.5
        step = audio.codec_context.frame_size or 1024
        channels = len(av.AudioLayout(layout).channels)
        for place in range(0, len(tone), step):
            samples = np.repeat(tone[None, place : place + step], channels, 0).astype(np.float32)
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout=layout)
            frame.rate, frame.time_base = RATE, Fraction(1, RATE)
            frame.pts = round(late * RATE) + place
            container.mux(audio.encode(frame))
        container.mux(audio.encode())
        container.mux(video.encode())
    return path


def begins(sound, level=0.1):
    """Return when beeps begin, in seconds from the start of the video."""
    loud = np.convolve(np.abs(sound.samples), np.ones(160) / 160, "same") > level
    edges = np.flatnonzero(np.diff(loud.astype(int)) > 0)
    return sound.start + edges / sound.rate


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
