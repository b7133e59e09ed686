"""Styles: known ones are found, their number too; pictures of them."""

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from skimage.draw import disk
from style_scenes import NAMES, blobs, labels_of, stain

from labkit import data, models, show, style

DATA = os.environ.get("LABKIT_DATA")
needs_data = pytest.mark.skipif(not DATA, reason="LABKIT_DATA is not set")


# clusters


def kinds(n_each, seed=0):
    """Four kinds of images, and the kind of each."""
    seeds = iter(range(1000 * seed, 1000 * seed + 4 * n_each))
    images = [blobs(30, 4, next(seeds)) for _ in range(n_each)]
    images += [blobs(12, 11, next(seeds), peak=60) for _ in range(n_each)]
    images += [stain(blobs(30, 5, next(seeds))) for _ in range(n_each)]
    images += [blobs(20, 6, next(seeds), noise=30) for _ in range(n_each)]
    return images, np.repeat(np.arange(4), n_each)


def agree(first, second):
    """Tell whether two groupings are the same but for the numbers."""
    pairs = set(zip(first, second, strict=True))
    return len(pairs) == len(set(first)) == len(set(second))


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_known_styles_and_their_number_are_found(seed):
    images, kind = kinds(6, seed)
    found = style.cluster_styles(images)
    assert found.n_styles == 4
    assert agree(found.style, kind)
    assert found.curve.best == 4
    assert found.position.shape == (24, 2)
    assert found.features.shape == (24, len(NAMES))


def test_styles_say_who_is_typical():
    images, _ = kinds(5)
    odd = images[0].copy()
    odd[:40, :40] = 255
    found = style.cluster_styles([*images, odd], n_styles=4)
    assert np.bincount(found.style).tolist() == [6, 5, 5, 5]
    assert sorted(np.concatenate(found.typical)) == list(range(21))
    for number, members in enumerate(found.typical):
        assert (found.style[members] == number).all()
    assert found.style[-1] == found.style[0] == 0
    assert found.typical[0][-1] == 20


def test_a_number_of_styles_can_be_asked_for_and_asked_again():
    images, _ = kinds(4)
    found = style.cluster_styles(images)
    for n_styles in (1, 2, 7, 16):
        direct = style.cluster_styles(images, n_styles=n_styles)
        again = style.cluster_styles(images, n_styles=n_styles, features=found.features)
        assert direct.n_styles == n_styles
        assert (direct.style == again.style).all()
        assert direct.curve.best == found.curve.best


def test_one_kind_of_image_is_one_style():
    images = [blobs(20, 6, seed) for seed in range(12)]
    assert style.cluster_styles(images).n_styles == 1


def test_few_images_identical_images_and_images_of_one_value():
    image = blobs(20, 6, 0)
    assert style.cluster_styles([image]).style.tolist() == [0]
    assert style.cluster_styles([image], n_styles=1).typical[0].tolist() == [0]
    two = [image, stain(image)]
    assert style.cluster_styles(two).n_styles == 1
    assert style.cluster_styles(two, n_styles=2).style.tolist() == [0, 1]
    same = style.cluster_styles([image] * 9)
    assert same.n_styles == 1
    assert not same.position.any()
    assert style.cluster_styles([image] * 3, n_styles=3).n_styles == 3
    flat = [np.full((30, 30), v, np.uint8) for v in (0, 0, 0, 200, 200, 200)]
    assert agree(style.cluster_styles(flat, n_styles=2).style, [0, 0, 0, 1, 1, 1])
    assert style.cluster_styles([np.zeros((5, 5))] * 4).n_styles == 1


def test_images_of_every_kind_and_size_together():
    small = [blobs(20, 6, seed, shape=(100, 90)) for seed in range(5)]
    wide = [blobs(60, 6, seed, shape=(256, 200)) * np.uint16(257) for seed in range(5)]
    stained = [stain(blobs(20, 6, seed)) for seed in range(5)]
    found = style.cluster_styles([*small, *wide, *stained], n_styles=2)
    assert agree(found.style, [0] * 10 + [1] * 5)


def test_small_styles_stand_alone_or_join_the_nearest():
    images, _ = kinds(6)
    images = [*images[:12], blobs(30, 4, 99, background=120)]
    alone = style.cluster_styles(images, n_styles=3)
    assert np.bincount(alone.style).tolist() == [6, 6, 1]
    joined = style.cluster_styles(images, n_styles=3, min_size=2)
    assert joined.n_styles == 2
    assert joined.style[-1] == joined.style[0]
    assert style.cluster_styles(images, n_styles=3, min_size=50).n_styles == 1


def test_other_features_and_what_a_model_sees():
    kind = np.repeat([0, 1, 2], 8)
    rng = np.random.default_rng(0)
    rows = (np.eye(3)[kind] + rng.normal(0, 0.03, (24, 3))) * [1e-3, 10, 1e5]
    found = style.cluster_styles(None, features=rows)
    assert agree(found.style, kind)
    images, kind = kinds(4)
    mean = style.cluster_styles(images[:8], embed=lambda i: [i.mean(), i.std()])
    assert mean.features.shape == (8, 2)
    model = models.UNetProb(models.UNetProbParams(width=8, depth=1, channels=3))
    seen = style.cluster_styles(images, embed=lambda i: models.embed(model, i))
    assert seen.features.shape == (16, 32)
    with pytest.raises(TypeError, match="U-Net"):
        models.embed("nuclei", images[0])


def test_beyond_the_largest_tree_all_images_get_a_style(monkeypatch):
    monkeypatch.setattr("labkit.style.clustering.MAX_TREE", 40)
    rng = np.random.default_rng(0)
    kind = rng.integers(0, 3, 300)
    rows = 20 * np.eye(3)[kind] + rng.normal(size=(300, 3))
    found = style.cluster_styles(None, features=rows)
    assert agree(found.style, kind)


def test_same_seed_same_styles():
    images, _ = kinds(4)
    first, second = (style.cluster_styles(images, seed=5) for _ in range(2))
    assert (first.curve.cloud == second.curve.cloud).all()
    assert (first.style == second.style).all()


@pytest.mark.parametrize(
    ("images", "options", "message"),
    [
        ([], {}, "at least one image"),
        (np.zeros((8, 8)), {}, r"a single image is \[image\]"),
        (np.zeros((8, 8, 3)), {}, r"a single image is \[image\]"),
        ([np.zeros((8, 8)), np.full((8, 8), np.nan)], {}, r"images\[1\].*NaN"),
        (
            [np.zeros((8, 8))],
            {"n_styles": 2},
            "to 1, the number of images; got 2",
        ),
        ([np.zeros((8, 8))], {"n_styles": 0}, "from 1"),
        ([np.zeros((8, 8))], {"min_size": 0}, "min_size"),
        ([np.zeros((8, 8))], {"features": [[1], [2]]}, "each of 1 images"),
        (None, {"features": [[np.nan]]}, "NaN"),
        ([np.zeros((8, 8))], {"features": [[1]], "embed": len}, "not both"),
    ],
)
def test_bad_images_and_options(images, options, message):
    with pytest.raises(ValueError, match=message):
        style.cluster_styles(images, **options)


# pictures


def test_pictures_of_styles():
    images, _ = kinds(4)
    found = style.cluster_styles(images, n_styles=3)
    gallery = show.styles(images, found, n_each=3)
    assert [a.get_ylabel() for a in gallery.axes] == [
        "style 0\n8 images",
        "style 1\n4 images",
        "style 2\n4 images",
    ]
    assert show.gallery(images, found, n_each=3).shape == (3 * 132, 3 * 132, 3)
    placed = show.style_map(images, found).axes[0]
    assert len(placed.collections) == 3
    curve = show.style_curve(found).axes[0]
    assert curve.get_title() == "the rule says 4"
    assert "taken: 3" in [line.get_label() for line in curve.lines]
    for figure in (gallery, placed.figure, curve.figure):
        figure.canvas.draw()
    with pytest.raises(ValueError, match="16 that were grouped"):
        show.styles(images[:3], found)
    show.style_curve(style.cluster_styles([images[0]])).canvas.draw()


def test_picture_of_morphologies_shows_both_sets():
    rng = np.random.default_rng(0)
    found = {}
    for name, radius in (("real", 6), ("synthetic", 8)):
        spots = [disk(place, radius) for place in rng.uniform(20, 180, (9, 2))]
        found[name] = style.morphology(labels_of(*spots))
    figure = show.morphology(found)
    assert len(figure.axes) == 4
    area = figure.axes[0]
    assert [len(a.lines) for a in figure.axes] == [2, 2, 2, 2]
    assert area.lines[0].get_label().startswith("real ")
    assert np.median(area.lines[0].get_xdata()) < np.median(area.lines[1].get_xdata())
    figure.canvas.draw()
    with pytest.raises(ValueError, match="nothing to show"):
        show.morphology(style.morphology(np.zeros((9, 9), int)))


# real images


@needs_data
def test_real_styles_agree_with_how_they_were_acquired():
    from sklearn.metrics import adjusted_mutual_info_score

    table = Path(DATA) / "dsb2018" / "dev" / "index.csv"
    with table.open() as file:
        groups = {row["id"]: row["group"] for row in csv.DictReader(file)}
    chosen = sorted(groups)[::5]
    images = data.load("dsb2018_dev", chosen).images
    found = style.cluster_styles(images)
    score = adjusted_mutual_info_score([groups[i] for i in chosen], found.style)
    assert 4 <= found.n_styles <= 12
    assert score > 0.65  # measured 0.71; on all images 0.79
