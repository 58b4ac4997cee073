"""The map of the index that the page shows."""

import numpy as np

from moodreel.web.projection import choose_plane


def test_a_map_can_be_drawn_of_next_to_nothing():
    for count in (0, 1, 2, 3, 6):
        rows = np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32)
        method, plane = choose_plane(rows)
        assert plane.shape == (count, 2)
        assert np.isfinite(plane).all()
        assert ("t-SNE" in method) == (count >= 5)
