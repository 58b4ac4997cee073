"""spoken-reactions: whose moods are known, independent, and heard as well as seen."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from moodreel import InvalidInput
from moodreel.containers.sounds import read_whole_sound
from moodreel.datasets import load_dataset
from moodreel.datasets.builders.reaction_clips import find_faces, find_scenes
from moodreel.datasets.builders.spoken_reactions import (
    find_voices,
    make_spoken,
    pairs,
    plan_spoken,
    trimmed,
)
from moodreel.media import Sound
from voices import RATE, write_voices, write_wave

EXPRESSIONS = ("joy", "neutral")


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    """Folders of faces, voices and scenes."""
    home = tmp_path_factory.mktemp("material")
    draw = np.random.default_rng(0)
    for name in EXPRESSIONS:
        (home / "faces" / name).mkdir(parents=True)
        for number in range(10):
            picture = Image.fromarray(draw.integers(0, 255, (40, 30, 3), np.uint8))
            picture.save(home / "faces" / name / f"{'abcdefghij'[number]}face.png")
    (home / "scenes").mkdir()
    for name in ("a_cat", "a_clock", "grass"):
        picture = Image.fromarray(draw.integers(0, 255, (120, 160, 3), np.uint8))
        picture.save(home / "scenes" / f"{name}.png")
    write_voices(home / "voices")
    return home


@pytest.fixture(scope="module")
def plans(material):
    faces, voices = find_faces(material / "faces"), find_voices(material / "voices")
    return plan_spoken(faces, voices, find_scenes(material / "scenes"), 1, 2)


def test_each_round_has_every_way_of_showing_a_mood_by_one_speaker(plans):
    by_round = {}
    for plan in plans:
        by_round.setdefault((plan.scene.name, plan.round), []).append(plan)
    for clips in by_round.values():
        assert [plan.shown for plan in clips] == ["none", "face", "voice", "both"]
        assert len({plan.voice.speaker for plan in clips}) == 1
        assert len({plan.camera for plan in clips}) == 1
    against = [(one, other) for kind, one, other in pairs(["fear", "joy"]) if kind == "against"]
    assert against == [("fear", "joy"), ("joy", "fear")]


def test_no_face_speaker_or_scene_of_the_test_is_trained_on(plans):
    for part in (lambda p: p.face.path, lambda p: p.voice.speaker, lambda p: p.scene.name):
        train, test = ({part(p) for p in plans if p.split == side} for side in ("train", "test"))
        assert train
        assert test
        assert not train & test


def test_clips_are_seen_and_heard_and_their_captions_say_what_is_shown(material, tmp_path):
    given = (material / "faces", material / "voices", material / "scenes")
    plans = make_spoken(tmp_path / "clips", *given, seed=1)
    rows = list(map(json.loads, (tmp_path / "clips" / "captions.jsonl").open()))
    kinds = Counter((row["labels"]["shown"], row["kind"]) for row in rows)
    assert kinds["none", "emotional"] == 0
    assert kinds["voice", "emotional"] >= kinds["voice", "scene"] == 3
    dataset = load_dataset(tmp_path / "clips")
    labels = {video.name: video.emotions for video in dataset.videos}
    assert labels[plans[0].name] == {}
    assert labels[plans[-1].name] == {"joy": 1.0}
    heard = read_whole_sound(tmp_path / "clips" / plans[-1].name, RATE)
    assert heard.duration == pytest.approx(1.0, abs=0.1)
    assert np.abs(heard.samples).max() > 0.1


def test_another_data_set_is_not_mixed_in(material, tmp_path):
    given = (material / "faces", material / "voices", material / "scenes")
    (tmp_path / "recipe.json").write_text("{}\n")
    with pytest.raises(InvalidInput, match="holds clips of another seed"):
        make_spoken(tmp_path, *given)


def test_what_is_soft_before_and_after_a_voice_is_cut_off():
    samples = np.zeros(8 * RATE, np.float32)
    samples[RATE : 7 * RATE] = 0.5
    assert trimmed(Sound(samples, RATE)).duration == pytest.approx(4.9, abs=0.01)
    with pytest.raises(InvalidInput, match="silent"):
        trimmed(Sound(np.zeros(RATE, np.float32), RATE))


def test_folders_that_are_no_voices_are_refused(tmp_path):
    with pytest.raises(InvalidInput, match="no such folder"):
        find_voices(tmp_path / "none")
    (tmp_path / "joy").mkdir()
    write_wave(tmp_path / "joy" / "a-1.wav", np.zeros(100))
    with pytest.raises(InvalidInput, match="two or more sub-folders"):
        find_voices(tmp_path)
