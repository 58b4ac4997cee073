"""The embedding map: numbers that hold by themselves, and points that stay comparable."""

import json
import re

import numpy as np
import pytest

from moodreel.errors import InvalidInput, MissingPackage
from moodreel.evaluation import embedding
from moodreel.evaluation.embedding import even_choice, make_map
from moodreel.evaluation.metrics import geometry
from moodreel.evaluation.queries import ask, index_videos, read_queries
from moodreel.reports.map import map_html, write_png
from nearness import ROUNDING

TEXTS = ["a happy woman", "an angry man", "a cat"]


@pytest.fixture(scope="module")
def asked(engine):
    videos = index_videos(engine.search_index)
    return ask(engine.components, videos, read_queries(TEXTS), "demo")


@pytest.fixture(scope="module")
def found(asked):
    return make_map(asked, ["baseline", "late", "baseline"])


def draw_rows(rows=40, columns=6, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, columns))


def test_cka_is_one_for_what_is_turned_moved_or_scaled_and_low_for_another():
    rows = draw_rows(200)
    turn, _ = np.linalg.qr(draw_rows(6, 6, 1))
    assert geometry.linear_cka(rows, 3 * rows @ turn + 5) == pytest.approx(1)
    assert geometry.linear_cka(rows, draw_rows(200, seed=2)) < 0.2
    assert np.isnan(geometry.linear_cka(rows, np.ones((200, 2))))


def test_cka_is_that_of_centred_gram_matrices():
    first, second = draw_rows(), draw_rows(40, 3, 1)
    centre = np.eye(40) - 1 / 40
    left, right = (centre @ rows @ rows.T @ centre for rows in (first, second))
    slow = (left * right).sum() / np.sqrt((left * left).sum() * (right * right).sum())
    assert geometry.linear_cka(first, second) == pytest.approx(slow)


def test_the_gap_is_the_distance_of_means():
    videos = np.array([[2.0, 0], [1, 0]])
    assert geometry.modality_gap(np.array([[0.0, 3]]), videos) == pytest.approx(2**0.5)
    assert geometry.modality_gap(videos, videos) == 0
    assert np.isnan(geometry.modality_gap(videos[:0], videos))


def test_purity_counts_neighbours_of_other_videos_only():
    rows = np.array([[1, 0], [1, 0.01], [1, 0.1], [0, 1], [0.1, 1]])
    owners = np.array([0, 0, 1, 2, 3])
    labels = ["joy", "joy", "joy", "anger", ""]
    near = geometry.nearest(rows, owners, k=1)
    assert [list(found) for found in near] == [[2], [2], [1], [4], [3]]
    purity, chance = geometry.emotion_purity(near, labels, owners)
    assert purity == pytest.approx(3 / 4)
    assert chance == pytest.approx(np.mean([1 / 3, 1 / 3, 2 / 4, 0]))


def test_purity_without_emotions_is_unknown():
    near = geometry.nearest(draw_rows(5), np.arange(5))
    assert np.isnan(geometry.emotion_purity(near, [""] * 5, np.arange(5))).all()


def test_balancing_leaves_every_score_as_it_is():
    texts, videos = draw_rows(7, 10).astype(np.float32), draw_rows(9, 10, 1).astype(np.float32)
    videos[:, 6:] *= 30
    left, right = geometry.balanced(texts, videos, 6)
    np.testing.assert_allclose(left @ right.T, texts @ videos.T, rtol=1e-4, atol=1e-4)
    assert geometry.spread_of(left[:, 6:]) == pytest.approx(geometry.spread_of(right[:, 6:]))
    _, alone = geometry.balanced(texts[:0], videos, 6)
    assert geometry.spread_of(alone[:, 6:]) == pytest.approx(geometry.spread_of(alone[:, :6]))


def test_the_numbers_of_the_same_strategy_say_that_nothing_changed(found):
    same, first = found.numbers["baseline (2)"], found.numbers["baseline"]
    assert same.cka_videos == pytest.approx(1, abs=ROUNDING)
    assert same.kept == 1
    assert max(same.moved.values()) < ROUNDING
    assert same.purity == pytest.approx(first.purity, abs=ROUNDING)
    assert same.gap == pytest.approx(first.gap, abs=ROUNDING)


def test_emotion_moves_emotional_videos_further_than_others(found):
    late = found.numbers["late"]
    assert late.cka_videos < 0.999
    assert late.moved["joy"] > late.moved["none"]
    assert 0 <= late.chance <= 1
    assert found.judge == "the extractor 'face'"


def test_points_that_do_not_move_stay_where_they_are(found):
    first, same = found.places["baseline"], found.places["baseline (2)"]
    reach = np.linalg.norm(first - first.mean(0), axis=1).mean()
    apart = draw_apart(first)
    assert np.linalg.norm(first - same, axis=1).mean() < 0.25 * reach < apart


def draw_apart(places):
    """Return how far points lie from those that a map without a common start may give."""
    turned = places @ np.array([[0.0, 1], [-1, 0]])
    return np.linalg.norm(places - turned, axis=1).mean()


def test_aligning_moves_turns_and_sizes_as_a_whole():
    places = draw_rows(20, 2)
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    np.testing.assert_allclose(geometry.aligned(3 * places @ turn + 9, places), places, atol=1e-9)
    onto_one_point = geometry.aligned(places, np.ones((20, 2)))
    np.testing.assert_allclose(onto_one_point, 1)
    np.testing.assert_allclose(
        geometry.aligned(np.ones((20, 2)), places), places.mean(0) + 0 * places
    )


def test_a_map_is_the_same_twice(found, asked):
    again = make_map(asked, ["baseline"])
    np.testing.assert_array_equal(again.places["baseline"], found.places["baseline"])


def test_of_many_segments_an_even_choice_is_taken():
    assert even_choice(5, 10).tolist() == [0, 1, 2, 3, 4]
    assert even_choice(1001, 3).tolist() == [0, 500, 1000]


def test_the_page_has_every_point_and_is_alone(found):
    pictures = ["data:image/jpeg;base64,AA"] + [""] * (len(found.points) - 1)
    page = map_html(found, pictures)
    assert page.count("data-n=") == len(found.points)
    held = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S).group(1))
    assert set(held["places"]) == {"baseline", "late", "baseline (2)"}
    assert held["points"][0]["picture"].startswith("data:")
    assert 'src="http' not in page


def test_a_name_cannot_end_the_pages_data(found):
    from dataclasses import replace

    points = [replace(found.points[0], name="</script><b>"), *found.points[1:]]
    page = map_html(replace(found, points=points), [""] * len(points))
    assert "</script><b>" not in page


def test_a_png_has_a_panel_for_each_strategy(found, tmp_path):
    from PIL import Image

    write_png(found, tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as picture:
        assert picture.width == 3 * picture.height


def test_too_few_points_and_missing_packages_are_said(engine, found, monkeypatch, tmp_path):
    material = ask(engine.components, index_videos(engine.search_index), [], "demo")
    with pytest.raises(InvalidInput, match="needs 5 videos and texts or more, got 3"):
        make_map(material, ["baseline"], most=3)
    monkeypatch.setattr(embedding, "is_installed", lambda module: False)
    with pytest.raises(MissingPackage, match=r'scikit-learn: pip install "moodreel\[evaluate\]"'):
        make_map(material, ["baseline"])
    monkeypatch.setattr("moodreel.reports.map.is_installed", lambda module: False)
    with pytest.raises(MissingPackage, match=r'matplotlib: pip install "moodreel\[evaluate\]"'):
        write_png(found, tmp_path / "map.png")
