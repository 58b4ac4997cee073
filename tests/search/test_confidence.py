"""What counts as a confident match is read off the index, and holds for queries it never saw."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from moodreel.emotions import EmotionScores
from moodreel.fusion.checkpoints import TrainingContext, load_strategy, save_strategy
from moodreel.media import Hit
from moodreel.search.confidence import (
    Confidence,
    fit_threshold,
    load_confidence,
    mark_weak,
    shows_mood,
)
from moodreel.search.probes import PROBES

UNRELATED = (
    "a basketball player dunks",
    "two lawyers shake hands in an office",
    "a couple dances the tango",
    "wrapping a birthday present",
    "a stewardess serving drinks",
    "a goalkeeper saves a penalty",
    "making a snowman",
    "a drummer in a rock band",
    "an archer aims at a target",
    "a queue in front of a cinema",
    "a plumber under a sink",
    "a weather forecast on television",
    "diving from a springboard",
    "a woman applies mascara",
    "an auctioneer with a hammer",
    "cutting down a tree with a chainsaw",
)
SHOWN = ("a cat", "a cup of coffee", "rocket launch", "a horse", "an ancient temple")


def hit(score, content, emotion=0.0):
    return Hit(1, "a.mp4", 0, 5, score, content, emotion)


def test_unrelated_queries_are_weak_and_what_is_there_is_not(engine):
    assert not set(UNRELATED) & set(PROBES)
    passed = [text for text in UNRELATED if not engine.search(text, top=1)[0].weak]
    assert len(passed) <= 0.1 * len(UNRELATED) + 1, passed
    found = [engine.search(text, top=1)[0] for text in SHOWN]
    assert sum(not best.weak for best in found) >= 4, found


def test_only_the_hits_that_match_are_confident(engine):
    hits = engine.search("a cat", top=5)
    assert [found.weak for found in hits] == [False, True, True, True, True]


def test_the_weight_of_mood_does_not_change_what_content_says(engine):
    for weight in (0.2, 0.8):
        hits = engine.search("a cat", emotions={"joy": 1}, weight=weight, top=30)
        confident = {found.video.rpartition("/")[2] for found in hits if not found.weak}
        joyful = {f.video.rpartition("/")[2] for f in hits if shows_mood(f, {"joy": 1.0})}
        assert confident == {"cat.mp4"} | joyful


def joyful(joy=0.7, **others):
    return replace(hit(0.3, 0.1, 0.2), emotions={"joy": joy, "anger": 0.1, **others})


def wish(**emotions):
    return EmotionScores.of([emotions])


@pytest.mark.parametrize(
    ("found", "wanted", "weak"),
    [
        (joyful(), wish(joy=1.0), False),
        (joyful(), wish(anger=1.0), True),  # another mood than the one asked for
        (joyful(), wish(joy=-1.0), True),  # a mood to be avoided
        (joyful(joy=0.2), wish(joy=1.0), True),  # hardly shown
        (joyful(sadness=0.9), wish(joy=1.0), True),  # another one is plainer
        (replace(joyful(), emotion_score=-0.1), wish(joy=1.0), True),
        (joyful(), wish(), True),
    ],
)
def test_a_hit_that_plainly_shows_the_wanted_mood_is_confident(found, wanted, weak):
    assert mark_weak([found], np.zeros(1, np.float32), 0.5, wanted)[0].weak is weak


def test_what_content_says_needs_no_mood():
    near = np.ones(1, np.float32)
    assert mark_weak([hit(0.9, 0.9)], near, 0.5, wish(joy=1.0))[0].weak is False


def test_a_mood_that_no_segment_has_is_weak(engine):
    assert engine.mood({"joy": 1}, top=1)[0].weak is False
    assert all(found.weak for found in engine.mood({"trust": 1}, top=3))


def test_a_picture_of_what_is_there_is_confident(engine, demo):
    frame = engine.frame(str(demo / "videos" / "cat.mp4"), time=1.0)
    hits = engine.search(image=as_png(frame), top=3)
    assert hits[0].video.endswith("cat.mp4")
    assert [found.weak for found in hits] == [False, True, True]


def as_png(frame):
    from io import BytesIO

    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(frame).save(buffer, "PNG")
    return buffer.getvalue()


def test_probes_that_an_index_answers_do_not_raise_the_threshold():
    rng = np.random.default_rng(1)
    unrelated = rng.normal(0.2, 0.05, 1000)
    answered = np.concatenate([unrelated, rng.normal(0.6, 0.05, 250)])
    clean, mixed = fit_threshold(unrelated), fit_threshold(answered)
    assert clean == pytest.approx(0.2 + 1.2816 * 0.05, abs=0.01)
    assert mixed < clean + 0.05


def test_too_little_to_judge_by_marks_nothing():
    assert fit_threshold(np.array([0.3])) is None
    assert mark_weak([hit(0.1, 0.1)], np.ones(1), None)[0].weak is False


def test_a_mood_alone_is_weak_where_there_is_no_more_of_it_than_usual():
    hits = [hit(0.5, 0.0, 0.5), hit(0.0, 0.0, 0.0)]
    assert [found.weak for found in mark_weak(hits, None, 0.3)] == [False, True]


def test_thresholds_are_kept_and_damaged_ones_are_made_again(engine):
    fused = engine.search_index.fused()
    known = engine.search_index.confidence(fused)
    files = list((engine.folder / "confidence").glob("*.json"))
    file, *_ = (f for f in files if load_confidence(f, fused.revision) == known)
    assert load_confidence(file, fused.revision + 1) is None
    for damaged in ("", "[]", "{}", json.dumps({"revision": fused.revision, "thresholds": {}})):
        file.with_suffix(".copy").write_text(damaged)
        assert load_confidence(file.with_suffix(".copy"), fused.revision) is None
    file.with_suffix(".copy").unlink()
    assert isinstance(known, Confidence)


def test_how_a_strategy_shrinks_a_query_makes_no_match_of_it(engine, registry, tmp_path):
    strategy = load_strategy(registry, "video-side")
    with torch.no_grad():
        strategy.shrinkage.pull += 1
    folder = save_strategy(tmp_path / "shrunk", strategy, TrainingContext.of(registry))
    plain, shrunk = (
        {
            found.video: found
            for found in engine.search("a cat", emotions={"joy": 1}, top=99, fusion=name)
        }
        for name in ("baseline", str(folder))
    )
    assert any(shrunk[name].content_score < found.score / 2 for name, found in plain.items())
    weak = {name for name, found in plain.items() if found.weak}
    assert {name for name, found in shrunk.items() if found.weak} == weak
