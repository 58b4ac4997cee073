"""Emotions of voices: the features, the fitted head, and what it reads in real voices."""

import numpy as np
import pytest

from moodreel import ConfigurationError, Emotion, InvalidInput, Sound, create
from moodreel_plugins.emotion.voice_fitting import LabelledVoices, check_voices
from moodreel_plugins.emotion.voice_head import VoiceHead
from speeches import needs_speech, read_sound_file
from voices import needs_voices, some_voices

RATE = 16_000


def toy_voices(speakers=6, each=6, spread=1.0):
    """Voices of three classes in 40 features, in which each speaker is elsewhere."""
    draw = np.random.default_rng(3)
    labels = np.repeat([["neutral", "anger", "sadness"]], speakers * each, 0).ravel()
    who = np.repeat(np.arange(speakers), each * 3)
    centres = {name: draw.normal(0, 1, 40) for name in ("neutral", "anger", "sadness")}
    own = draw.normal(0, 0.5, (speakers, 40))
    rows = [centres[name] + own[at] for name, at in zip(labels, who, strict=True)]
    features = np.array(rows) + draw.normal(0, spread, (len(rows), 40))
    return LabelledVoices(features.astype(np.float32), labels, who.astype(str))


def test_held_out_speakers_are_told_and_the_report_says_how_often():
    report = toy_voices().report(skipped=2)
    mean, low, high = report.accuracy
    assert report.counts == {"anger": 36, "neutral": 36, "sadness": 36}
    assert (report.speakers, report.skipped) == (6, 2)
    assert report.chance == pytest.approx(1 / 3)
    assert 0.8 < low <= mean <= high <= 1


def test_labels_that_mean_nothing_are_reported_as_guessing():
    voices = toy_voices()
    shuffled = np.random.default_rng(0).permutation(voices.labels)
    mean, _, _ = LabelledVoices(voices.features, shuffled, voices.speakers).report(0).accuracy
    assert mean == pytest.approx(1 / 3, abs=0.15)


def test_the_temperature_makes_probabilities_as_often_right_as_they_say():
    voices = toy_voices(speakers=10, spread=3.0)
    head = voices[voices.speakers.astype(int) < 7].best()
    rest = voices[voices.speakers.astype(int) >= 7]
    told = head(rest.features)
    right = np.array(head.classes)[told.argmax(1)] == rest.labels
    assert told.max(1).mean() == pytest.approx(right.mean(), abs=0.12)


def test_a_head_is_written_and_read_as_it_was(tmp_path):
    head = toy_voices().best()
    head.save(tmp_path / "head.safetensors")
    again = VoiceHead.load(tmp_path / "head.safetensors")
    features = toy_voices().features
    assert again.classes == head.classes == ("neutral", "anger", "sadness")
    np.testing.assert_allclose(again(features), head(features), atol=1e-6)


def test_a_file_that_is_no_head_is_named(tmp_path):
    (tmp_path / "head.safetensors").write_bytes(b"not a head")
    with pytest.raises(ConfigurationError, match="not a fitted head of voices"):
        VoiceHead.load(tmp_path / "head.safetensors")


@pytest.mark.parametrize(
    ("labels", "speakers", "says"),
    [
        (["joy"] * 8, "abcdabcd", "two emotions or more"),
        (["joy", "mirth"] * 8, "abcd" * 4, "unknown emotion 'mirth'"),
        (["joy"] * 8 + ["fear"] * 3, "abcdabcdabc", "fear: fitting needs 4 voices"),
        (["joy", "fear"] * 8, "aabb" * 4, "three speakers or more, got 2"),
    ],
)
def test_voices_that_nothing_can_be_learned_from_are_refused(labels, speakers, says):
    with pytest.raises(InvalidInput, match=says):
        check_voices(labels, list(speakers))


def test_without_a_head_one_line_says_what_to_do():
    with pytest.raises(ConfigurationError, match=r"moodreel fit-voice FOLDER --to head\.safe"):
        create("emotion_extractor", "voice", head=None).extract([])
    with pytest.raises(ConfigurationError, match=r"set components\.emotion_extractor\.voice\.head"):
        create("emotion_extractor", "voice")


@needs_voices
def test_unseen_actors_are_read_and_silence_is_unobserved(tmp_path):
    sounds, labels, actors = some_voices(("anger", "calm"), range(1, 7), "strong-kids")
    target = tmp_path / "head.safetensors"
    train = [place for place, actor in enumerate(actors) if actor < 5]
    report = create("emotion_extractor", "voice", head=None).fit_sounds(
        [sounds[p] for p in train],
        [labels[p] for p in train],
        [str(actors[p]) for p in train],
        target,
    )
    assert report.counts == {"anger": 4, "calm": 4}
    voice = create("emotion_extractor", "voice", head=str(target))
    assert voice.observes == {Emotion.ANGER}
    rest = [place for place, actor in enumerate(actors) if actor >= 5]
    still, none = Sound(np.zeros(RATE, np.float32), RATE), Sound(np.zeros(0, np.float32), RATE)
    told = voice.read_voices([sounds[p] for p in rest])
    said = [max(shares, key=shares.get) for shares in told]
    assert said == [labels[p] for p in rest]
    scores = voice.extract([sounds[rest[0]], still, none])
    assert scores.observed.any(1).tolist() == [True, False, False]
    assert scores.evidence[0] > 5


@needs_speech
def test_neither_loudness_nor_noise_before_a_voice_changes_it():
    from moodreel_plugins.emotion.voice_features import VoiceFeatures

    samples = read_sound_file().samples[: 4 * RATE]
    hiss = np.random.default_rng(0).normal(0, 0.01, RATE).astype(np.float32)
    sounds = [samples, samples * 0.2, np.concatenate([hiss, samples])]
    whole, soft, late = VoiceFeatures().voices([Sound(part, RATE) for part in sounds])
    spread = np.abs(whole.vector).mean()
    assert np.abs(whole.vector - soft.vector).mean() < 0.05 * spread
    assert np.abs(whole.vector - late.vector).mean() < 0.15 * spread
