"""Losses of the models."""

import torch
from torch.nn import functional as F

RAYS = 3.0  # weight of the ray lengths against the probabilities


def star_loss(logits, px, prob, inside, dist, weight, *, radius):
    """Cross entropy of both probabilities plus the error of the rays.

    Rays count by the object probability, as in [1]_, since the star of the most
    probable pixel is the one that survives. Their error is measured in radii, so
    that large and small objects are learnt at the same pace.

    Parameters
    ----------
    logits : (n, 2, h, w) tensor
        Object probability and foreground, before the sigmoid.
    px : (n, n_rays, h, w) tensor
        Predicted ray lengths.
    prob, inside : (n, 1, h, w) tensor
        True object probability and foreground.
    dist : (n, n_rays, h, w) tensor
        True ray lengths, px.
    weight : (n, 1, h, w) tensor
        0 where the truth is unknown.
    radius : float
        Typical object radius, px.

    Returns
    -------
    scalar tensor

    References
    ----------
    .. [1] Schmidt et al. (2018), section 2.
           https://doi.org/10.1007/978-3-030-00934-2_30
    """
    truth = torch.cat([prob, inside], dim=1)
    entropy = F.binary_cross_entropy_with_logits(
        logits, truth, weight=weight, reduction="sum"
    )
    error = (px - dist).abs().mean(1, keepdim=True) / radius
    central = prob * weight
    return entropy / weight.sum().clamp(min=1) + RAYS * (
        (error * central).sum() / central.sum().clamp(min=1)
    )


def pixel_loss(logits, truth, weight):
    """Cross entropy of nucleus and rim plus the overlap that is missing.

    Parameters
    ----------
    logits : (n, 2, h, w) tensor
        Nucleus and rim, before the sigmoid.
    truth : (n, 2, h, w) tensor
        0 or 1.
    weight : (n, 1, h, w) tensor
        0 where the truth is unknown.

    Returns
    -------
    scalar tensor
        Mean cross entropy + 1 - soft Dice, which does not let small nuclei drown
        in the background (Milletari et al. 2016, https://arxiv.org/abs/1606.04797).
    """
    entropy = F.binary_cross_entropy_with_logits(
        logits, truth, weight=weight.expand_as(truth), reduction="sum"
    )
    prob = torch.sigmoid(logits) * weight
    truth = truth * weight
    common, both = (prob * truth).sum((0, 2, 3)), (prob + truth).sum((0, 2, 3))
    dice = ((2 * common + 1) / (both + 1)).mean()
    return entropy / (2 * weight.sum()).clamp(min=1) + 1 - dice
