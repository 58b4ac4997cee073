"""Whether normalisations by other queries do what their papers say."""

import numpy as np
import pytest

from moodreel.evaluation.metrics.normalisation import dual_softmax, querybank_norm
from moodreel.evaluation.metrics.ranking import retrieval_metrics


def hubby(draw, queries=80, dim=32):
    """Similarities in which a few videos are near to all queries, for a test and for a bank."""
    videos = draw.normal(size=(queries, dim))
    videos[:4] += 2 * draw.normal(size=dim)
    centre = videos[:4].mean(0)
    texts = videos + draw.normal(0, 1.2, size=videos.shape) + 0.5 * centre
    bank = draw.normal(size=(300, dim)) + 0.5 * centre
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (texts, videos, bank)]
    return unit[0] @ unit[1].T, unit[2] @ unit[1].T


def test_the_dual_softmax_multiplies_by_the_share_of_each_query_at_a_scale_of_100():
    scores, _ = hubby(np.random.default_rng(0))
    powers = np.exp(100 * scores)
    np.testing.assert_allclose(
        dual_softmax(scores), scores * powers / powers.sum(0), rtol=0, atol=1e-9
    )


def test_the_querybank_normalises_the_queries_that_find_a_hub_and_no_others():
    scores, bank = hubby(np.random.default_rng(1))
    found = querybank_norm(scores, bank)
    hubs = np.unique(bank.argmax(1))
    at_hub = np.isin(scores.argmax(1), hubs)
    assert 0 < at_hub.sum() < len(scores)
    quotient = np.exp(20 * scores) / np.exp(20 * bank).sum(0)
    np.testing.assert_allclose(np.exp(found[at_hub]), quotient[at_hub], rtol=0, atol=1e-9)
    np.testing.assert_array_equal(found[~at_hub], scores[~at_hub])


def test_both_help_where_hubs_hide_what_is_right():
    scores, bank = hubby(np.random.default_rng(2))
    plain = retrieval_metrics(scores)["R@1"]
    assert retrieval_metrics(dual_softmax(scores))["R@1"] > plain
    assert retrieval_metrics(querybank_norm(scores, bank))["R@1"] > plain


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_no_scale_overflows(scale):
    scores, bank = hubby(np.random.default_rng(3))
    assert np.isfinite(querybank_norm(scores, bank, scale)).all()
    assert np.isfinite(dual_softmax(scores, scale)).all()
