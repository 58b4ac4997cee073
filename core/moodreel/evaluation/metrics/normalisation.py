"""Similarities put right for videos that are near to everything (hubs), by other queries.

Benchmarks' figures with them are to be reported apart: a search of one query has no other queries.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodreel.evaluation.metrics.relevance import as_array

DUAL_SOFTMAX = 100.0
"""The factor of cosine similarities in published code: CLIP's scale, as CLIP-ViP has it."""
QUERYBANK = 20.0
"""The factor of cosine similarities in the code of Bogolin et al. (2022)."""


def dual_softmax(similarity: Any, temperature: float = DUAL_SOFTMAX) -> NDArray:
    """Return a similarity matrix [queries, videos] reweighted by a softmax over all queries.

    Every score is multiplied by the share that its query has of its video (Cheng et al. 2021,
    CAMoE). It looks at all queries of the test at once.

    Args:
        similarity: the scores [queries, videos], cosine similarities.
        temperature: what scores are multiplied by in the softmax.
    """
    scores = as_array(similarity)
    powers = np.exp(temperature * (scores - scores.max(0, keepdims=True)))
    return scores * (powers / powers.sum(0, keepdims=True))


def querybank_norm(similarity: Any, bank: Any, temperature: float = QUERYBANK) -> NDArray:
    """Return a similarity matrix [queries, videos] normalised by a bank of other queries.

    The dynamic inverted softmax of QB-Norm (Bogolin et al. 2022, equation 5): a query whose best
    video is also the best one of a query in the bank has each video's power divided by the sum of
    those that the bank gives to it; other queries stay as they are. It looks at one query of the
    test at a time.

    Args:
        similarity: the scores [queries, videos], cosine similarities.
        bank: the scores of the queries in the bank, such as captions of the training part,
            [bank, videos].
        temperature: what scores are multiplied by in the exponent.

    >>> querybank_norm([[0.5, 0.4]], [[0.9, 0.1]])[0].argmax()
    np.int64(1)
    """
    scores, known = as_array(similarity).astype(np.float64), as_array(bank).astype(np.float64)
    highest = known.max(0)
    sums = np.log(np.exp(temperature * (known - highest)).sum(0)) + temperature * highest
    hubs = np.zeros(scores.shape[1], bool)
    hubs[known.argmax(1)] = True
    # The logarithm of the quotient ranks as the quotient does, and does not overflow.
    return np.where(hubs[scores.argmax(1)][:, None], temperature * scores - sums, scores)
