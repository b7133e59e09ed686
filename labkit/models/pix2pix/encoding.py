"""What the networks see: labels as channels, the tones of nuclei and background."""

from typing import NamedTuple

import numpy as np

from ...synth.renderers.nuclei import boxes, depth_map

RIM = 2.0  # px, width of the inner border
SPAN = 0.9  # low and high grey values become -SPAN and SPAN


class Palette(NamedTuple):
    """Mean colours of the source images, 0..255."""

    ground: np.ndarray  # (n_styles, C) of the backgrounds
    tones: np.ndarray  # (n_tones, C) of the nuclei
    owner: np.ndarray  # (n_tones,) int64, the source image of each nucleus

    def draw(self, labels, source, rng):
        """Return colours (H, W, C) for new labels, all of one source image."""
        n_styles = len(self.ground)
        if source is None:
            source = rng.choice(self.owner)  # one that has nuclei
        if not 0 <= source < n_styles:
            raise ValueError(
                f"`source` must be one of 0..{n_styles - 1}, got {source}: there are "
                f"{n_styles} source images"
            )
        own = np.flatnonzero(self.owner == source)
        own = own if len(own) else np.arange(len(self.owner))
        n_labels = int(labels.max())
        drawn = self.tones[own[rng.integers(len(own), size=n_labels)]]
        return np.concatenate([self.ground[source][None], drawn])[labels]


def palette_of(found):
    """Return the palette of annotated images, and their own colours (H, W, C)."""
    ground, tones, owner, flat = [], [], [], []
    for k, (image, labels, _, free, _) in enumerate(found):
        pixels = image[free] if free.any() else image.reshape(-1, image.shape[2])
        ground.append(np.median(pixels, axis=0))
        sizes = np.bincount(labels.ravel())[1:]
        sums = [
            np.bincount(labels.ravel(), image[..., c].ravel())[1:]
            for c in range(image.shape[2])
        ]
        own = (np.stack(sums, axis=1) / sizes[:, None]).astype(np.float32)
        tones.append(own)
        owner.append(np.full(len(own), k))
        flat.append(np.concatenate([ground[-1][None], own])[labels])
    palette = Palette(
        np.array(ground, np.float32), np.concatenate(tones), np.concatenate(owner)
    )
    return palette, flat


def encode(labels, colours, params):
    """Return what the generator sees besides noise.

    Parameters
    ----------
    labels : (H, W) ndarray of int32
    colours : (H, W, C) ndarray of float32
        Mean colour of each object and of the background.
    params : Pix2PixParams

    Returns
    -------
    (K, H, W) ndarray of float32
    """
    inside = (labels > 0).astype(np.float32)
    channels = [2 * inside - 1]
    if params.encoding == "border":
        rim, depth = np.zeros((2, *labels.shape), np.float32)
        for _, window, mask in boxes(labels):
            px = depth_map(mask)
            rim[window][mask & (px < RIM)] = 1
            depth[window][mask] = (px / max(px.max(), 1)).clip(0)[mask]
        channels += [rim, depth]
    if params.tones:
        channels += list(to_unit(colours, params).transpose(2, 0, 1))
    return np.stack(channels).astype(np.float32)


def to_unit(values, params):
    """Return grey values 0..255 as the network has them, -1 to 1."""
    share = (values - params.low) / (params.high - params.low)
    return np.clip(SPAN * (2 * share - 1), -1, 1).astype(np.float32)


def from_unit(image, params):
    """Return a network's image (C, H, W) as (H, W) or (H, W, 3) of uint8."""
    share = (image / SPAN + 1) / 2
    values = params.low + share * (params.high - params.low)
    values = np.rint(values).clip(0, 255).astype(np.uint8).transpose(1, 2, 0)
    return np.ascontiguousarray(values if values.shape[2] == 3 else values[..., 0])
