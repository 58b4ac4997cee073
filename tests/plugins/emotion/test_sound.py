"""Moods of sounds beside words, what is said, and audio classifiers of transformers."""

import numpy as np
import pytest

from moodreel import ConfigurationError, Emotion, Sound, create
from moodreel_plugins.emotion.sound_moods import MOODS
from moodreel_plugins.hearing.yamnet import Yamnet, log_mel_patches
from moodreel_plugins.speech.voice_activity import RATE
from speeches import DATA, needs_speech, read_sound_file
from tiny_voices import tiny_voice_model

SCENES = DATA / "footage" / "scenes"
needs_scenes = pytest.mark.skipif(not SCENES.exists(), reason=f"no footage: {SCENES}")


def quiet(seconds=2.0):
    return Sound(np.zeros(round(seconds * RATE), np.float32), RATE)


def test_every_sound_of_the_table_is_one_that_the_network_knows_and_has_its_reason():
    assert set(MOODS) <= set(Yamnet().names)
    assert all(0 < mood.strength < 1 and mood.reason for mood in MOODS.values())


def test_silence_tones_and_noise_tell_no_mood():
    times = np.arange(3 * RATE) / RATE
    tone = Sound((0.2 * np.sin(2 * np.pi * 440 * times)).astype(np.float32), RATE)
    noise = Sound(np.random.default_rng(0).normal(0, 0.05, 3 * RATE).astype(np.float32), RATE)
    empty = Sound(np.zeros(0, np.float32), RATE)
    scores = create("emotion_extractor", "sound").extract([quiet(), tone, noise, empty])
    assert not scores.observed.any()
    assert scores.evidence.tolist() == [0, 0, 0, 0]


def told(**kinds):
    """Probabilities of ten patches, as the network gives them."""
    names = Yamnet().names
    rows = np.zeros((10, len(names)), np.float32)
    for name, values in kinds.items():
        rows[: len(values), names.index(name.replace("_", " "))] = values
    return rows


def test_a_short_laugh_counts_and_a_long_one_more():
    sound = create("emotion_extractor", "sound")
    short, kinds = sound.intensities(told(Laughter=[0.9], Speech=[0.9] * 10))
    long, _ = sound.intensities(told(Laughter=[0.9] * 10))
    assert kinds == 1
    assert 0.1 < short["joy"] < long["joy"] == pytest.approx(0.63, abs=1e-6)


def test_an_animal_that_cries_is_not_sad_but_its_music_may_be():
    sound = create("emotion_extractor", "sound")
    assert sound.intensities(told(Screaming=[0.5], Animal=[0.9])) == ({}, 0)
    moods, _ = sound.intensities(told(Scary_music=[0.5], Animal=[0.9]))
    assert list(moods) == ["fear"]


@needs_speech
def test_speech_is_heard_as_speech_and_tells_no_mood():
    sound = create("emotion_extractor", "sound")
    spoken = read_sound_file().part(0, 5)
    (heard,) = sound.read_sounds([spoken])
    assert heard[0].name == "Speech"
    assert heard[0].probability > 0.8
    assert not sound.extract([spoken]).observed.any()


@needs_scenes
@pytest.mark.parametrize(("number", "animal"), [(1, "Dog"), (2, "Dog"), (3, "Cat"), (4, "Cat")])
def test_animals_of_real_footage_are_heard_in_words_and_have_no_mood(number, animal):
    sound = create("emotion_extractor", "sound")
    recorded = read_sound_file(SCENES / f"gram_{number}.mp4")
    parts = [recorded.part(at, at + 5) for at in range(0, int(recorded.duration), 5)]
    named = [{kind.name for kind in heard} for heard in sound.read_sounds(parts)]
    assert all(animal in names for names in named)
    assert not sound.extract(parts).observed.any()


def test_the_patches_are_the_logarithms_of_what_each_band_holds():
    times = np.arange(RATE) / RATE
    patches = log_mel_patches((0.5 * np.sin(2 * np.pi * 1000 * times)).astype(np.float32))
    assert patches.shape == (1, 96, 64)
    mel = 2595 * np.log10(1 + np.array([125, 1000, 7500]) / 700)
    expected = (mel[1] - mel[0]) / (mel[2] - mel[0]) * 65 - 1
    assert patches[0, 40].argmax() == pytest.approx(expected, abs=1)


def test_what_is_said_tells_only_the_moods_that_are_named():
    speech = create("emotion_extractor", "speech")
    scores = speech.extract(["I am so happy today", "the train leaves at nine"])
    assert list(scores.named(0)) == ["joy"]
    assert scores.named(1) == {}
    assert speech.modality == "transcript"
    assert type(speech.transcriber).__name__ == "MoonshineTranscriber"


def test_a_reader_of_frames_does_not_read_what_is_said():
    with pytest.raises(ConfigurationError, match="must be of modality text"):
        create("emotion_extractor", "speech", extractor="face")


@needs_speech
def test_an_audio_classifier_of_transformers_reads_voices(tmp_path):
    folder = tiny_voice_model(tmp_path / "model", ["ang", "hap", "neu"])
    labels = {"anger": ["ANG"], "joy": ["hap"], "fear": ["afraid"]}
    voice = create("emotion_extractor", "voice-transformer", model=str(folder), labels=labels)
    spoken = read_sound_file()
    whole, still = spoken.part(0, 4), quiet()
    scores = voice.extract([whole, still, spoken])
    assert voice.observes == {Emotion.ANGER, Emotion.JOY}
    assert scores.observed.any(1).tolist() == [True, False, True]
    assert 0 < sum(scores.named(0).values()) < 1
    assert scores.evidence[0] > 10


def test_labels_that_the_model_lacks_are_named(tmp_path):
    folder = tiny_voice_model(tmp_path / "model", ["ang", "hap"])
    with pytest.raises(ConfigurationError, match=r"none of the model's labels .* ang, hap"):
        create("emotion_extractor", "voice-transformer", model=str(folder)).extract([])
