"""Segmentation of whole images: the object scale, and what follows the model."""

import sys
from itertools import product

import cv2
import numpy as np
import pytest
from skimage.measure import label

import labkit as lk
from labkit.labels import median_diameter
from labkit.metrics import match
from labkit.models import (
    StarDist,
    StarDistParams,
    TrainParams,
    UNetProb,
    UNetProbParams,
)
from labkit.segment import (
    add_missing,
    drop_small,
    fill_holes,
    fitting_diameter,
    refine_borders,
    segment,
    segment_steps,
)

QUICK = TrainParams(steps=140, batch_size=4, crop_size=64, lr=4e-3, every=40)
COLOUR = StarDistParams(n_rays=16, width=12, depth=2, channels=3)


def discs(places, shape=(96, 128)):
    """Label image of discs given as (row, col, radius)."""
    rows, cols = np.mgrid[: shape[0], : shape[1]]
    labels = np.zeros(shape, np.int32)
    for k, (row, col, radius) in enumerate(places, 1):
        labels[(rows - row) ** 2 + (cols - col) ** 2 < radius**2] = k
    return labels


def many_discs(n, side, radius, seed):
    """Discs of random size that do not touch."""
    rng, places, centres = np.random.default_rng(seed), [], np.zeros((0, 2))
    for _ in range(40 * n):
        centre, r = rng.uniform(0, side, 2), rng.uniform(*radius)
        far = np.hypot(*(centres - centre).T)
        if len(places) < n and (far > r + radius[1] + 2).all():
            places.append((*centre, r))
            centres = np.vstack([centres, centre])
    return discs(places, (side, side))


def shown(labels, seed=0):
    """Grey image, light on dark, with noise."""
    noise = np.random.default_rng(seed).normal(0, 12, labels.shape)
    return (100 + 80 * (labels > 0) + noise).astype(np.uint16)


def stained(labels, seed=0):
    """Picture in colour, red on green, with noise."""
    colours = np.array([[80, 120, 80], [210, 60, 90]])[(labels > 0).astype(int)]
    noise = np.random.default_rng(seed).normal(0, 8, colours.shape)
    return np.clip(colours + noise, 0, 255).astype(np.uint8)


class Threshold:
    """A model that knows bright discs of nearly its own size and no others."""

    params, diameter = StarDistParams(diameter=16.0), 16.0

    def __init__(self):
        self.seen = []

    def propose(self, image, **how):
        self.seen.append((image.shape, how))
        labels = label(image > 0.5 * image.max(), connectivity=1)
        sizes = np.sqrt(4 / np.pi * np.bincount(labels.ravel()))
        wrong = (sizes < 0.6 * 16) | (sizes > 1.6 * 16)
        return (np.where(wrong[labels], 0, labels),)

    def decode(self, labels, shape, *, factor=1.0):
        assert np.allclose(np.array(labels.shape) * factor, shape, atol=factor)
        size = {"dsize": shape[::-1], "interpolation": cv2.INTER_NEAREST_EXACT}
        return cv2.resize(labels.astype("f4"), **size).astype(np.int32)


class Borders:
    """A model of pixels that sees everything bright."""

    params = UNetProbParams(diameter=32.0)

    def prob(self, image, **how):
        self.shape = image.shape
        bright = (image > 0.5 * image.max()).astype("f4")
        return np.stack([bright, 0 * bright])


@pytest.fixture(scope="module")
def trained():
    """A small model that has seen discs in grey and in colour."""
    labels = [many_discs(25, 160, (7, 11), seed) for seed in (1, 2)]
    images = [shown(labels[0]), stained(labels[1])]
    model = StarDist(COLOUR, device="cpu")
    model.fit(images, labels, params=QUICK, progress=False)
    return model


# the object scale


def test_other_magnification_needs_the_scale(trained):
    """Englbrecht et al. 2021, adaptability: a model knows one object size."""
    labels = many_discs(10, 400, (27, 33), 6)
    image = shown(labels)
    as_trained = match(labels, segment(trained, image)).f1
    given = match(labels, segment(trained, image, diameter=60.0)).f1
    assert given > 0.9
    assert as_trained < given - 0.3


def test_diameter_can_be_found_automatically(trained):
    labels = many_discs(10, 300, (27, 33), 6)
    found = segment_steps(trained, shown(labels), diameter="auto")
    assert found.diameter == pytest.approx(median_diameter(labels), rel=0.15)
    assert found.diameter == fitting_diameter(trained, shown(labels))
    assert match(labels, found.labels).f1 > 0.9


def test_colour_and_grey_are_segmented_by_one_model(trained):
    labels = many_discs(20, 160, (7, 11), 5)
    for image in (shown(labels), stained(labels), stained(labels) / 255):
        assert match(labels, segment(trained, image)).f1 > 0.9
    alpha = np.full((*labels.shape, 1), 255, np.uint8)
    with_alpha = np.concatenate([stained(labels), alpha], -1)
    assert np.array_equal(
        segment(trained, with_alpha), segment(trained, stained(labels))
    )


def test_colour_is_segmented_at_its_scale(trained):
    labels = many_discs(8, 320, (30, 34), 6)
    found = segment_steps(trained, stained(labels), diameter="auto")
    assert found.diameter == pytest.approx(median_diameter(labels), rel=0.15)
    assert match(labels, found.labels).f1 > 0.9


def test_the_scale_that_was_used_is_returned():
    labels = discs([(30, 40, 24), (60, 95, 24)])
    image = 100.0 * (labels > 0)
    assert segment_steps(Threshold(), image).diameter == 16
    assert not segment(Threshold(), image).any()
    found = segment_steps(Threshold(), image, diameter=48)
    assert found.diameter == 48
    assert match(labels, found.labels, 0.9).f1 == 1


def test_nearly_the_trained_size_is_not_rescaled():
    model, image = Threshold(), np.ones((50, 70))
    for diameter in (None, 14.5, 16, 18):
        segment(model, image, diameter=diameter)
    assert {shape for shape, _ in model.seen} == {(50, 70)}
    segment(model, image, diameter=32)
    assert model.seen[-1][0] == (25, 35)


def test_tiles_and_views_are_passed_on():
    model = Threshold()
    segment(model, np.ones((50, 70)), tta=True, tile=77)
    assert model.seen[-1][1] == {"tta": True, "tile": 77}


def test_a_model_tuned_on_other_sizes_enlarges_as_it_did_in_training():
    class Tuned(Threshold):
        params, diameter = Threshold.params.replace(enlarge=0.5), 32.0

    model = Tuned()
    assert segment_steps(model, np.ones((50, 70))).diameter == 32
    assert segment_steps(model, np.ones((50, 70)), diameter=16).diameter == 16
    assert [shape for shape, _ in model.seen] == [(25, 35), (50, 70)]


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (3, 2)])
def test_tiny_images_can_be_shrunk(trained, shape):
    for diameter in (None, "auto", 8 * trained.params.diameter):
        labels = segment(trained, np.zeros(shape, np.uint8), diameter=diameter)
        assert labels.shape == shape


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"diameter": 1e4}, "trained on objects of 16.0 px, got 10000"),
        ({"diameter": 0}, "must lie between 2.0 and 128.0 px"),
        ({"diameter": np.nan}, "got nan"),
        ({"diameter": "big"}, "'auto' or None, got 'big'"),
        ({"scales": ()}, "at least one number above 0"),
        ({"scales": (1, 0)}, "at least one number above 0"),
        ({"scales": (1, -2)}, "at least one number above 0"),
        ({"tile": 0}, None),
    ],
)
def test_impossible_options_are_refused(options, message, trained):
    model = Threshold() if message else trained
    with pytest.raises(ValueError, match=message or "`tile` must be at least 1"):
        segment(model, np.eye(20), **options)


def test_the_name_of_a_model_is_none():
    with pytest.raises(
        TypeError, match=r"load it first: labkit\.models\.load\('nuclei"
    ):
        segment("nuclei", np.eye(20))


@pytest.mark.parametrize("kind", [StarDist, UNetProb])
@pytest.mark.parametrize("diameter", [None, 20.0, "auto"])
def test_untrained_models_are_refused(kind, diameter):
    model = kind(kind.Params(width=8, depth=1), device="cpu")
    with pytest.raises(ValueError, match=r"not trained yet; call model\.fit first"):
        segment(model, np.eye(20), diameter=diameter)


@pytest.mark.parametrize(
    "image", [np.zeros((5, 6, 7)), np.full((5, 6), np.nan), np.zeros((0, 4))]
)
def test_bad_images_are_refused(image):
    with pytest.raises(ValueError, match="`image`"):
        segment(Threshold(), image)


# the switches


def test_a_second_scale_finds_what_the_first_one_misses():
    labels = discs([(20, 20, 8), (20, 70, 8), (60, 40, 4), (70, 100, 4)])
    image = 100.0 * (labels > 0)
    one = match(labels, segment(Threshold(), image), 0.6)
    both = segment(Threshold(), image, scales=(1, 2))
    assert (one.tp, one.fn) == (2, 2)
    assert match(labels, both, 0.6).f1 == 1
    assert sorted(np.unique(both)) == [0, 1, 2, 3, 4]


def test_borders_are_drawn_by_the_other_model_at_its_scale():
    labels, borders = discs([(30, 30, 8), (60, 90, 8)]), Borders()
    image = 100.0 * (labels > 0)

    class Shrinking(Threshold):
        def decode(self, *args, **how):
            found = super().decode(*args, **how).astype("f4")
            return cv2.erode(found, np.ones((3, 3))).astype(np.int32)

    plain = match(labels, segment(Shrinking(), image), 0.5).mean_iou
    refined = match(labels, segment(Shrinking(), image, borders=borders), 0.5).mean_iou
    assert refined > 0.9 > 0.85 > plain
    assert borders.shape == (192, 256)  # 16 px are 32 px for this model
    segment(Threshold(), image, diameter=20, borders=borders)
    assert borders.shape == (154, 205)


def test_holes_are_filled_unless_wanted():
    labels = discs([(30, 30, 9)])
    image = 100.0 * (labels > 0)
    image[29:32, 29:32] = 0
    assert np.array_equal(segment(Threshold(), image) > 0, labels > 0)
    assert (segment(Threshold(), image, holes=True) > 0).sum() == (image > 0).sum()


def test_small_objects_are_dropped_and_the_rest_renumbered():
    labels = discs([(20, 20, 5.5), (20, 70, 8), (60, 40, 9)])
    image = 100.0 * (labels > 0)
    assert segment(Threshold(), image).max() == 3
    areas = np.bincount(segment(Threshold(), image, min_area=150).ravel())[1:]
    assert areas.tolist() == np.bincount(labels.ravel())[2:].tolist()


# holes


def test_the_hole_of_one_object_is_filled():
    labels = np.zeros((9, 9), int)
    labels[1:8, 1:8] = 5
    whole = labels.copy()
    labels[3:5, 3] = labels[5, 5] = 0
    before = labels.copy()
    assert np.array_equal(fill_holes(labels), whole)
    assert np.array_equal(labels, before)
    assert fill_holes(labels).dtype == np.int32


def test_a_hole_with_another_object_in_it_stays():
    labels = np.zeros((11, 11), int)
    labels[1:10, 1:10], labels[3:8, 3:8], labels[5, 5] = 1, 0, 2
    assert np.array_equal(fill_holes(labels), labels)


def test_an_object_that_fills_the_hole_of_another_stays():
    labels = np.ones((7, 7), int)
    labels[2:5, 2:5] = 2
    assert np.array_equal(fill_holes(labels), labels)


def test_a_hole_between_two_objects_belongs_to_none():
    labels = np.zeros((8, 10), int)
    labels[1:7, 1:5], labels[1:7, 5:9] = 1, 2
    labels[3:5, 4:6] = 0
    assert np.array_equal(fill_holes(labels), labels)


def test_what_is_open_at_the_edge_of_the_image_is_no_hole():
    labels = np.zeros((8, 8), int)
    labels[0:6, 1:7] = 1
    labels[0:3, 3:5] = 0
    assert np.array_equal(fill_holes(labels), labels)


def test_objects_closed_at_corners_only_have_holes():
    labels = np.zeros((7, 7), int)
    labels[2, 3] = labels[3, 2] = labels[3, 4] = labels[4, 3] = 1
    assert fill_holes(labels)[3, 3] == 1


# size, second scale


def test_drop_small_keeps_what_is_large_enough():
    labels = np.repeat([[3, 0, 9, 9, 0, 5, 5, 5]], 2, axis=0)
    assert drop_small(labels, 4)[0].tolist() == [0, 0, 2, 2, 0, 1, 1, 1]
    assert drop_small(labels, 4.1)[0].tolist() == [0, 0, 0, 0, 0, 1, 1, 1]
    assert not drop_small(labels, 7).any()
    assert drop_small(labels, 0)[0].tolist() == [1, 0, 3, 3, 0, 2, 2, 2]


def test_objects_are_added_if_at_most_24_percent_are_taken():
    labels, more = np.zeros((4, 100), int), np.zeros((4, 100), int)
    labels[0, :24], labels[1, :25] = 4, 7
    more[0, :100], more[1, :100], more[3, 10:20] = 2, 1, 9
    added = add_missing(labels, more)
    assert (added[0, :24] == 1).all()  # the first ones stay as they are
    assert (added[0, 24:] == added[0, 24]).all()
    assert added[0, 24] > 2
    assert (added[1, :25] == 2).all()
    assert not added[1, 25:].any()
    assert added[3, 10] > 2
    assert set(np.unique(added)) == {0, 1, 2, 3, 4}
    assert (add_missing(labels, more, max_occupied=0.25)[1, 25:] > 0).all()


def test_add_missing_refuses_images_of_two_sizes():
    with pytest.raises(ValueError, match=r"`labels` .* and `more` .* differ in shape"):
        add_missing(np.zeros((3, 3), int), np.zeros((3, 4), int))


def test_enormous_labels_are_no_trouble():
    labels = discs([(30, 30, 8), (60, 90, 8)]).astype(np.int64)
    large = np.where(labels > 0, 2**31 - 3 + labels, 0)
    assert np.array_equal(drop_small(large, 2), labels)
    assert add_missing(large, 0 * labels).max() == 2
    assert np.array_equal(refine_borders(large, labels > 0), large)
    assert np.array_equal(fill_holes(large), large)


# borders


@pytest.mark.parametrize("wrong", [6, 10])
def test_the_true_disc_is_found_from_one_2_px_too_small_or_large(wrong):
    true = discs([(30, 30, 8), (60, 90, 8)])
    start = discs([(30, 30, wrong), (60, 90, wrong)])
    refined = refine_borders(start, (true > 0) * 0.9, width=3)
    assert np.array_equal(refined, true)
    assert not np.array_equal(start, true)


def test_borders_move_by_the_width_at_most():
    true, start = discs([(40, 50, 20)]), discs([(40, 50, 10)])
    refined = refine_borders(start, true > 0, width=3)
    radius = np.sqrt((refined > 0).sum() / np.pi)
    assert radius == pytest.approx(13, abs=0.5)
    default = refine_borders(start, true > 0)  # a tenth of 20 px
    assert np.sqrt((default > 0).sum() / np.pi) == pytest.approx(12, abs=0.5)


def test_touching_objects_stay_apart_and_part_where_it_is_darkest():
    labels = np.zeros((40, 60), np.int32)
    labels[5:35, 5:30], labels[5:35, 30:55] = 3, 8
    prob = np.where(labels > 0, 0.9, 0.1)
    prob[5:35, 32] = 0.6  # the true line lies 2 px to the right
    refined = refine_borders(labels, prob, width=4)
    assert set(np.unique(refined)) == {0, 3, 8}
    assert np.array_equal(refined > 0, labels > 0)
    line = (refined[5:35] == 3).sum(axis=1) + 5
    assert (np.abs(line - 32) <= 1).all()


def test_thin_objects_are_kept():
    labels = np.zeros((30, 40), np.int32)
    labels[5, 3:37], labels[15:27, 10:22] = 1, 2
    refined = refine_borders(labels, labels > 0, width=2)
    assert np.array_equal(refined, labels)


def test_what_the_probabilities_do_not_show_stays_as_it_is():
    labels = discs([(30, 30, 12), (60, 90, 12)])
    refined = refine_borders(labels, labels == 1, width=2)
    assert np.array_equal(refined, labels)
    nothing = np.zeros((5, 6), int)
    assert not refine_borders(nothing, nothing + 0.9).any()


def test_refine_borders_refuses_probabilities_of_another_size():
    with pytest.raises(ValueError, match=r"`labels` .* and `prob` .* differ in shape"):
        refine_borders(np.zeros((3, 3), int), np.zeros((2, 3, 3)))


def test_agreement_is_high_where_the_model_is_sure(monkeypatch):
    image = np.zeros((40, 50))
    labels = np.zeros((40, 50), np.int32)
    labels[5:15, 5:15], labels[20:35, 20:40], labels[5:10, 40:45] = 3, 7, 9
    seen = []

    def turned(model, view, **options):
        """Find objects 3 and 7 from every side, 9 never, 3 half as large if wide."""
        seen.append(options)
        found = np.zeros(view.shape, np.int32)
        plain = np.where(labels == 9, 0, labels)
        for turns, mirrored in module.VIEWS:
            other = np.rot90(plain[:, ::-1] if mirrored else plain, turns)
            marked = np.rot90(marks[:, ::-1] if mirrored else marks, turns)
            if other.shape == view.shape and np.array_equal(marked, view):
                found = other.copy()
        return found

    module = sys.modules["labkit.segment.agreement"]
    marks = image + np.arange(50) + 100 * np.arange(40)[:, None]
    monkeypatch.setattr(module, "segment", turned)
    scores = lk.segment.agreement(None, marks, labels, diameter=12)
    assert scores == {3: 1.0, 7: 1.0, 9: 0.0}
    assert seen == [{"diameter": 12}] * 7
    with pytest.raises(ValueError, match="n_views"):
        lk.segment.agreement(None, marks, labels, n_views=8)
    with pytest.raises(ValueError, match="differ in"):
        lk.segment.agreement(None, marks[1:], labels)


# doubts


def test_what_a_network_sees_in_noise_is_doubted():
    """Most of what it sees in coarse noise, everything in fine noise."""
    model, doubts = StarDist.load("nuclei"), {1: [], 2: [], 4: []}
    for blur, seed in product(doubts, range(3)):
        noise = np.random.default_rng((blur, seed)).normal(0, 1, (256, 256))
        noise = cv2.GaussianBlur(noise, (0, 0), blur)
        image = np.round(1000 * (noise - noise.min())).astype(np.uint16)
        labels = lk.segment.segment(model, image, diameter="auto")
        doubts[blur] += lk.segment.diagnose(image, labels)
        colour = np.dstack([image] * 3).astype(np.float32)
        said = lk.segment.diagnose(colour, labels)
        assert said == lk.segment.diagnose(image, labels)
    assert len(doubts[1]) == 3
    assert len(doubts[1] + doubts[2] + doubts[4]) >= 6
    told = "what was found is hardly", "no nuclei found"
    assert all(one.startswith(told) for some in doubts.values() for one in some)


def test_true_nuclei_are_not_doubted_bright_dark_or_stained():
    nuclei = lk.data.load("nuclei")
    image, labels = nuclei.images[0], nuclei.labels[0]
    stained = np.dstack([np.full_like(image, 200), image, image[::-1]])
    for one in (image, image.max() - image, stained):
        assert lk.segment.diagnose(one, labels) == []
    assert lk.segment.diagnose(image, np.ones_like(labels)) == []  # nothing to compare
    with pytest.raises(ValueError, match="differ in shape"):
        lk.segment.diagnose(image[:9], labels)


def test_calls_that_are_mixed_up():
    movie = lk.synth.simulate_movie(1, (96, 96), 6, diameter=20, seed=0)
    image, model = movie.images[0], StarDist.load("nuclei")
    with pytest.raises(TypeError, match="the model comes first"):
        lk.segment.segment(image, model)
    with pytest.raises(ValueError, match=r"'diamter'.*known are diameter"):
        lk.segment.segment(model, image, diamter=20)
    own = UNetProb.load("nuclei")
    redrawn = lk.segment.segment(model, image, diameter=20, borders=own)
    by_name = lk.segment.segment(model, image, diameter=20, borders=True)
    plain = lk.segment.segment(model, image, diameter=20, borders=False)
    assert np.array_equal(by_name, redrawn)
    assert np.array_equal(plain, lk.segment.segment(model, image, diameter=20))
    with pytest.raises(ValueError, match=r"labels\[0\]` does not look like a label"):
        StarDist(device="cpu").fit([movie.labels[0]], [image])
