"""Retrieval metrics: ours against torchmetrics' on the same scores, and a large matrix's memory.

Scores are drawn from 0 to 1, since torchmetrics takes a score of 0 or less as irrelevant.
"""

import tracemalloc

import numpy as np
import pytest
import torch
from torchmetrics.retrieval import (
    RetrievalHitRate,
    RetrievalMAP,
    RetrievalMRR,
    RetrievalNormalizedDCG,
)

from moodreel.evaluation.metrics.ranking import retrieval_metrics, similarity_blocks

SIZE = 500  # what torchmetrics manages in seconds
LARGE = 10_000


@pytest.fixture(scope="module")
def scores():
    return np.random.default_rng(0).random((SIZE, SIZE), np.float32)


def torchmetrics_values(scores):
    similarity = torch.from_numpy(scores)
    index = torch.arange(SIZE)[:, None].expand(SIZE, SIZE).ravel()
    target = torch.eye(SIZE, dtype=torch.bool).ravel()
    metrics = {f"R@{k}": RetrievalHitRate(top_k=k) for k in (1, 5, 10)}
    metrics |= {"MRR": RetrievalMRR(), "nDCG": RetrievalNormalizedDCG(), "mAP": RetrievalMAP()}
    return {name: float(m(similarity.ravel(), target, index)) for name, m in metrics.items()}


@pytest.mark.benchmark(group="metrics of 500 x 500")
def test_ours(benchmark, scores):
    benchmark(retrieval_metrics, scores)


@pytest.mark.benchmark(group="metrics of 500 x 500")
def test_torchmetrics(benchmark, scores):
    theirs = benchmark.pedantic(torchmetrics_values, (scores,), rounds=3)
    ours = retrieval_metrics(scores)
    assert {name: pytest.approx(value, abs=1e-5) for name, value in theirs.items()} == {
        name: ours[name] for name in theirs
    }


@pytest.mark.benchmark(group="metrics of 10,000 x 10,000")
def test_large(benchmark):
    scores = np.random.default_rng(0).normal(size=(LARGE, LARGE)).astype(np.float32)
    tracemalloc.start()
    benchmark.pedantic(retrieval_metrics, (scores,), rounds=3)
    held = scores.nbytes + tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    benchmark.extra_info["GiB with the matrix"] = round(held / 2**30, 2)
    assert held < 2 * 2**30


@pytest.mark.benchmark(group="metrics of 40,000 x 10,000, in blocks")
def test_blocks(benchmark):
    draw = np.random.default_rng(0)
    texts = draw.normal(size=(4 * LARGE, 64)).astype(np.float32)
    videos = draw.normal(size=(LARGE, 64)).astype(np.float32)
    right = np.repeat(np.arange(LARGE), 4)
    tracemalloc.start()
    benchmark.pedantic(lambda: retrieval_metrics(similarity_blocks(texts, videos), right), rounds=1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    benchmark.extra_info["MiB"] = round(peak / 2**20)
    assert peak < 2**30
