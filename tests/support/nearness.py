"""How far two computations of the same thing may lie apart.

Another processor, number of threads, size of batch or place in memory adds the same numbers up in
another order, which changes the last digits of a float32. What must be equal bit for bit is made
once; what is made twice is compared with one of these tolerances.
"""

import numpy as np
import pytest

ROUNDING = 1e-5  # of a vector's length, and of scores of unit vectors: the order of sums
HALVES = 2e-3  # the same where one side was stored in half precision, whose steps are 2**-11


def assert_near(found, expected, within=ROUNDING):
    """Assert that arrays or tensors agree within a share of the longest row, 1 at least."""
    found, expected = numbers(found), numbers(expected)
    assert found.shape == expected.shape
    length = np.linalg.norm(np.atleast_1d(expected), axis=-1).max(initial=1)
    np.testing.assert_allclose(found, expected, rtol=0, atol=within * length)


def numbers(values):
    """Return an array, a list or a tensor as float64."""
    return np.asarray(values.detach().double() if hasattr(values, "detach") else values, np.float64)


def assert_same(found, expected, within=ROUNDING, path=""):
    """Assert that two JSON values hold the same, numbers within a tolerance.

    The order of an object's names does not count.
    """
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), path
        for key in expected:
            assert_same(found[key], expected[key], within, f"{path}/{key}")
    elif isinstance(expected, list | tuple):
        assert len(found) == len(expected), path
        for place, pair in enumerate(zip(found, expected, strict=True)):
            assert_same(*pair, within, f"{path}/{place}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=within), path
    else:
        assert found == expected, path


def assert_same_hits(found, expected, within=ROUNDING):
    """Assert that two searches rank the same moments with the same scores.

    So their order is the same, but for moments whose scores are closer than the tolerance.
    """
    assert scores_by_moment(found) == pytest.approx(scores_by_moment(expected), abs=within)
    scores = [hit["score"] for hit in found]
    assert scores == sorted(scores, reverse=True)


def scores_by_moment(hits):
    return {(hit["video"], hit["start"]): hit["score"] for hit in hits}
