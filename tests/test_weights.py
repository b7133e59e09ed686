"""The models that come with labkit, on images they have not seen."""

import numpy as np
import pytest
from scipy import ndimage

import labkit as lk
from labkit.metrics import match
from labkit.models import StarDist, UNetProb
from labkit.models.store import SHIPPED, shipped
from labkit.segment import fitting_diameter, segment, segment_steps


@pytest.fixture(scope="module")
def stardist():
    return StarDist.load("nuclei")


@pytest.fixture(scope="module")
def unet():
    return UNetProb.load("nuclei")


@pytest.fixture(scope="module")
def scene():
    """One frame of simulated nuclei, 24 px wide, and its truth."""
    movie = lk.synth.simulate_movie(n_frames=1, n_nuclei=18, diameter=24, seed=3)
    return movie.images[0], lk.labels.relabel(movie.labels[0])


def test_weights_are_small_enough_to_come_along():
    sizes = [path.stat().st_size for path in SHIPPED.glob("*.safetensors")]
    assert shipped("StarDist") == shipped("UNetProb") == ["nuclei"]
    assert max(sizes) < 8e6
    assert sum(sizes) < 20e6


@pytest.mark.parametrize("how", ["as it is", "negative", "blue", "8 bits", "turned"])
def test_nuclei_are_found_however_they_look(how, scene, stardist):
    image, true = scene
    stretched = np.clip(lk.crops.normalize(image), 0, 1)
    image, true = {
        "as it is": (image, true),
        "negative": (image.max() - image, true),
        "blue": ((stretched[..., None] * [20, 60, 255]).astype(np.uint8), true),
        "8 bits": ((stretched * 255).astype(np.uint8), true),
        "turned": (np.rot90(image).copy(), np.rot90(true).copy()),
    }[how]
    found = match(true, segment(stardist, image, diameter="auto"))
    assert found.f1 > 0.9
    assert found.mean_iou > 0.75


@pytest.mark.parametrize("factor", [0.5, 1, 2.5])
def test_size_is_found_over_a_wide_range(factor, scene, stardist, unet):
    image, true = lk.crops.resized(scene[0], factor, scene[1])
    expected = lk.labels.median_diameter(true)
    for model in (stardist, unet):
        assert fitting_diameter(model, image) == pytest.approx(expected, rel=0.25)
    steps = segment_steps(stardist, image, diameter="auto")
    assert steps.diameter == pytest.approx(expected, rel=0.25)
    assert match(true, steps.labels).f1 > 0.85


def test_probabilities_tell_nuclei_from_background(scene, unet):
    image, true = scene
    nucleus, rim = unet.prob(image)
    inner = ndimage.binary_erosion(true > 0, iterations=3)
    outer = ~ndimage.binary_dilation(true > 0, iterations=3)
    assert nucleus[inner].mean() > 0.9
    assert nucleus[outer].mean() < 0.1
    assert rim[inner].mean() < 0.3
    assert match(true, unet.predict(image)).f1 > 0.85


def test_noise_without_nuclei_gives_hardly_any(stardist):
    noise = np.random.default_rng(0).poisson(100, (256, 256)).astype(np.uint16)
    assert segment(stardist, noise).max() < 5


@pytest.mark.data
@pytest.mark.skipif(
    not lk.data.is_local("mdck_frame01"), reason="needs mdck under LABKIT_DATA"
)
def test_mdck_frame_is_segmented_at_an_estimated_scale(stardist):
    data = lk.data.load("mdck_frame01")
    image, true = data.images[0], data.labels[0]
    given = segment(stardist, image, diameter=lk.labels.median_diameter(true))
    known, found = (
        match(true, given),
        match(true, segment(stardist, image, diameter="auto")),
    )
    assert found.f1 >= 0.98
    assert found.mean_iou >= 0.86
    assert abs(found.f1 - known.f1) < 0.03
