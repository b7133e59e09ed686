"""Simulated cells with their truth, after SIMCEP."""

import numpy as np
import pytest
from synth_scenes import whole

from labkit.style import morphology
from labkit.synth import CellParams, simulate_cells


def test_simulated_cells_come_with_their_truth():
    cells = simulate_cells(30, (160, 200), CellParams(diameter=20), seed=1)
    assert cells.image.dtype == np.uint16
    assert cells.labels.dtype == np.int32
    assert cells.layers.shape == (30, 160, 200)
    assert np.array_equal(cells.labels > 0, cells.layers.any(axis=0))
    assert whole(cells.labels)
    inside = cells.image[cells.labels > 0].mean()
    assert inside > 1.5 * cells.image[cells.labels == 0].mean()
    areas = morphology(cells.labels).inner["area"]
    assert np.median(areas) == pytest.approx(np.pi / 4 * 20**2, rel=0.15)


def test_cells_overlap_as_much_as_allowed_and_lie_in_clusters():
    params = CellParams(diameter=20, overlap=0.1, clustered=0.95, cluster_spread=0.08)
    cells = simulate_cells(60, (256, 256), params, seed=0)
    flat = cells.layers.reshape(len(cells.layers), -1).astype(int)
    shared = flat @ flat.T
    sizes = np.minimum.outer(np.diag(shared), np.diag(shared))
    share = (shared / sizes)[~np.eye(len(flat), dtype=bool)]
    assert 0.02 < share.max() <= 0.1
    apart = simulate_cells(60, (256, 256), params.replace(overlap=0.0), seed=0)
    assert apart.layers.sum(axis=0).max() == 1
    even = simulate_cells(60, (256, 256), params.replace(clustered=0.0), seed=0)
    touching = [
        morphology(one.labels).objects["touches"].mean() for one in (cells, even)
    ]
    assert touching[0] > touching[1] + 0.1


def test_optics_do_not_change_the_truth_and_do_what_they_say():
    clean = CellParams(
        noise_variance=0,
        autofluorescence=0,
        illumination=0,
        blur=(0.0, 0.0),
        darkest=1.0,
    )
    one = simulate_cells(10, (128, 128), clean, seed=3)
    assert set(np.unique(one.image)) <= {2000, 42000, 65535}
    noisy = simulate_cells(10, (128, 128), clean.replace(noise_variance=1e-4), seed=3)
    assert np.array_equal(one.labels, noisy.labels)
    background = noisy.image[~noisy.layers.any(axis=0)]
    assert background.std() == pytest.approx(0.01 * 40000, rel=0.05)
    dark = simulate_cells(0, (64, 64), CellParams(noise_variance=0), seed=0)
    assert dark.labels.max() == 0
    assert dark.image.std() > 0  # autofluorescence
    soft = simulate_cells(10, (128, 128), clean.replace(blur=(3.0, 3.0)), seed=3)
    steps = [np.abs(np.diff(x.image.astype(int))).max() for x in (one, soft)]
    assert steps[1] < 0.5 * steps[0]
    uneven = simulate_cells(10, (128, 128), clean.replace(illumination=0.9), seed=3)
    assert uneven.image[one.labels > 0].std() > 1000


def test_texture_has_structure_within_cells():
    smooth, rough = (
        simulate_cells(
            10,
            (128, 128),
            CellParams(persistence=p, noise_variance=0, blur=(0.0, 0.0)),
            seed=3,
        ).image.astype(float)
        for p in (0.3, 2.0)
    )
    assert np.abs(np.diff(rough)).mean() > 1.3 * np.abs(np.diff(smooth)).mean()


@pytest.mark.parametrize(
    ("n_cells", "changes", "message"),
    [
        (-1, {}, "n_cells"),
        (3, {"diameter": 1}, "diameter"),
        (3, {"blur_window": 4}, "odd"),
        (3, {"overlap": 0.9}, "overlap"),
        (3, {"illumination": 2}, "illumination"),
    ],
)
def test_cells_out_of_range_are_refused(n_cells, changes, message):
    with pytest.raises(ValueError, match=message):
        simulate_cells(n_cells, (32, 32), CellParams().replace(**changes))


def test_cells_without_room_are_left_out():
    params = CellParams(diameter=20, n_tries=20)
    cells = simulate_cells(100, (64, 64), params, seed=0)
    assert 3 < len(cells.layers) < 40
