"""Speech is written down with its times, and silence, noise and music give nothing."""

import tracemalloc

import numpy as np
import pytest

from moodreel import Sound, create
from moodreel.containers.probing import probe_video
from moodreel.containers.sounds import read_sound
from moodreel_plugins.speech.repetition import repeats_itself
from moodreel_plugins.speech.sentences import timed_sentences
from moodreel_plugins.speech.voice_activity import at_rate
from speeches import needs_speech, read_sound_file, write_spoken_video

RATE = 16_000
WORDS = "ask not what your country can do for you, ask what you can do for your country"
BEGINS = 3.3  # seconds at which "ask not" is heard
ENDS = 10.4


@pytest.fixture(scope="module")
def moonshine():
    return create("transcriber", "moonshine")


def words(texts):
    joined = " ".join(text.text for text in texts).lower()
    return "".join(sign for sign in joined if sign.isalnum() or sign == " ").split()


@needs_speech
def test_a_speech_is_written_down_with_its_times(moonshine):
    (texts,) = moonshine.transcribe([read_sound_file()])
    assert set(WORDS.replace(",", "").split()) <= set(words(texts))
    asked = [text for text in texts if "country" in text.text]
    assert asked[0].start == pytest.approx(BEGINS, abs=1)
    assert asked[-1].end == pytest.approx(ENDS, abs=1)


@needs_speech
def test_times_count_from_the_start_of_the_video(moonshine, tmp_path):
    silence = np.zeros(7 * RATE, np.float32)
    heard = np.concatenate([silence, read_sound_file().samples])
    path = write_spoken_video(tmp_path / "talk.mp4", heard, 18)
    sound = read_sound(path, 4.0, 18.0, RATE, probe_video(path))
    (texts,) = moonshine.transcribe([sound])
    asked = next(text for text in texts if "country" in text.text)
    assert asked.start == pytest.approx(7 + BEGINS, abs=1)


def music(seconds):
    time = np.arange(seconds * RATE) / RATE
    roots = 220 * 2 ** (np.array([0, 5, 7, 3])[(time // 0.5 % 4).astype(int)] / 12)
    phases = np.cumsum(roots) / RATE
    chords = sum(np.sin(2 * np.pi * phases * ratio) for ratio in (1, 1.26, 1.5, 2))
    return 0.1 * chords * np.exp(-3 * (time % 0.5))


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(10 * RATE),
        np.random.default_rng(0).normal(0, 0.1, 10 * RATE),
        music(10),
        np.zeros(0),
        np.ones(3),
    ],
    ids=["silence", "noise", "music", "nothing", "a click"],
)
def test_what_is_no_speech_gives_no_text(moonshine, samples):
    assert moonshine.transcribe([Sound(samples.astype(np.float32), RATE)]) == [[]]


@needs_speech
def test_words_are_understood_in_noise_and_at_another_rate(moonshine):
    clean = read_sound_file()
    noise = np.random.default_rng(0).normal(0, 0.01, len(clean)).astype(np.float32)
    loud = at_rate(Sound(clean.samples + noise, RATE, 2.0), 44_100)
    (texts,) = moonshine.transcribe([loud])
    assert {"country", "ask"} <= set(words(texts))
    assert texts[-1].end == pytest.approx(2 + ENDS, abs=1)


@needs_speech
def test_a_long_sound_takes_little_more_memory_than_itself(moonshine):
    minutes = np.concatenate([np.zeros(5 * 60 * RATE, np.float32), read_sound_file().samples])
    tracemalloc.start()
    (texts,) = moonshine.transcribe([Sound(minutes, RATE)])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "country" in words(texts)
    assert peak < 40e6


def test_sentences_follow_each_other_where_it_is_loud():
    loud = np.sin(np.arange(RATE))
    phrase = Sound(np.concatenate([loud, 0 * loud, loud]).astype(np.float32), RATE, 10.0)
    first, second = timed_sentences("We all go home. We all stay here.", phrase, 0.9)
    assert (first.start, first.end) == pytest.approx((10, 11), abs=0.1)
    assert (second.start, second.end) == pytest.approx((12, 13), abs=0.2)


def test_a_recogniser_that_goes_round_in_circles_is_not_believed():
    assert repeats_itself("it was the end of the world and " * 8)
    assert not repeats_itself("No, no, no!")
