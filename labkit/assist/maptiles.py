"""The tiles of a probability map: what they are and what they hold."""

import cv2
import numpy as np


class MapTiles:
    """The tiles of one map and what is known of them; no locks here.

    Parameters
    ----------
    image : (H, W) or (H, W, 3) ndarray
    model, diameter, tile
        As `ProbMap`.
    """

    def __init__(self, image, model, diameter, tile):
        from .. import crops, models, segment  # torch: only when it is needed
        from ..models.tiles import tile_boxes
        from ..segment.scale import scale_factor

        model = models.UNetProb.load("nuclei") if model is None else model
        if diameter == "auto":
            diameter = segment.fitting_diameter(model, image)
        self.factor = 1.0 if diameter is None else scale_factor(model, diameter)
        self.trained, self.model = model.params.diameter, model
        self.image = crops.normalize(crops.resized(image, self.factor))
        self.shape, inner = image.shape[:2], self.image.shape[:2]
        self.prob = np.zeros((2, *inner), np.float32)
        net = model.net
        self.boxes = list(tile_boxes(inner, tile, net.reach, net.multiple))

    def compute(self, number):
        """Fill in one tile; what lies around is looked at as far as it matters."""
        (top, left), box = self.boxes[number].corner, self.boxes[number]
        part = self.image[box.outer]
        whole = max(part.shape[:2]) + 4 * self.model.net.multiple
        found = self.model.prob(part, normalize=False, tile=whole)
        (first, stop), (start, end) = box.inner
        inside = found[:, first - top : stop - top, start - left : end - left]
        self.prob[:, first:stop, start:end] = inside

    def touches(self, number, box):
        """Whether a tile is needed for a box of the image."""
        return all(
            low < part.stop and part.start < high
            for (low, high), part in zip(
                self.boxes[number].inner, self._seen(box), strict=True
            )
        )

    def read(self, box):
        """Probabilities (2, h, w) of a box of the image."""
        seen = self._seen(box)
        part = self.prob[:, *seen]
        if self.factor == 1 or not part.size:
            return part.copy()
        step = 1 / self.factor
        rows, cols = (
            0.5 * step - 0.5 + step * here.start - there.start
            for here, there in zip(seen, box, strict=True)
        )
        matrix = np.array([[step, 0, cols], [0, step, rows]])
        size = box[1].stop - box[1].start, box[0].stop - box[0].start
        how = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
        return np.stack([cv2.warpAffine(one, matrix, size, **how) for one in part])

    def _seen(self, box):
        """The part of the scaled image that a box is interpolated from."""
        if self.factor == 1:
            return box
        return tuple(
            slice(
                max(0, int(part.start * self.factor) - 2),
                min(side, int(np.ceil(part.stop * self.factor)) + 2),
            )
            for part, side in zip(box, self.prob.shape[1:], strict=True)
        )
