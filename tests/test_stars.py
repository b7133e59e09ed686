"""Star targets and their decoding: known shapes, and equal to stardist."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit import metrics, stars
from labkit.stars.overlap import common_area


def discs(shape, n, radius, seed=0):
    """Return labels of at most n discs that do not touch, some cut by the border."""
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


def touching(shape=(96, 110), n=14, seed=0):
    """Return labels that fill most of the image and touch each other."""
    rng = np.random.default_rng(seed)
    seeds = rng.uniform(0, 1, (n, 2)) * shape
    rows, cols = np.indices(shape)
    away = (rows[..., None] - seeds[:, 0]) ** 2 + (cols[..., None] - seeds[:, 1]) ** 2
    labels = away.argmin(axis=-1) + 1
    return np.where(away.min(axis=-1) < 18**2, labels, 0).astype(np.int32)


def random_stars(n, n_rays=32, size=200, seed=0):
    """Return crowded, uneven stars with different probabilities."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, size, (n, 2)).astype(np.float32)
    radius = rng.uniform(5, 20, (n, 1))
    dist = (radius * rng.uniform(0.7, 1.3, (n, n_rays))).astype(np.float32)
    return stars.Stars(points, dist, rng.permutation(n).astype(np.float32) / n)


def as_plane(polygon):
    """Return a (n, 2) polygon as complex numbers."""
    return polygon[:, 1] + 1j * polygon[:, 0]


class TestTargets:
    @pytest.mark.reference
    @pytest.mark.parametrize("grid", [1, 2, 4])
    @pytest.mark.parametrize("n_rays", [5, 8, 32])
    @pytest.mark.parametrize("make", [discs, touching])
    def test_equal_stardist(self, make, n_rays, grid):
        geometry = pytest.importorskip("stardist.geometry")
        utils = pytest.importorskip("stardist.utils")
        labels = discs((97, 110), 12, 13) if make is discs else touching()
        prob, dist = stars.star_targets(labels, n_rays, grid)
        true_dist = geometry.star_dist(labels, n_rays, grid=(grid, grid))
        np.testing.assert_allclose(dist, true_dist, atol=1e-3)
        true_prob = utils.edt_prob(labels)[::grid, ::grid]
        np.testing.assert_allclose(prob, true_prob, atol=1e-5)

    @pytest.mark.reference
    @pytest.mark.filterwarnings("ignore:EDT of constant")
    @pytest.mark.parametrize("size", [9, 300])
    def test_object_fills_image_as_in_stardist(self, size):
        geometry = pytest.importorskip("stardist.geometry")
        utils = pytest.importorskip("stardist.utils")
        labels = np.full((size, size + 4), 7, np.int32)
        prob, dist = stars.star_targets(labels, 8, 4)
        true_dist = geometry.star_dist(labels, 8, grid=(4, 4))
        np.testing.assert_allclose(dist, true_dist, atol=1e-2)
        np.testing.assert_allclose(prob, utils.edt_prob(labels)[::4, ::4], atol=1e-5)

    def test_square_by_hand(self):
        labels = np.zeros((9, 9), int)
        labels[2:7, 2:7] = 1
        prob, dist = stars.star_targets(labels, 8)
        assert prob[4, 4] == 1
        assert prob[2, 4] == pytest.approx(1 / 3)
        diagonal = 2.5 * np.sqrt(2)
        expected = [2.5, diagonal] * 4
        # the walk in steps of 1 px meets the corner within one step
        np.testing.assert_allclose(dist[4, 4], expected, atol=0.6)
        np.testing.assert_allclose(dist[4, 4, ::2], 2.5, atol=1e-6)
        assert not prob[labels == 0].any()
        assert not dist[labels == 0].any()

    def test_one_pixel_object(self):
        labels = np.zeros((5, 5), int)
        labels[2, 2] = 1
        prob, dist = stars.star_targets(labels, 4)
        assert prob[2, 2] == 1
        np.testing.assert_allclose(dist[2, 2], 0.5, atol=1e-6)

    def test_empty_labels(self):
        prob, dist = stars.star_targets(np.zeros((5, 7), int), 16, 2)
        assert prob.shape == (3, 4)
        assert dist.shape == (3, 4, 16)
        assert not prob.any()
        assert not dist.any()

    def test_numbers_of_labels_do_not_matter(self):
        labels = touching()
        other = np.array([0, *range(1_000_000, 100, -1000)])[labels].astype(np.int64)
        for one, two in zip(
            stars.star_targets(labels), stars.star_targets(other), strict=True
        ):
            np.testing.assert_array_equal(one, two)

    def test_crop_with_pieces_of_object_255(self):
        labels = np.zeros((8, 8), np.int32)
        labels[0, 0] = labels[7, 7] = 255
        assert stars.star_targets(labels)[0].sum() == 2

    def test_rays_cut_by_the_border(self):
        labels = np.zeros((20, 20), int)
        labels[5:15, :6] = 1
        _, stop = stars.star_targets(labels, 4)
        _, forget = stars.star_targets(labels, 4, cut_rays="nan")
        np.testing.assert_allclose(stop[10, 3], [2.5, 4.5, 3.5, 5.5])
        np.testing.assert_allclose(forget[10, 3], [2.5, 4.5, np.nan, 5.5])
        assert np.isnan(forget).sum() == np.count_nonzero(labels)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"n_rays": 2}, "at least 3"),
            ({"grid": 0}, "`grid` must be a positive integer"),
            ({"grid": 1.5}, "`grid` must be a positive integer"),
            ({"cut_rays": "drop"}, "`cut_rays` must be"),
            ({"labels": np.zeros((4, 4, 3), int)}, "looks like RGB"),
            ({"labels": np.zeros((0, 4), np.int32)}, "empty"),
            ({"labels": np.full((4, 4), -1, np.int32)}, "between 0"),
        ],
    )
    def test_bad_input(self, change, message):
        with pytest.raises(ValueError, match=message):
            stars.star_targets(**({"labels": np.ones((4, 4), int)} | change))

    def test_float_labels(self):
        with pytest.raises(TypeError, match="must hold integers"):
            stars.star_targets(np.zeros((4, 4)))


class TestRoundTrip:
    @pytest.mark.parametrize("grid", [1, 2])
    def test_discs(self, grid):
        labels = discs((200, 240), 25, 12)
        maps = stars.star_targets(labels, 32, grid)
        found = stars.decode(*maps, shape=labels.shape, grid=grid)
        match = metrics.match(labels, found, min_iou=0.9)
        assert match.f1 == 1
        assert match.mean_iou > 0.95

    @given(
        length=st.floats(8, 30),
        elongation=st.floats(1, 2.5),
        tilt=st.floats(0, np.pi),
        centre=st.tuples(st.floats(40, 60), st.floats(40, 60)),
        grid=st.sampled_from([1, 2]),
    )
    @settings(max_examples=60, deadline=None)
    def test_any_ellipse(self, length, elongation, tilt, centre, grid):
        rows, cols = np.indices((100, 100))
        down, right = rows - centre[0], cols - centre[1]
        along = (down * np.sin(tilt) + right * np.cos(tilt)) / length
        across = (right * np.sin(tilt) - down * np.cos(tilt)) * elongation / length
        labels = (along**2 + across**2 < 1).astype(np.int32)
        maps = stars.star_targets(labels, 32, grid)
        found = stars.decode(*maps, shape=labels.shape, grid=grid)
        assert found.max() == 1
        assert metrics.match(labels, found).mean_iou > 0.9

    def test_touching_objects(self):
        labels = touching()
        found = stars.decode(*stars.star_targets(labels), shape=labels.shape)
        match = metrics.match(labels, found, min_iou=0.8)
        assert match.f1 == 1
        assert match.mean_iou > 0.9

    def test_empty(self):
        labels = np.zeros((16, 16), int)
        found = stars.decode(*stars.star_targets(labels), shape=labels.shape)
        assert found.dtype == np.int32
        assert not found.any()

    def test_object_as_large_as_the_image(self):
        labels = np.ones((40, 40), int)
        found = stars.decode(*stars.star_targets(labels), shape=labels.shape)
        assert found.max() == 1
        assert metrics.match(labels, found).mean_iou > 0.9

    def test_representable(self):
        assert stars.representable(discs((128, 128), 8, 15) * 3) > 0.95
        assert np.isnan(stars.representable(np.zeros((8, 8), int)))
        rows, cols = np.indices((64, 64))
        radius = np.hypot(rows - 32, cols - 32)
        ring = ((radius < 28) & (radius > 20)).astype(int)
        assert stars.representable(ring) < 0.5
        square = (abs(rows - 32) < 20) & (abs(cols - 32) < 20)
        few, many = (stars.representable(square.astype(int), n) for n in (5, 64))
        assert few < 0.9 < many


class TestCommonArea:
    def test_squares_by_hand(self):
        rays = np.exp(1j * stars.ray_angles(4))
        square = 2 * rays  # a square on its corner, area 8
        assert common_area(square, square, rays) == pytest.approx(8)
        assert common_area(square, square + 1 + 1j, rays) == pytest.approx(4)
        assert common_area(square, square + 2, rays) == pytest.approx(2)
        assert common_area(square, square + 4, rays) == pytest.approx(0)
        assert common_area(square, 0.5 * square, rays) == pytest.approx(2)
        assert common_area(square, 3 * square, rays) == pytest.approx(8)

    @pytest.mark.parametrize("n_rays", [3, 5, 32])
    def test_same_from_both_sides_and_by_counting(self, n_rays):
        some = random_stars(40, n_rays, size=30)
        rays = np.exp(1j * stars.ray_angles(n_rays))
        fine = 8
        large = stars.rescale(some, fine)
        for i in range(0, 40, 2):
            one, two = (as_plane(p) for p in stars.star_polygons(some)[[i, i + 1]])
            here, there = some.points[[i, i + 1]] @ (1j, 1)
            area = common_area(one - here, two - here, rays)
            assert area == pytest.approx(common_area(two - there, one - there, rays))
            inside = [
                stars.paint(stars.Stars(*(v[k : k + 1] for v in large)), (560, 560)) > 0
                for k in (i, i + 1)
            ]
            counted = np.count_nonzero(inside[0] & inside[1]) / fine**2
            cut = np.any(some.points[[i, i + 1]] < some.dist[[i, i + 1]].max())
            if not cut:
                assert area == pytest.approx(counted, rel=0.02, abs=1)


class TestNms:
    @pytest.mark.reference
    @pytest.mark.parametrize("nms_thresh", [0.1, 0.3, 0.5, 0.8])
    @pytest.mark.parametrize("n_rays", [8, 32])
    def test_keeps_what_stardist_keeps(self, n_rays, nms_thresh):
        reference = pytest.importorskip("stardist.nms")
        some = random_stars(600, n_rays)
        kept = stars.nms(some, nms_thresh)
        order = np.argsort(-some.prob)
        points, dist, prob = (values[order] for values in some)
        # stardist cuts corners off to whole px: enlarge, so that it does not matter
        inds = reference.non_maximum_suppression_inds(
            dist * 64, points * 64, prob, thresh=nms_thresh, verbose=0
        )
        np.testing.assert_array_equal(kept.points, points[inds])

    @pytest.mark.reference
    def test_noisy_prediction_as_stardist(self):
        reference = pytest.importorskip("stardist.nms")
        geometry = pytest.importorskip("stardist.geometry")
        labels = touching((160, 160), 30)
        prob, dist = stars.star_targets(labels, 32, 2)
        rng = np.random.default_rng(0)
        noise = np.exp(rng.normal(0, 0.1, dist.shape)).astype(np.float32)
        prob = prob + rng.normal(0, 0.05, prob.shape).astype(np.float32)
        ours = stars.decode(prob, dist * noise, shape=labels.shape, grid=2)
        points, scores, lengths = reference.non_maximum_suppression(
            np.maximum(dist * noise, 1e-3),
            prob,
            grid=(2, 2),
            b=0,
            nms_thresh=0.3,
            prob_thresh=0.5,
        )
        theirs = geometry.polygons_to_label(lengths, points, labels.shape, scores)
        assert metrics.match(theirs, ours, min_iou=0.9).f1 == 1

    def test_no_two_survivors_overlap_and_all_others_overlap_one(self):
        some = random_stars(300, 16)
        kept = stars.nms(some, 0.3)
        rays = np.exp(1j * stars.ray_angles(16))

        def overlap(i, j):
            one, two = some.dist[i] * rays, some.dist[j] * rays
            shift = (some.points[j] - some.points[i]) @ (1j, 1)
            areas = [common_area(p, p, rays) for p in (one, two)]
            return common_area(one, two + shift, rays) / min(areas)

        number = {tuple(point): i for i, point in enumerate(some.points)}
        survivors = [number[tuple(point)] for point in kept.points]
        for i in range(300):
            better = [j for j in survivors if some.prob[j] > some.prob[i]]
            suppressed = any(overlap(i, j) > 0.3 for j in better)
            assert suppressed == (i not in survivors)

    def test_order_does_not_matter(self):
        some = random_stars(200)
        shuffle = np.random.default_rng(1).permutation(200)
        again = stars.Stars(*(values[shuffle] for values in some))
        for one, two in zip(stars.nms(some), stars.nms(again), strict=True):
            np.testing.assert_array_equal(one, two)

    def test_tiles_that_overlap_give_the_whole(self):
        labels = discs((120, 200), 20, 11)
        prob, dist = stars.star_targets(labels, 32, 2)
        whole = stars.nms(stars.candidates(prob, dist, grid=2))
        parts = [
            stars.candidates(prob[:, a:b], dist[:, a:b], grid=2, origin=(0, 2 * a))
            for a, b in ((0, 60), (40, 100))
        ]
        joined = stars.nms(stars.join(parts))
        assert len(joined.prob) == len(whole.prob)
        match = metrics.match(
            stars.paint(whole, labels.shape), stars.paint(joined, labels.shape), 0.9
        )
        assert match.f1 == 1

    def test_no_candidates(self):
        none = stars.candidates(np.zeros((4, 4)), np.zeros((4, 4, 8)))
        assert stars.nms(none).dist.shape == (0, 8)
        assert not stars.paint(none, (3, 3)).any()

    @pytest.mark.parametrize(
        ("points", "dist", "message"),
        [
            (np.zeros((2, 2)), np.ones((3, 8)), "points \\(n, 2\\)"),
            (np.zeros((3, 3)), np.ones((3, 8)), "points \\(n, 2\\)"),
            (np.zeros((3, 2)), np.full((3, 8), np.nan), "finite"),
            (np.full((3, 2), np.inf), np.ones((3, 8)), "finite"),
            (np.zeros((3, 2)), np.ones((3, 2)), "at least 3"),
        ],
    )
    def test_bad_stars(self, points, dist, message):
        with pytest.raises(ValueError, match=message):
            stars.nms(stars.Stars(points, dist, np.ones(3)))


class TestCandidates:
    def test_sorted_and_placed(self):
        prob = np.array([[0.2, 0.6], [0.9, 0.5]])
        found = stars.candidates(prob, np.ones((2, 2, 4)), grid=4, origin=(100, 7))
        np.testing.assert_array_equal(found.points, [[104, 7], [100, 11]])
        np.testing.assert_allclose(found.prob, [0.9, 0.6])

    def test_border_proposes_nothing(self):
        found = stars.candidates(np.ones((6, 5)), np.ones((6, 5, 4)), border=2)
        assert sorted(map(tuple, found.points)) == [(2, 2), (3, 2)]

    def test_input_stays_as_it_is(self):
        prob, dist = np.ones((4, 4), np.float32), -np.ones((4, 4, 8), np.float32)
        found = stars.candidates(prob, dist, border=1)
        assert (found.dist == np.float32(1e-3)).all()
        assert (prob == 1).all()
        assert (dist == -1).all()

    @pytest.mark.parametrize(
        ("prob", "dist", "message"),
        [
            (np.full((4, 4), np.nan), np.ones((4, 4, 8)), "16 NaN of 16"),
            (np.ones((4, 4)), np.full((4, 4, 8), np.nan), "`dist` has NaN"),
            (np.ones((4, 4)), np.ones((4, 5, 8)), "same h and w"),
            (np.ones((4, 4)), np.ones((8, 4, 4)), "same h and w"),
            (np.ones((4, 4, 1)), np.ones((4, 4, 8)), "same h and w"),
        ],
    )
    def test_bad_maps(self, prob, dist, message):
        with pytest.raises(ValueError, match=message):
            stars.decode(prob, dist, shape=(4, 4))


class TestPaint:
    @pytest.mark.reference
    @pytest.mark.parametrize("whole_numbers", [False, True])
    def test_same_pixels_as_stardist(self, whole_numbers):
        geometry = pytest.importorskip("stardist.geometry")
        some = random_stars(60, 16, size=120)
        if whole_numbers:  # centres of pixels on the boundary
            points, dist = np.rint(some.points), np.rint(some.dist)
            some = stars.Stars(points, dist, some.prob)
        painted = stars.paint(some, (100, 110))
        true = geometry.polygons_to_label(
            some.dist, some.points, (100, 110), prob=some.prob
        )
        np.testing.assert_array_equal(painted, true)

    def test_most_probable_on_top(self):
        points, dist = np.array([[5, 5], [5, 7], [5, 9]]), np.full((3, 8), 3.0)
        labels = stars.paint(stars.Stars(points, dist, [0.5, 0.9, 0.7]), (11, 15))
        assert labels[5, 5] == 2
        assert labels[5, 3] == 1
        assert labels[5, 11] == 3

    def test_outside_of_the_image(self):
        points = np.array([[-50.0, 5.0], [5.0, -50.0], [5.0, 70.0], [70.0, 5.0]])
        away = stars.Stars(points, np.full((4, 32), 8.0), np.ones(4))
        assert not stars.paint(away, (10, 12)).any()

    def test_bad_shape(self):
        with pytest.raises(ValueError, match="`shape` must be"):
            stars.paint(random_stars(1), (10, 10, 3))


class TestFill:
    def two(self, radius=8.0):
        points = np.array([[20, 15], [20, 31]])
        return stars.Stars(points, np.full((2, 32), radius), np.ones(2))

    def test_too_round_stars_take_the_true_outline(self):
        labels = np.zeros((40, 46), np.int32)
        labels[12:29, 7:23] = 1  # squares that touch: corners are 1.4 rays away
        labels[12:29, 23:40] = 2
        filled = stars.fill(self.two(), labels > 0)
        painted = stars.paint(self.two(), labels.shape)
        better = metrics.match(labels, filled).mean_iou
        assert better > 0.95
        assert better > metrics.match(labels, painted).mean_iou + 0.1

    def test_leaves_what_is_far_or_not_connected(self):
        inside = np.zeros((40, 46), bool)
        inside[12:29, 7:21] = True
        inside[12:29, 22:25] = True  # in reach of the star, behind a gap
        inside[36:, :] = True
        filled = stars.fill(stars.Stars(*(v[:1] for v in self.two())), inside)
        assert (filled[13:28, 10:18] == 1).all()
        assert not filled[:, 21:].any()
        assert not filled[36:].any()

    def test_core_without_foreground_stays(self):
        filled = stars.fill(self.two(), np.zeros((40, 46), bool))
        sizes = np.bincount(filled.ravel())[1:]
        np.testing.assert_allclose(sizes, np.pi * 4**2, rtol=0.1)

    def test_bad_mask(self):
        with pytest.raises(ValueError, match="must be a mask"):
            stars.fill(self.two(), np.zeros((40, 46)))


def test_rescale_keeps_the_outer_edges():
    labels = discs((60, 60), 4, 12)
    large = np.kron(labels, np.ones((3, 3), np.int32))
    found = stars.nms(stars.candidates(*stars.star_targets(labels)))
    painted = stars.paint(stars.rescale(found, 3), large.shape)
    assert metrics.match(large, painted, min_iou=0.9).f1 == 1
    with pytest.raises(ValueError, match="`factor` must be above 0"):
        stars.rescale(found, 0)


def test_join_needs_a_part():
    with pytest.raises(ValueError, match="at least one"):
        stars.join([])
