"""Several signals as one: what each adds, and weights fitted to labels."""

import numpy as np
import pytest

from moodreel import ConfigurationError, EmotionScores, InvalidInput, create
from moodreel_plugins.emotion.observers import Observers
from moodreel_plugins.emotion.signal_weights import SignalWeights

SIX = ("joy", "surprise", "fear", "sadness", "disgust", "anger")


@pytest.fixture(scope="module")
def observers():
    """Faces and sounds, joined."""
    return create("emotion_extractor", "all", speech=None)


def seen(*rows, observes=None):
    return EmotionScores.of(rows, observes=observes)


def test_one_signal_alone_stays_as_it_is(observers):
    face = seen({"joy": 0.6, "anger": 0.1}).counted([3])
    joined = observers.joined({"face": face, "sound": EmotionScores.unobserved(1)})
    assert joined.named(0) == pytest.approx({"joy": 0.6, "anger": 0.1}, abs=1e-6)
    assert joined.evidence.tolist() == [3]


def test_signals_that_agree_are_surer_together_and_others_take_from_each_other(observers):
    face = seen({"joy": 0.5}, {"joy": 0.5}, {"joy": 0.06})
    laughs = seen({"joy": 0.5}, {}, {"joy": 0.5})
    joined = observers.joined({"face": face, "sound": laughs}).values[:, 0]
    assert joined[0] > joined[1] == pytest.approx(0.5, abs=1e-6)
    assert joined[2] < 0.3


def test_what_no_signal_observed_is_unobserved(observers):
    joined = observers.joined({"face": seen({}), "sound": seen({"fear": 0.3})})
    assert list(joined.named(0)) == ["fear"]


def test_it_tells_which_signal_said_what(observers):
    told = observers.contributions({"face": seen({"joy": 0.05}), "sound": seen({"joy": 0.6})})
    joy = create("emotion_extractor", "words").extract(["joy"]).values[0].argmax()
    assert told["face"][0, joy] < 0 < told["sound"][0, joy]
    joined = observers.joined({"face": seen({"joy": 0.05}), "sound": seen({"joy": 0.6})})
    total = np.log(1 / 7) + told["face"][0, joy] + told["sound"][0, joy]
    assert joined.values[0, joy] == pytest.approx(1 / (1 + np.exp(-total)), abs=1e-6)


def test_a_signal_of_the_eight_that_is_a_reader_of_texts_is_refused():
    with pytest.raises(ConfigurationError, match="a reader of texts is no signal"):
        create("emotion_extractor", "all", face="words")
    with pytest.raises(ValueError, match="needs one signal or more"):
        Observers(None)


def labelled(videos=120, seed=0):
    """A face that is right and a sound that says anything, of videos of two emotions."""
    draw = np.random.default_rng(seed)
    joyful = draw.random(videos) < 0.5
    face = np.clip(np.where(joyful, 0.5, 0.1) + draw.normal(0, 0.15, videos), 0, 1)
    rows = [{"joy": float(face[at]), "fear": 0.1} for at in range(videos)]
    noise = [{"joy": float(value)} for value in draw.random(videos)]
    truth = [{"joy": 1.0} if here else {"fear": 1.0} for here in joyful]
    return {"face": seen(*rows), "sound": seen(*noise)}, EmotionScores.of(truth, observes=SIX)


def test_a_signal_that_says_anything_loses_its_weight(observers, tmp_path):
    target = tmp_path / "weights.safetensors"
    signals, truth = labelled()
    report = observers.fit_signals(signals, truth, target)
    assert report.after > report.before
    assert report.weights["sound"] < 0.15 < report.weights["face"]
    fitted = create("emotion_extractor", "all", speech=None, weights_file=str(target))
    assert fitted.signal_weights["face"] == pytest.approx(report.weights["face"], abs=1e-6)


def test_too_few_labels_and_files_that_hold_no_weights_are_refused(observers, tmp_path):
    signals, truth = labelled(12)
    with pytest.raises(InvalidInput, match="needs 20 labelled videos"):
        observers.fit_signals(signals, truth, tmp_path / "weights.safetensors")
    (tmp_path / "none.safetensors").write_bytes(b"nothing")
    with pytest.raises(ConfigurationError, match="no weights of signals"):
        SignalWeights.load(tmp_path / "none.safetensors")
