"""reaction-clips: a data set in which mood and content are known and independent."""

import json
from collections import Counter

import numpy as np
import pytest

from inputs import CLASSES
from moodreel.datasets.builders.montage import FRAMES, RATE, write_montage
from moodreel.datasets.builders.reaction_clips import (
    USED,
    WORDS,
    captions_of,
    find_faces,
    find_scenes,
    make_reactions,
    plan_clips,
    write_captions,
)
from moodreel.errors import InvalidInput
from moodreel_plugins.readers.pyav_reader import PyavReader


@pytest.fixture(scope="session")
def made(reaction_clips):
    return reaction_clips


@pytest.fixture
def rows(made):
    return [json.loads(line) for line in (made / "captions.jsonl").read_text().splitlines()]


def label(rows, name, split=None):
    return {row["labels"][name] for row in rows if split in (None, row["split"])}


def test_faces_and_scenes_of_the_test_are_not_those_of_training(rows):
    for name in ("face", "scene"):
        assert not label(rows, name, "test") & (
            label(rows, name, "train") | label(rows, name, "val")
        )
    assert not label(rows, "face", "train") & label(rows, "face", "val")
    assert len(label(rows, "face", "test")) == 4 * len(CLASSES)


def test_photographs_of_one_person_stay_in_one_split(shared_data):
    faces = find_faces(shared_data / "faces")
    plans = plan_clips(faces, find_scenes(None), seed=1)
    people = {
        split: {plan.face.person for plan in plans if plan.split == split}
        for split in ("train", "val", "test")
    }
    assert not people["train"] & people["val"]
    assert not people["test"] & (people["train"] | people["val"])


def test_the_shared_faces_split_as_the_benchmark_says(shared_data):
    """60% of the faces with 8 scenes to train on, the others with 6 other scenes to test."""
    plans = plan_clips(find_faces(shared_data / "faces"), find_scenes(None), seed=0)
    kinds = Counter("test" if plan.split == "test" else "train" for plan in plans)
    assert kinds == {"train": 180 * 8, "test": 120 * 6}
    assert len({plan.name for plan in plans}) == len(plans)


def test_a_round_differs_in_nothing_but_the_face(faces, scenes):
    plans = plan_clips(find_faces(faces), find_scenes(scenes), seed=3)
    rounds = {}
    for plan in plans:
        rounds.setdefault((plan.scene.name, plan.round), []).append(plan)
    for group in rounds.values():
        assert len({(plan.camera, plan.split, plan.scene) for plan in group}) == 1
        assert [plan.face.expression for plan in group] == sorted(CLASSES)


def test_the_same_seed_gives_the_same_files_and_another_seed_others(made, faces, scenes, tmp_path):
    find = find_faces(faces), find_scenes(scenes)
    plans = plan_clips(*find, 3)
    assert plans == plan_clips(*find, 3) != plan_clips(*find, 4)
    for plan in plans[::8]:
        write_montage(plan.scene.path, plan.face.path, plan.camera, tmp_path / "again.mp4")
        assert (tmp_path / "again.mp4").read_bytes() == (made / plan.name).read_bytes()
    write_captions(tmp_path / "again.jsonl", plans)
    assert (tmp_path / "again.jsonl").read_bytes() == (made / "captions.jsonl").read_bytes()


def test_clips_play_and_show_the_scene_moving_behind_the_face(made):
    path = sorted((made / "videos").iterdir())[0]
    facts = PyavReader().probe(path)
    assert (facts.width, facts.height) == (320, 240)
    assert facts.duration == pytest.approx(FRAMES / RATE, abs=0.05)
    first, last = PyavReader().read(path, [0.0, 2.2]).frames.astype(int)
    assert np.abs(first - last).mean() > 2


def test_every_clip_has_its_captions(rows):
    by_video = {}
    for row in rows:
        by_video.setdefault(row["video"], []).append(row)
    for captions in by_video.values():
        expression = captions[0]["labels"]["expression"]
        kinds = Counter(row["kind"] for row in captions)
        words = len(USED[captions[0]["split"]])
        assert kinds["scene"] == kinds["neutral"] == 1
        assert kinds["emotional"] == (0 if expression == "neutral" else words)
        for row in captions:
            moved = {expression: 1.0} if row["kind"] == "emotional" else {}
            assert row["emotions"] == moved


def test_training_never_sees_the_second_word_that_the_test_asks_with(shared_data):
    plans = plan_clips(find_faces(shared_data / "faces"), find_scenes(None), seed=0)
    texts = {"train": set(), "val": set(), "rest": set(), "test": set()}
    for plan in plans:
        texts[plan.split] |= {row["caption"] for row in captions_of(plan)}
    for words in WORDS.values():
        assert not any(
            f" {words[1]} " in text for text in texts["train"] | texts["val"] | texts["rest"]
        )
    assert "a happy person and a clock" in texts["train"] | texts["test"]
    assert any(" astonished person" in text for text in texts["test"])


def test_clips_that_are_there_are_kept_and_another_seed_is_refused(made, faces, scenes):
    before = {path: path.stat().st_mtime_ns for path in (made / "videos").iterdir()}
    make_reactions(made, faces, scenes, seed=3)
    assert before == {path: path.stat().st_mtime_ns for path in (made / "videos").iterdir()}
    with pytest.raises(InvalidInput, match="another seed"):
        make_reactions(made, faces, scenes, seed=4)
