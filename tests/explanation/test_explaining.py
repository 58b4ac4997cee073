"""Explanations: parts that sum to the score under every strategy, words, frames and faces."""

from itertools import permutations

import numpy as np
import pytest
import torch

from moodreel.catalog.records import Filter
from moodreel.emotions import Emotion
from moodreel.errors import CatalogError, InvalidInput
from moodreel.explanation.contributions import shapley_values
from moodreel.explanation.explaining import explain, explain_hit, word_parts
from moodreel.fusion.checkpoints import TrainingContext, load_strategy, save_strategy
from moodreel.reports.explanation import explain_html
from moodreel.search.query import Query

STRATEGIES = ["baseline", "late", "additive", "concat-fc", "cross-attention", "video-side"]
LEARNED = [
    (name, form)
    for name in ("additive", "concat-fc", "cross-attention", "video-side")
    for form in ("extend", "add")
]


@pytest.fixture(scope="module")
def trained(engine, tmp_path_factory):
    """Return the folder of a strategy whose parameters are far from the start."""

    def make(name, form):
        folder = tmp_path_factory.mktemp(f"{name}-{form}")
        strategy = load_strategy(engine.registry, name, form=form)
        draw = torch.Generator().manual_seed(1)
        for value in strategy.parameters():
            value.data += 0.3 * torch.randn(value.shape, generator=draw)
        return str(save_strategy(folder, strategy, TrainingContext.of(engine.registry)))

    return make


def total(parts):
    return parts.content + sum(parts.emotions.values()) + parts.reranking + parts.other


def check_hits(engine, text, emotions, fusion, path=""):
    """Check hits in some videos, and return the parts that emotions had."""
    moods = []
    chosen = Filter(path)
    for hit in engine.search(
        text, emotions=emotions, fusion=fusion, top=3, merge=False, filter=chosen
    ):
        found = explain_hit(engine.search_index, Query(text, emotions), hit, fusion)
        parts = found.parts
        assert (found.video, found.start, found.end) == (hit.video, hit.start, hit.end)
        assert parts.score == pytest.approx(hit.score, abs=1e-5)
        assert total(parts) == pytest.approx(hit.score, abs=1e-4)
        assert abs(parts.other) < 1e-4
        moods += parts.emotions.values()
    return moods


@pytest.mark.parametrize("name", STRATEGIES)
def test_parts_sum_to_the_score_of_every_strategy(name, engine):
    check_hits(engine, "a happy woman, furious", None, name)
    check_hits(engine, "a person", {"joy": 0.5, "anger": -1, "trust": 0.2}, name)


@pytest.mark.parametrize(("name", "form"), LEARNED)
def test_parts_sum_to_the_score_of_trained_strategies(name, form, engine, trained):
    wanted = {"joy": 0.5, "anger": -1}
    moods = check_hits(engine, "a person", wanted, trained(name, form), "astronaut")
    assert any(abs(value) > 1e-3 for value in moods)


def test_the_parts_of_late_are_those_of_its_own_dimensions(engine):
    hit = engine.search("a person", emotions={"joy": 1.0}, fusion="late", top=1, merge=False)[0]
    parts = explain_hit(engine.search_index, Query("a person", {"joy": 1.0}), hit, "late").parts
    assert parts.content == pytest.approx(hit.content_score, abs=1e-5)
    assert parts.emotions == {"joy": pytest.approx(hit.emotion_score, abs=1e-4)}


def test_a_neutral_query_has_content_alone(engine):
    hit = engine.search("a cup of coffee", top=1)[0]
    parts = explain_hit(engine.search_index, Query("a cup of coffee"), hit).parts
    assert parts.emotions == {}
    assert parts.content == pytest.approx(hit.score, abs=1e-5)


def test_shapley_values_are_the_mean_over_all_orders():
    draw = np.random.default_rng(0)
    players = list(Emotion)[:4]
    worth = {}

    def value(subset):
        return worth.setdefault(frozenset(subset), draw.normal() if subset else 0.0)

    found = shapley_values(players, value)
    slow = dict.fromkeys(players, 0.0)
    for order in permutations(players):
        for place, player in enumerate(order):
            slow[player] += (value(order[: place + 1]) - value(order[:place])) / 24
    assert found == pytest.approx(slow)
    assert sum(found.values()) == pytest.approx(value(tuple(players)))


def test_words_that_gave_the_emotion_are_named(engine):
    parts = {
        part.word: part
        for part in word_parts("a happy woman, furious", engine.components.text_emotion)
    }
    assert set(parts) == {"happy", "furious"}
    assert parts["happy"].alone["joy"] > 0.5
    assert parts["happy"].lost["joy"] > 0.5
    assert "anger" not in parts["happy"].lost


def demo_video(demo, name):
    return str(demo / "videos" / f"{name}.mp4")


@pytest.fixture(scope="module")
def joyful(engine):
    video = next(v.path for v in engine.catalog.videos() if "astronaut" in v.path)
    return explain(engine.search_index, "a happy woman", video, fusion="late")


def test_frames_and_faces_that_carried_it_are_shown(joyful, engine):
    assert len(joyful.frames) == engine.components.video_encoder.frames_per_clip
    assert all(frame.emotions["joy"] > 0.5 for frame in joyful.frames)
    assert all(0.5 < frame.mood <= 1 for frame in joyful.frames)
    assert sum(face.weight for face in joyful.faces) == pytest.approx(1)
    assert {face.time for face in joyful.faces} <= {frame.time for frame in joyful.frames}
    left, top, width, height = joyful.faces[0].box
    frame = engine.frame(joyful.video, time=joyful.faces[0].time)
    assert 0 <= left < left + width <= frame.shape[1]
    assert 0 <= top < top + height <= frame.shape[0]


def test_the_page_holds_its_pictures(joyful, engine):
    pictures = {f.time: engine.frame(joyful.video, time=f.time) for f in joyful.frames}
    page = explain_html(joyful, pictures)
    assert page.count("data:image/jpeg;base64,") == len(joyful.frames)
    assert "<svg" in page
    assert 'src="http' not in page


def test_a_video_that_is_gone_is_explained_without_frames(engine, joyful, monkeypatch):
    monkeypatch.setattr(engine.catalog, "locate", lambda path: "/gone.mp4")
    found = explain(engine.search_index, "a happy woman", joyful.video)
    assert found.note.startswith("its frames cannot be shown")
    assert found.frames == ()
    assert found.parts.score == pytest.approx(joyful.parts.score, abs=1e-6)


def test_what_cannot_be_explained_is_refused(engine):
    with pytest.raises(CatalogError, match="not in the index"):
        explain(engine.search_index, "a cat", "nothing.mp4")
    with pytest.raises(InvalidInput, match="needs a text"):
        explain(engine.search_index, " ", "nothing.mp4")
