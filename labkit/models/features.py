"""What a model sees in an image, in one row of numbers."""

import numpy as np
import torch

from .. import crops as cr
from ..checks import check_image
from ..nets import UNet
from .tiles import run_network

SIDE = 512  # px; of larger images the middle is looked at


def embed(model, image):
    """Describe an image by the deepest activations of a model.

    For `labkit.style.cluster_styles(images, embed=...)`, instead of its own features.

    Parameters
    ----------
    model : StarDist or UNetProb
        A model with a U-Net, such as ``StarDist.load("nuclei")``.
    image : (H, W) or (H, W, 3) array of uint8, uint16 or float
        Normalised by its own percentiles, so brightness does not enter.

    Returns
    -------
    (n_features,) ndarray of float32
        Mean and standard deviation of each channel over the middle of the image.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_image`, and if the model has no U-Net.

    Examples
    --------
    >>> model = lk.models.UNetProb(lk.models.UNetProbParams(width=8, depth=1))
    >>> embed(model, np.eye(40)).shape
    (32,)
    """
    net = getattr(model, "net", None)
    if not isinstance(net, UNet):
        raise TypeError(
            f"`model` must have a U-Net, such as labkit.models.StarDist, got "
            f"{type(model).__name__}"
        )
    image = check_image(image, colour=True)
    middle = tuple(
        slice((side - min(side, SIDE)) // 2, (side + min(side, SIDE)) // 2)
        for side in image.shape[:2]
    )
    image = cr.normalize(np.ascontiguousarray(image[middle]))
    deepest = []
    hook = net.down[-1].register_forward_hook(lambda *call: deepest.append(call[-1]))
    try:
        channels = cr.channels_first(image, model.params.channels)
        run_network(net, channels, model.params.grid, model.device)
    finally:
        hook.remove()
    flat = deepest[0][0].float().flatten(1)
    found = torch.cat([flat.mean(dim=1), flat.std(dim=1, correction=0)])
    return found.cpu().numpy()
