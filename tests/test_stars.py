"""Star targets and their decoding, on discs and against stardist."""

import numpy as np
import pytest

from labkit import stars


def discs(shape, n, radius, seed=0):
    """Return labels of n discs that do not touch."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    rows, cols = np.indices(shape)
    for label in range(1, n + 1):
        for _ in range(100):
            r, c = rng.uniform(0, shape[0]), rng.uniform(0, shape[1])
            near = (rows - r) ** 2 + (cols - c) ** 2
            if not labels[near < (radius + 2) ** 2].any():
                labels[near < radius**2] = label
                break
    return labels


@pytest.mark.reference
@pytest.mark.parametrize("grid", [1, 2, 4])
def test_targets_equal_stardist(grid):
    geometry = pytest.importorskip("stardist.geometry")
    utils = pytest.importorskip("stardist.utils")
    labels = discs((129, 150), 12, 13)
    prob, dist = stars.star_targets(labels, 32, grid)
    true_dist = geometry.star_dist(labels, 32, grid=(grid, grid))
    true_prob = utils.edt_prob(labels)[::grid, ::grid]
    np.testing.assert_allclose(dist, true_dist, atol=1e-3)
    np.testing.assert_allclose(prob, true_prob, atol=1e-5)


@pytest.mark.parametrize("grid", [1, 2])
def test_decode_gives_back_discs(grid):
    labels = discs((200, 240), 20, 12)
    found = stars.decode(
        *stars.star_targets(labels, 32, grid), shape=labels.shape, grid=grid, border=0
    )
    assert len(np.unique(found)) == len(np.unique(labels))
    assert np.mean((found > 0) == (labels > 0)) > 0.99
