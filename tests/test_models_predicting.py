"""Models: tiles and views leave no seams, any image has an answer, how far nets see."""

import numpy as np
import pytest
import torch
from model_scenes import PIXELS, SMALL, TINY, discs
from skimage.measure import label

from labkit import crops as cr
from labkit.metrics import match
from labkit.models import StarDist, StarDistParams, UNetProb
from labkit.models.tiles import tile_boxes
from labkit.models.views import averaged
from labkit.nets import UNet
from labkit.stars import ray_angles, star_targets


@pytest.mark.parametrize(("tile", "tta"), [(48, False), (90, False), (64, True)])
def test_tiles_leave_no_seams(trained, pixels, tile, tta):
    image = discs(side=129, seed=4)[0][:, :115]
    stars, inside = trained[0].propose(image, tta=tta, prob_thresh=0.3)
    tiled, again = trained[0].propose(image, tta=tta, prob_thresh=0.3, tile=tile)
    order, other = (np.lexsort(one.points.T) for one in (stars, tiled))
    assert np.array_equal(stars.points[order], tiled.points[other])
    assert np.allclose(stars.dist[order], tiled.dist[other], atol=0.02)
    assert np.allclose(inside, again, atol=1e-3)
    whole = pixels[0].prob(image, tta=tta)
    assert np.allclose(whole, pixels[0].prob(image, tta=tta, tile=tile), atol=1e-3)


def test_tiles_cover_each_pixel_once():
    count = np.zeros((75, 101), int)
    for box in tile_boxes(count.shape, 32, 20, 8):
        outer = count[box.outer]
        outer += box.inner_mask(outer.shape, 1)
    assert (count == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (17, 33)])
@pytest.mark.parametrize("tta", [False, True])
def test_any_size_can_be_segmented(trained, pixels, shape, tta):
    image = np.zeros(shape, np.uint8)
    assert trained[0].predict(image, tta=tta).shape == shape
    prob = pixels[0].prob(image, tta=tta)
    assert prob.shape == (2, *shape)
    assert np.isfinite(prob).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float64])
def test_any_type_of_image_gives_the_same_answer(trained, pixels, dtype):
    image = discs(seed=3)[0]
    image = np.minimum(image, 255)
    assert np.array_equal(
        trained[0].predict(image), trained[0].predict(image.astype(dtype))
    )
    prob = pixels[0].prob(image)
    assert np.allclose(prob, pixels[0].prob(image.astype(dtype)), atol=1e-4)


def test_constant_image_has_no_nuclei(trained):
    assert trained[0].predict(np.full((64, 64), 500, np.uint16)).max() == 0


# probabilities of pixels


def test_nucleus_pixels_are_learnt_from_scratch(pixels):
    model, history = pixels
    image, labels = discs(35, seed=3, gap=0)
    nucleus, rim = model.prob(image)
    assert nucleus[labels > 0].mean() > 0.85
    assert nucleus[labels == 0].mean() < 0.1
    truth = cr.rims(labels, model.params.rim)
    assert rim[truth].mean() > rim[~truth].mean() + 0.4
    assert history.val_loss[-1] < 0.6 * history.val_loss[0]
    assert model.params.diameter == pytest.approx(18, abs=3)


def test_rims_keep_touching_discs_apart(pixels):
    image, labels = discs(35, seed=3, gap=0)
    together = label(pixels[0].prob(image)[0] > 0.5, connectivity=1)
    assert match(labels, together).f1 < 0.85
    found = match(labels, pixels[0].predict(image))
    assert found.f1 > 0.93
    assert found.mean_iou > 0.85


def test_colour_needs_a_network_that_sees_it():
    colour = np.random.default_rng(0).integers(0, 255, (40, 56, 3), np.uint8)
    labels = np.zeros((40, 56), int)
    labels[10:25, 10:25] = 1
    for kind, params in ((StarDist, SMALL), (UNetProb, PIXELS)):
        model = kind(params, device="cpu")
        with pytest.raises(ValueError, match=r"\(40, 56, 3\).*model with channels=3"):
            model.predict(colour)
        with pytest.raises(ValueError, match=r"images\[0\].*\(40, 56, 3\).*channels=3"):
            model.fit([colour], [labels], params=TINY)
        model = kind(params.replace(channels=3), device="cpu")
        model.fit([colour], [labels], params=TINY, progress=False)
        assert model.predict(colour).shape == (40, 56)
        grey, alpha = colour[..., 0], np.dstack([colour, colour[..., :1]])
        assert model.predict(grey).shape == (40, 56)
        assert np.array_equal(model.predict(alpha), model.predict(colour))


# all eight views


def shape_of_no_symmetry(height, width):
    """An object that looks different in each of the 8 views."""
    image = np.zeros((1, height, width), np.float32)
    image[0, 6:30, 8:16] = image[0, 22:30, 8:36] = image[0, 6:10, 16:20] = 1
    return image


@pytest.mark.parametrize("shape", [(41, 47), (40, 48), (40, 47), (43, 46)])
@pytest.mark.parametrize("grid", [1, 2])
@pytest.mark.parametrize("n_rays", [8, 32])
def test_true_answers_stay_true_when_averaged(shape, grid, n_rays):
    def truth(image):
        labels = np.round(image[0]).astype(np.int32)
        prob, dist = star_targets(labels, n_rays, grid=grid)
        return np.concatenate([prob[None], np.moveaxis(dist, -1, 0)])

    image = shape_of_no_symmetry(*shape)
    expected, found = truth(image), averaged(truth, grid, n_rays)(image)
    assert found.shape == expected.shape
    assert np.allclose(found[0], expected[0], atol=1e-4)
    assert np.abs(found - expected).max() < 1.01  # ray lengths are whole steps
    assert np.abs(averaged(truth, grid, 0)(image) - expected).max() > 5


@pytest.mark.parametrize("shape", [(9, 12), (10, 8), (7, 13)])
@pytest.mark.parametrize("grid", [1, 2])
def test_averaged_answers_turn_with_the_image(shape, grid):
    """Whatever the network answers: turned image, turned answer and rays."""
    if grid == 2:  # only then the same pixels are looked at
        shape = tuple(side // 2 * 2 + 1 for side in shape)
    rng, n_rays = np.random.default_rng(0), 8
    image, mix = rng.random((1, *shape)), rng.random((2 + n_rays, 1, 1))

    def answer(image):
        return (np.cumsum(image, axis=2) * mix + np.cumsum(image, axis=1) ** mix)[
            :, ::grid, ::grid
        ]

    mean = averaged(answer, grid, n_rays)
    before, after = mean(image), mean(np.rot90(image, axes=(1, 2)))
    assert np.allclose(after[:2], np.rot90(before[:2], axes=(1, 2)))
    mirrored = mean(image[:, ::-1])
    assert np.allclose(mirrored[:2], before[:2, ::-1])
    directions = np.exp(1j * ray_angles(n_rays))  # real: columns, imaginary: rows
    for k, way in enumerate(directions):
        turned = np.argmin(np.abs(directions - way * -1j))  # right becomes up
        assert np.allclose(after[2 + turned], np.rot90(before[2 + k]))
        upside_down = np.argmin(np.abs(directions - way.conj()))
        assert np.allclose(mirrored[2 + upside_down], before[2 + k][::-1])


def test_rays_that_cannot_turn_by_a_quarter_are_refused():
    model = StarDist(StarDistParams(n_rays=10, width=8, depth=1), device="cpu")
    image = np.zeros((20, 20), np.uint8)
    assert model.predict(image).shape == (20, 20)
    with pytest.raises(ValueError, match="multiple of 4 rays, this model has 10"):
        model.predict(image, tta=True)


def test_averaging_over_views_finds_the_discs(trained, pixels):
    image, labels = discs(seed=3)
    found = match(labels, trained[0].predict(image, tta=True))
    assert found.f1 > 0.95
    assert found.mean_iou > 0.75
    image, labels = discs(35, seed=3, gap=0)
    nucleus = pixels[0].prob(image, tta=True)[0]
    turned = pixels[0].prob(np.rot90(image), tta=True)[0]
    assert np.allclose(np.rot90(nucleus), turned, atol=2e-3)
    plain = pixels[0].prob(image)[0], pixels[0].prob(np.rot90(image))[0]
    assert np.abs(np.rot90(plain[0]) - plain[1]).max() > 0.05
    assert ((nucleus > 0.5) == (labels > 0)).mean() > 0.95


# the network


@pytest.mark.parametrize("grid", [1, 2, 4])
@pytest.mark.parametrize("every_pixel", [False, True])
def test_networks_answer_on_the_grid_or_for_every_pixel(grid, every_pixel):
    torch.manual_seed(0)
    net = UNet(3, 5, width=8, depth=1, grid=grid, every_pixel=every_pixel)
    net = net.double().eval()  # two answers are never equal by chance
    stride = 1 if every_pixel else grid
    shape = (1, 5, 32 // stride, 48 // stride)
    image = torch.rand(1, 3, 32, 48, dtype=torch.double)
    assert net(torch.zeros_like(image)).shape == shape
    with torch.no_grad():  # each pixel gets an answer of its own
        answer = net(image)[0].numpy()
    assert (np.diff(answer, axis=1) != 0).all()
    assert (np.diff(answer, axis=2) != 0).all()


@pytest.mark.parametrize(("depth", "grid"), [(1, 1), (2, 2), (1, 4)])
@pytest.mark.parametrize("every_pixel", [False, True])
def test_no_output_looks_further_than_the_reach(depth, grid, every_pixel):
    torch.manual_seed(0)
    net = UNet(1, 1, width=8, depth=depth, grid=grid, every_pixel=every_pixel).eval()
    stride, side, seen = 1 if every_pixel else grid, 16 * net.multiple, 0
    for place in range(side // 2, side // 2 + net.multiple, stride):
        image = torch.rand(1, 1, side, 2 * net.multiple, requires_grad=True)
        net(image)[0, 0, place // stride].sum().backward()
        rows = np.flatnonzero(image.grad[0, 0].abs().sum(1).numpy())
        seen = max(seen, np.abs(rows - place).max())
    assert seen <= net.reach
    assert net.reach <= 2 * seen + net.multiple
