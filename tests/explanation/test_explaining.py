"""Explanations: parts that sum to the score under every strategy, words, frames and faces."""

from itertools import permutations

import numpy as np
import pytest
import torch

from moodreel.catalog.records import Filter
from moodreel.emotions import Emotion
from moodreel.errors import CatalogError, InvalidInput
from moodreel.explanation.contributions import shapley_values
from moodreel.explanation.explaining import explain, explain_hits, word_parts
from moodreel.fusion.checkpoints import TrainingContext, load_strategy, save_strategy
from moodreel.reports.explanation import explain_html
from moodreel.search.query import Query
from moodreel_plugins.emotion.words import WordMoods
from moodreel_plugins.encoders.sentence import SentenceTextEncoder
from nearness import ROUNDING

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
    moods, index = [], engine.search_index
    query = Query(text, emotions, top=3, merge=False, within=index.within(Filter(path)))
    answer = index.answer(query, fusion)
    for hit, found in zip(answer.hits, explain_hits(index, answer), strict=True):
        parts = found.parts
        assert (found.video, found.start, found.end) == (hit.video, hit.start, hit.end)
        assert parts.score == pytest.approx(hit.score, abs=ROUNDING)
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
    query = Query("a person", {"joy": 1.0}, top=1, merge=False)
    answer = engine.search_index.answer(query, "late")
    (hit,), (found,) = answer.hits, explain_hits(engine.search_index, answer)
    parts = found.parts
    assert parts.content == pytest.approx(hit.content_score, abs=ROUNDING)
    assert parts.emotions == {"joy": pytest.approx(hit.emotion_score, abs=1e-4)}


def test_a_neutral_query_has_content_alone(engine):
    answer = engine.search_index.answer(Query("a cup of coffee", top=1))
    (hit,), (found,) = answer.hits, explain_hits(engine.search_index, answer)
    assert found.parts.emotions == {}
    assert found.parts.content == pytest.approx(hit.score, abs=ROUNDING)


def test_an_empty_index_has_nothing_to_explain(tmp_path, engine_at):
    with engine_at(tmp_path) as engine:
        engine.index(tmp_path)
        answer = engine.search_index.answer(Query("a cat"))
        assert answer.hits == explain_hits(engine.search_index, answer) == []


@pytest.fixture
def counted(monkeypatch):
    """Count what the starter's text encoder encodes, and the queries that emotions are read in."""
    encoded, read = [], []
    encode, extract = SentenceTextEncoder.encode, WordMoods.extract
    monkeypatch.setattr(
        SentenceTextEncoder,
        "encode",
        lambda self, texts, inject=None: encoded.append(list(texts)) or encode(self, texts, inject),
    )
    monkeypatch.setattr(
        WordMoods,
        "extract",
        lambda self, texts: read.append(len(texts)) or extract(self, texts),
    )
    return encoded, read


def test_a_query_is_encoded_once_however_many_hits_are_explained(engine, counted):
    query = Query("a happy woman, furious", top=5)
    engine.search_index.answer(query, "late")  # what is made once an index is made now
    encoded, read = (made.clear() or made for made in counted)
    answer = engine.search_index.answer(query, "late")
    assert len(explain_hits(engine.search_index, answer)) == 5
    assert [texts for texts in encoded if query.text in texts] == [[query.text]]
    assert len(read) == 3, "the query; its words alone; and it without each word"


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
    assert found == pytest.approx(slow, abs=1e-9)
    assert sum(found.values()) == pytest.approx(value(tuple(players)), abs=1e-9)


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
    assert sum(face.weight for face in joyful.faces) == pytest.approx(1, abs=ROUNDING)
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
    assert found.parts.score == pytest.approx(joyful.parts.score, abs=ROUNDING)


def test_what_cannot_be_explained_is_refused(engine):
    with pytest.raises(CatalogError, match="not in the index"):
        explain(engine.search_index, "a cat", "nothing.mp4")
    with pytest.raises(InvalidInput, match="needs a text"):
        explain(engine.search_index, " ", "nothing.mp4")
