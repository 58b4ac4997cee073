"""Metrics against the goldens, against all orders of ties, and against ir_measures."""

import json
import tracemalloc
from itertools import permutations

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import places
from moodreel.evaluation.metrics.normalisation import dual_softmax
from moodreel.evaluation.metrics.ranking import (
    query_scores,
    retrieval_metrics,
    similarity_blocks,
)
from moodreel.evaluation.metrics.relevance import Relevance

GOLDENS = places.GOLDENS / "losses"
NAMES = ("R@1", "R@5", "R@10", "MdR", "MnR")


@pytest.fixture(scope="module")
def golden():
    expected = json.loads((GOLDENS / "expected.json").read_text())
    return load_file(GOLDENS / "inputs.safetensors")["similarity"], expected


def listed(found):
    return [found[name] for name in NAMES]


def test_goldens_in_both_directions(golden):
    similarity, expected = golden
    texts, videos = retrieval_metrics(similarity), retrieval_metrics(similarity.T)
    assert listed(texts) == pytest.approx(expected["t2v_metrics_r1_r5_r10_medr_meanr"], abs=1e-5)
    assert listed(videos) == pytest.approx(expected["v2t_metrics_r1_r5_r10_medr_meanr"], abs=1e-5)


def test_goldens_of_dual_softmax(golden):
    similarity, expected = golden
    found = listed(retrieval_metrics(dual_softmax(similarity, 5.0)))
    wanted = expected["dsl_t2v_metrics(sim*softmax(5*sim,axis=0))"]
    assert found == pytest.approx(wanted, abs=1e-5)


COLUMNS = 6
ORDERS = np.array(list(permutations(range(COLUMNS))))
PLACES = np.arange(1, COLUMNS + 1)


def slow_measures(scores, grades):
    """Average over every order of the columns, sorted by score with ties left as they are."""
    ranked = np.take_along_axis(
        grades[ORDERS], np.argsort(-scores[ORDERS], axis=1, kind="stable"), axis=1
    )
    right = ranked > 0
    first = right.argmax(1) + 1
    ideal = (np.sort(grades)[::-1] / np.log2(PLACES + 1)).sum()
    return {
        "R@1": (first <= 1).mean(),
        "R@5": (first <= 5).mean(),
        "R@10": 1.0,
        "MnR": first.mean(),
        "MRR": (1 / first).mean(),
        "nDCG": (ranked / np.log2(PLACES + 1)).sum(1).mean() / ideal,
        "mAP": (right * right.cumsum(1) / PLACES).sum(1).mean() / right[0].sum(),
        "graded mAP": (ranked * ranked.cumsum(1) / PLACES).sum(1).mean() / grades.sum(),
    }


def draw_case(draw):
    """Return scores with ties and either sign, and relevance of a drawn kind."""
    scores = draw.integers(-2, 3, (3, COLUMNS)) / 4.0
    kind = draw.integers(3)
    if kind == 0:
        grades = np.eye(COLUMNS)[draw.integers(COLUMNS, size=3)]
    elif kind == 1:
        grades = (draw.random(scores.shape) < 0.4).astype(float)
    else:
        grades = draw.choice([0, 0.25, 0.5, 1.0], scores.shape)
    return scores, grades


def test_a_thousand_matrices_with_ties_and_negative_scores():
    draw = np.random.default_rng(7)
    for _ in range(1000):
        scores, grades = draw_case(draw)
        found = query_scores(scores, grades).named()
        for query, row in enumerate(grades):
            if not row.any():
                assert all(np.isnan(values[query]) for values in found.values())
                continue
            slow = slow_measures(scores[query], row)
            for name, values in found.items():
                assert values[query] == pytest.approx(slow[name], abs=1e-9), name


def test_ir_measures_agrees_where_nothing_is_tied():
    import ir_measures as ir

    draw = np.random.default_rng(3)
    measures = {
        "R@1": ir.Success @ 1, "R@5": ir.Success @ 5, "R@10": ir.Success @ 10,
        "MRR": ir.RR, "nDCG": ir.nDCG, "mAP": ir.AP,
    }  # fmt: skip
    for _ in range(20):
        scores = draw.normal(-0.5, 1, (8, 30))
        grades = draw.choice([0, 0, 0, 1, 2], scores.shape)
        grades[:, 0] = 1
        qrels = [ir.Qrel(str(q), str(v), int(grades[q, v])) for q, v in np.ndindex(scores.shape)]
        run = [ir.ScoredDoc(str(q), str(v), scores[q, v]) for q, v in np.ndindex(scores.shape)]
        theirs = ir.calc_aggregate(measures.values(), qrels, run)
        ours = retrieval_metrics(scores, grades)
        for name, measure in measures.items():
            assert ours[name] == pytest.approx(theirs[measure], abs=1e-6), name


@pytest.mark.parametrize("value", [0.0, -1.0, 3.5])
def test_a_constant_model_gets_chance(value):
    found = retrieval_metrics(np.full((50, 50), value))
    assert found["R@1"] == pytest.approx(1 / 50)
    assert found["R@10"] == pytest.approx(10 / 50)
    assert found["MnR"] == found["MdR"] == pytest.approx(25.5)


@pytest.mark.parametrize("shift", [-5.0, 0.0, 5.0])
def test_the_sign_of_scores_does_not_matter(golden, shift):
    similarity = golden[0].astype(np.float64)
    assert retrieval_metrics(similarity + shift) == retrieval_metrics(similarity)


def test_relevance_may_be_given_in_any_form():
    scores = np.random.default_rng(0).normal(size=(4, 4))
    forms = [
        None, [0, 1, 2, 3], np.arange(4), torch.arange(4), [[0], [1], [2], [3]], np.eye(4),
        np.eye(4, dtype=bool), torch.eye(4), Relevance.of(None, (4, 4)),
    ]  # fmt: skip
    found = [retrieval_metrics(scores, form) for form in forms]
    assert all(other == found[0] for other in found)


def test_several_captions_a_video_work_both_ways():
    scores = np.array([[0.9, 0.1], [0.2, 0.3], [0.8, 0.4]])
    right = Relevance.of([0, 0, 1], scores.shape)
    assert listed(retrieval_metrics(scores, right)) == [1 / 3, 1, 1, 2, 5 / 3]
    assert right.transposed().as_lists()[0].tolist() == [0, 1]
    assert retrieval_metrics(scores.T, right.transposed())["R@1"] == 1.0


def test_queries_without_a_relevant_video_are_left_out():
    scores = np.array([[0.9, 0.1], [0.2, 0.3]])
    assert retrieval_metrics(scores, [[0], []])["R@1"] == 1.0
    assert np.isnan(retrieval_metrics(scores, [[], []])["R@1"])


def test_blocks_are_as_the_whole():
    draw = np.random.default_rng(1)
    # Of whole numbers every order of sums makes the same score, to the last bit.
    texts, videos = draw.integers(-99, 100, (2, 90, 8)).astype(np.float32)
    right = [np.flatnonzero(draw.random(90) < 0.1) for _ in range(90)]
    whole = retrieval_metrics(texts @ videos.T, right)
    assert retrieval_metrics(similarity_blocks(texts, videos, rows=7), right) == whole
    blocks = list(similarity_blocks(texts, videos, rows=32))
    assert retrieval_metrics(blocks, Relevance.of(right, (90, 90))) == whole


def test_counting_and_sorting_agree(monkeypatch):
    draw = np.random.default_rng(2)
    scores = draw.integers(0, 9, (20, 40))
    right = [draw.choice(40, 4, replace=False) for _ in range(20)]
    counted = retrieval_metrics(scores, right)
    monkeypatch.setattr("moodreel.evaluation.metrics.ranking.FEW", 0)
    assert retrieval_metrics(scores, right) == pytest.approx(counted, abs=1e-9)


@pytest.mark.parametrize(
    ("similarity", "relevant", "message"),
    [
        (np.zeros((3, 2)), None, "no diagonal"),
        (np.zeros((2, 2)), [0], "relevance of 1 queries for 2"),
        (np.zeros((2, 2)), [0, 2], "must be from 0 to 1"),
        (np.zeros((2, 2)), np.eye(3), "for \\(2, 2\\)"),
        (np.zeros((2, 2)), -np.eye(2), "must be 0 or more"),
        (np.full((2, 2), np.nan), None, "found nan"),
        (np.zeros(3), None, "must be \\[queries, videos\\]"),
        (iter([np.zeros((2, 2))]), None, "blocks of scores need relevance"),
        (iter([np.zeros((2, 2))]), [0, 1, 1], "scores of 2 queries, relevance of 3"),
        (iter([np.zeros((2, 2)), np.zeros((1, 3))]), [0, 1, 1], "do not fit"),
    ],
)
def test_what_does_not_fit_is_refused(similarity, relevant, message):
    with pytest.raises(ValueError, match=message):
        retrieval_metrics(similarity, relevant)


def test_infinite_scores_rank_last_and_first():
    assert retrieval_metrics(np.array([[np.inf, 0], [0, -np.inf]]))["R@1"] == 0.5


def test_ten_thousand_squared_stays_under_two_gibibytes():
    draw = np.random.default_rng(4)
    texts, videos = draw.normal(size=(2, 10_000, 4)).astype(np.float32)
    tracemalloc.start()
    try:
        found = retrieval_metrics(similarity_blocks(texts, videos), np.arange(10_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found["MnR"] == pytest.approx(5000.5, rel=0.03)
    assert peak < 200 * 2**20  # the whole matrix alone has 400 MB


METERS = {
    "Recall": "R@1",
    "MeanRank": "MnR",
    "MedianRank": "MdR",
    "ReciprocalRank": "MRR",
    "NormalizedGain": "nDCG",
    "AveragePrecision": "mAP",
    "GradedPrecision": "graded mAP",
}


@pytest.mark.parametrize("name", METERS)
def test_meters_say_what_the_function_says(name):
    from moodreel.evaluation.metrics import meters

    draw = np.random.default_rng(5)
    scores = torch.from_numpy(draw.normal(size=(30, 20)).astype(np.float32))
    grades = torch.from_numpy(draw.choice([0, 0, 0.5, 1], scores.shape))
    meter = getattr(meters, name)()
    for rows in (slice(0, 11), slice(11, 30)):
        meter.update(scores[rows], grades[rows])
    whole = retrieval_metrics(scores, grades)
    assert float(meter.compute()) == pytest.approx(whole[METERS[name]], abs=1e-5)
    assert meter.higher_is_better == ("Rank" not in name or name == "ReciprocalRank")
    meter.reset()
    assert meter.values == []


def test_meters_join_over_processes_and_in_collections():
    from torchmetrics import MetricCollection

    from moodreel.evaluation.metrics import meters

    collection = MetricCollection({"R@5": meters.Recall(5), "MdR": meters.MedianRank()})
    scores = torch.eye(6) - 2
    collection.update(scores)
    assert {name: float(value) for name, value in collection.compute().items()} == {
        "R@5": 1.0,
        "MdR": 1.0,
    }
    other = meters.Recall(5)
    other.update(-scores)
    merged = meters.Recall(5)
    merged.update(scores)
    merged.merge_state(other)
    assert 0 < float(merged.compute()) < 1


def test_torchmetrics_own_recall_fails_where_ours_does_not():
    """The trap this module exists for: cosines below 0 are hits too."""
    from torchmetrics import retrieval

    scores = torch.tensor([[-0.1, -0.5], [-0.6, -0.2]])
    theirs = retrieval.RetrievalRecall(top_k=1)
    index = torch.tensor([[0, 0], [1, 1]])
    assert float(theirs(scores.ravel(), torch.eye(2).bool().ravel(), index.ravel())) == 0.0
    assert retrieval_metrics(scores)["R@1"] == 1.0
