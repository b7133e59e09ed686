"""Blocks and their seams: no nucleus cut, none twice, whatever the blocks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scale_scenes import CORE, DIAMETER, SHAPE, disc_labels, on_seams, same_objects
from scipy import ndimage

from labkit.scale.blocks import Grid, common, inside, window
from labkit.scale.seams import CUT, OWNED, SPARE, paint, settle, sort_out

HALO = 40


def put_together(truth, grid, see=None, tolerance=None):
    """Cut a label image into blocks, as `see` changes them, and settle them again."""
    labels, found = [], []
    for k in range(len(grid)):
        part = truth[window(grid.outer_of(k))]
        part = part if see is None else see(part, k)
        one = sort_out(part, grid, k, DIAMETER)
        labels.append(one[0])
        found.append(one[1])
    numbers, n_lost = settle(grid, labels, found, tolerance)
    whole = np.zeros(truth.shape, np.int32)
    for k in range(len(grid)):
        around = [k, *grid.neighbours(k)]
        painted = paint(
            grid, k, {n: labels[n] for n in around}, {n: numbers[n] for n in around}
        )
        core = grid.core_of(k)
        whole[window(core)] = painted[window(inside(core, grid.outer_of(k)))]
    return whole, n_lost, (labels, found, numbers)


def test_cores_tile_the_plane_and_what_is_seen_is_aligned():
    grid = Grid((1000, 777), 256, 45, align=10)
    seen = np.zeros((1000, 777), int)
    for k in range(len(grid)):
        core, outer = grid.core_of(k), grid.outer_of(k)
        seen[window(core)] += 1
        assert outer[0] % 10 == outer[1] % 10 == 0
        for side in (0, 1):
            assert core[side] - outer[side] >= min(45, core[side])
        assert common(core, outer) == core
    assert (seen == 1).all()
    assert grid.neighbours(5) == [0, 1, 2, 4, 6, 8, 9, 10]


@pytest.mark.parametrize(("core", "halo"), [(100, 10), (300, 10), (256, 129)])
def test_blocks_that_cannot_be_are_refused(core, halo):
    with pytest.raises(ValueError, match=r"multiple of 256|twice the halo"):
        Grid((1000, 1000), core, halo)


@pytest.mark.parametrize("core", [256, 512])
def test_objects_seen_alike_come_out_as_they_were(core):
    truth = disc_labels(more=on_seams())
    whole, n_lost, _ = put_together(truth, Grid(SHAPE, core, HALO, 3))
    assert n_lost == 0
    assert same_objects(truth, whole)
    assert sorted(np.unique(whole)) == list(range(truth.max() + 1))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10_000))
def test_small_differences_between_blocks_neither_lose_nor_double(seed):
    truth = disc_labels((520, 520), seed=seed, more=on_seams()[:1])

    def see(part, k):
        shift = np.random.default_rng((seed, k)).integers(-2, 3, 2)
        return np.roll(part, shift, (0, 1))

    whole, _, _ = put_together(truth, Grid((520, 520), CORE, HALO, 3), see)
    centre = ndimage.center_of_mass(truth > 0, truth, np.arange(1, truth.max() + 1))
    # those at the border of the plane are rolled out of it
    away = [c for c in centre if min(*c, 520 - c[0], 520 - c[1]) > 12]
    there = [whole[round(r), round(c)] for r, c in away]
    assert min(there) > 0
    assert len(set(there)) == len(there)
    assert np.bincount(whole.ravel())[there].min() > 0.75 * np.pi * 7**2


def test_both_claim_one_object():
    truth = np.zeros((300, 600), np.int32)
    truth[100:112, 250:262] = 1  # its middle lies on the seam

    def see(part, k):
        return np.roll(part, -2 if k == 0 else 2, 1)

    grid = Grid(truth.shape, CORE, HALO)
    whole, n_lost, (_, found, _) = put_together(truth, grid, see)
    kinds = [found[k]["kind"][1:].tolist() for k in (0, 1)]
    assert kinds == [[OWNED], [OWNED]]
    assert whole.max() == 1
    assert np.count_nonzero(whole) == 144
    assert n_lost == 0


def test_neither_claims_an_object():
    truth = np.zeros((300, 600), np.int32)
    truth[100:112, 250:262] = 1

    def see(part, k):
        return np.roll(part, 2 if k == 0 else -2, 1)

    grid = Grid(truth.shape, CORE, HALO)
    whole, _, (_, found, _) = put_together(truth, grid, see)
    kinds = [found[k]["kind"][1:].tolist() for k in (0, 1)]
    assert kinds == [[SPARE], [SPARE]]
    assert whole.max() == 1
    assert np.count_nonzero(whole) == 144


def test_one_block_sees_two_objects_where_the_other_sees_one():
    truth = np.zeros((300, 600), np.int32)
    truth[100:112, 240:256], truth[100:112, 256:272] = 1, 2

    def see(part, k):
        return np.minimum(part, 1) if k == 0 else part

    whole, _, _ = put_together(truth, Grid(truth.shape, CORE, HALO), see)
    pieces = np.unique(whole[truth > 0])
    assert 0 not in pieces
    assert len(pieces) in (1, 2)
    assert np.count_nonzero(whole) == np.count_nonzero(truth)


def test_an_object_larger_than_the_halo_is_reported_and_spares_the_others():
    truth = disc_labels(more=on_seams())
    rows, cols = np.mgrid[: SHAPE[0], : SHAPE[1]]
    large = np.hypot(rows - 256, cols - 256) < 2 * HALO
    truth[np.isin(truth, np.unique(truth[large]))] = 0
    expected = truth.copy()
    truth[large] = truth.max() + 1
    whole, n_lost, _ = put_together(truth, Grid(SHAPE, CORE, HALO))
    assert n_lost >= 1
    assert same_objects(expected, whole)
    # seen whole by the one block whose core it lies in, it is no trouble
    _, n_lost, (_, found, _) = put_together(truth, Grid(SHAPE, 512, HALO))
    assert n_lost == 0
    assert not (found[0]["kind"] == CUT).any()


def test_the_median_area_is_that_of_the_plane():
    truth = disc_labels(more=on_seams())
    truth[truth == 1] = 0
    truth[256:258, 256:258] = 1  # a speck on a corner
    whole, _, _ = put_together(truth, Grid(SHAPE, CORE, HALO), tolerance=0.5)
    areas = np.bincount(whole.ravel())[1:]
    assert whole[256, 256] == 0
    assert 0.5 * np.median(areas) <= areas.min()
    cut_by_border = [n for n in np.unique(truth)[1:] if (truth == n).sum() < 70]
    assert whole.max() == len(np.unique(truth)) - 1 - len(cut_by_border)


def test_an_empty_plane():
    truth = np.zeros(SHAPE, np.int32)
    whole, n_lost, _ = put_together(truth, Grid(SHAPE, CORE, HALO), tolerance=0.5)
    assert not whole.any()
    assert n_lost == 0
