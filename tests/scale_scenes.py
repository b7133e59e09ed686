"""Planes of discs whose truth is known, also on seams and corners of blocks."""

import numpy as np
import tifffile

from labkit import scale
from labkit.auto import AutoParams
from labkit.files.images import write_image

SHAPE = (600, 700)
CORE = 256  # px: seams at 256 and 512
DIAMETER = 14
PARAMS = AutoParams(diameter=float(DIAMETER))
QUIET = {"progress": False, "workers": 1}


def disc_labels(shape=SHAPE, radius=7, step=22, seed=0, jitter=3.0, more=()):
    """Discs on a jittered grid, and first of all at the places in `more`."""
    rng = np.random.default_rng(seed)
    labels = np.zeros(shape, np.int32)
    rows, cols = np.mgrid[step // 2 : shape[0] : step, step // 2 : shape[1] : step]
    centres = np.c_[rows.ravel(), cols.ravel()] + rng.uniform(
        -jitter, jitter, (rows.size, 2)
    )
    for row, col in [*more, *centres]:
        r, c = round(row), round(col)
        window = np.s_[max(r - 9, 0) : r + 10, max(c - 9, 0) : c + 10]
        part = labels[window]
        i, j = np.mgrid[
            window[0].start : window[0].start + part.shape[0],
            window[1].start : window[1].start + part.shape[1],
        ]
        far = np.hypot(i - row, j - col)
        if not part[far < radius + 2].any():
            part[far < radius] = labels.max() + 1
    return labels


def on_seams():
    """Centres on seams and on corners of four blocks, also half a pixel off."""
    corners = [(256, 256), (511.5, 255.5), (255.5, 512), (512.5, 511.5)]
    return [*corners, (100, 256), (150, 255.5), (255.5, 80), (256, 330), (511, 640)]


def picture(labels, seed=0):
    """A noisy image of bright objects under uneven light."""
    rng = np.random.default_rng(seed)
    light = 1 + 0.5 * np.linspace(0, 1, labels.shape[1])
    image = 100 + 150 * (labels > 0) * light + rng.normal(0, 6, labels.shape)
    return image.astype(np.uint16)


def same_objects(one, two):
    """Whether two label images are equal but for the numbers."""
    pairs = np.unique(np.c_[one.ravel(), two.ravel()], axis=0)
    n = len(np.unique(one)), len(np.unique(two))
    return len(pairs) == n[0] == n[1]


def write_scan(folder, truth):
    """Write a plane of nine blocks as a tiled TIFF; return its path."""
    path = folder / "scan.tif"
    tifffile.imwrite(path, picture(truth), tile=(128, 128), compression="zlib")
    return path


def write_movie(folder):
    """Write five frames, a file each; return the folder."""
    for t in range(5):
        image = picture(disc_labels((200, 240), seed=t), t)
        write_image(folder / f"t{t}.png", image)
    return folder


def annotate_scan(scan):
    """Annotate it in blocks of 256 px on one thread, beside it."""
    out = scan.parent / "done.zarr"
    return scale.annotate_zarr(scan, out, PARAMS, block=CORE, **QUIET)


def labels_of(result, level=0, name="nuclei"):
    """Read the labels of a run."""
    return scale.read_labels(result.path, name, level=level).compute()
