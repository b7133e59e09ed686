"""What a Mask R-CNN shall answer: a box and a mask for each object of a crop."""

import dataclasses
from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage as ndi

from ... import crops as cr

MIN_AREA = 12  # px of the crop; less of an object is neither learnt nor background
MIN_SIDE = 3


class ObjectCrop(NamedTuple):
    """A batch of crops for Mask R-CNN; `n` crops, side `s` px."""

    image: np.ndarray  # (n, channels, s, s) float32
    labels: np.ndarray  # (n, s, s) int32
    ignore: np.ndarray  # (n, s, s) bool, True where unknown


@dataclasses.dataclass(frozen=True)
class ObjectTargets:
    """The objects themselves, as labels.

    Attributes
    ----------
    channels : int
        Of the network's image: 1 or 3.
    grid : int
        Crops are multiples of this many px.
    """

    channels: int = 1
    grid: int = 16

    def __call__(self, source, margin=0):
        """Turn a square `Source` into one crop, without its margin.

        Returns
        -------
        ObjectCrop
            Without the leading batch axis.
        """
        inner = slice(margin, source.labels.shape[0] - margin)
        image, labels, ignore = (array[inner, inner] for array in source)
        return ObjectCrop(cr.channels_first(image, self.channels), labels, ignore)


def objects_of(labels, ignore, device):
    """Describe the objects of one crop to torchvision.

    Parameters
    ----------
    labels : (s, s) ndarray of int32
    ignore : (s, s) ndarray of bool
    device : torch.device

    Returns
    -------
    dict of str to tensor
        boxes (n, 4) float32: left, top, right, bottom, in coordinates in which
        pixel 0 has its centre at 0, as torchvision samples; labels (n,) int64, all 1;
        masks (n, s, s) uint8; unknown (s + 1, s + 1) float32: how many unknown px lie
        above and left. Slivers of objects at the edge of the crop are unknown.
    """
    numbers, windows, slivers = [], [], []
    for number, window in enumerate(ndi.find_objects(labels), 1):
        if window is None:
            continue
        low = min(part.stop - part.start for part in window)
        area = np.count_nonzero(labels[window] == number)
        large = low >= MIN_SIDE and area >= MIN_AREA
        (numbers if large else slivers).append(number)
        if large:
            windows.append(window)
    boxes = np.array(
        [(c.start, r.start, c.stop, r.stop) for r, c in windows], np.float32
    ).reshape(-1, 4)
    masks = labels == np.array(numbers, np.int32)[:, None, None]
    unknown = ignore | np.isin(labels, slivers) if slivers else ignore
    counts = np.pad(unknown.cumsum(0).cumsum(1), [(1, 0), (1, 0)])
    return {
        "boxes": torch.from_numpy(boxes - 0.5).to(device),
        "labels": torch.ones(len(boxes), dtype=torch.int64, device=device),
        "masks": torch.from_numpy(masks.astype(np.uint8)).to(device),
        "unknown": torch.from_numpy(counts.astype(np.float32)).to(device),
    }


def unknown_share(boxes, counts):
    """Share of each box that is unknown.

    Parameters
    ----------
    boxes : (n, 4) tensor
    counts : (s + 1, s + 1) tensor
        From `objects_of`.

    Returns
    -------
    (n,) tensor
        0..1; only what lies inside the crop counts.
    """
    rows, cols = (side - 1 for side in counts.shape)
    edges = (boxes + 0.5).round().long()
    left, right = edges[:, 0].clamp(0, cols), edges[:, 2].clamp(0, cols)
    top, bottom = edges[:, 1].clamp(0, rows), edges[:, 3].clamp(0, rows)
    n_unknown = (
        counts[bottom, right]
        - counts[top, right]
        - counts[bottom, left]
        + counts[top, left]
    )
    return n_unknown / ((bottom - top) * (right - left)).clamp(min=1)
