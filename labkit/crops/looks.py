"""Change how a crop looks, not what it shows: other microscopes, other stains.

A model for images that nobody has seen must not rely on polarity, colour or
evenness of the light. Colours are changed by torchvision's transforms; what they
lack (optical density, tints, shading) is here.
"""

import numpy as np

COLOURED = 0.02  # least difference between channels of a picture in colour


def restyle(image, augment, rng):
    """Draw another look for one crop.

    Parameters
    ----------
    image : (1, s, s) or (3, s, s) ndarray of float32
        Normalised, about 0..1; a grey image in three channels has equal ones.
    augment : Augment
        Uses `stain`, `hue`, `grey`, `tint`, `invert`, `gamma` and `shade`.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray of float32
        Of the same shape.
    """
    image = np.clip(image, 0, 1)
    if len(image) == 3 and np.ptp(image, axis=0).max() > COLOURED:
        image = _recolour(image, augment, rng)
    elif len(image) == 3 and rng.random() < augment.tint:
        image = image * _tint(rng)
    if rng.random() < augment.invert:
        image = 1 - image
    if augment.gamma != 1:
        image = image ** (augment.gamma ** rng.uniform(-1, 1))
    if augment.shade:
        image = image * _shading(image.shape[1:], augment.shade, rng)
    return image.astype(np.float32)


def _recolour(image, augment, rng):
    """Change stains, hue and saturation of a (3, s, s) crop, or take them away."""
    import torch  # here, so that who has no colours does not wait for torchvision
    from torchvision.transforms.v2 import functional as tv

    if augment.stain:
        image = restain(image, augment.stain, rng)
    if augment.hue:
        shift = float(rng.uniform(-1, 1) * augment.hue)
        image = tv.adjust_hue(torch.from_numpy(image), shift)
        strength = float(rng.uniform(1 - 4 * augment.hue, 1 + 2 * augment.hue))
        image = tv.adjust_saturation(image, max(strength, 0.0)).numpy()
    if rng.random() < augment.grey:
        image = tv.rgb_to_grayscale(torch.from_numpy(image), 3).numpy()
    return image


def restain(image, strength, rng):
    """Scale and shift the colours of a stained section in optical density.

    Light is absorbed exponentially, so more stain multiplies the density of each
    colour (Tellez et al. 2018, https://doi.org/10.1109/TMI.2018.2820199, vary
    stains likewise).

    Parameters
    ----------
    image : (3, s, s) ndarray
        0..1, white where nothing is.
    strength : float
        Largest relative change of a colour's density.
    rng : numpy.random.Generator

    Returns
    -------
    (3, s, s) ndarray
        0..1.
    """
    density = -np.log(np.maximum(image, 0.02))
    mix = np.eye(3) + rng.uniform(-1, 1, (3, 3)) * strength / 3
    common = 1 + rng.uniform(-1, 1) * strength
    density = np.einsum("ij,jrc->irc", mix * common, density)
    return np.exp(-np.maximum(density, 0)).astype(np.float32)


def _tint(rng):
    """A colour to show a grey image in, the strongest channel in full."""
    colour = rng.uniform(0, 1, 3) ** 2
    return (colour / colour.max()).astype(np.float32)[:, None, None]


def _shading(shape, strength, rng):
    """A slow change of brightness across the crop, 1 in its middle."""
    rows, cols = (np.linspace(-1, 1, side) for side in shape)
    slope = rng.uniform(-1, 1, 2) * strength
    plane = 1 + slope[0] * rows[:, None] + slope[1] * cols
    return np.maximum(plane, 0.1).astype(np.float32)
