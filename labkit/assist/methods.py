"""The ways to find an object in a scene: network, watershed, growing, snake.

All constants were chosen on dsb2018_dev and on nuclei of the MDCK frame that are not
among the measured ones; see docs/accuracy_assist.md.
"""

import cv2
import numpy as np
from skimage.segmentation import morphological_chan_vese, watershed

from .shapes import (
    depth_in,
    distance_to,
    filled,
    iou,
    overlapping_piece,
    pieces,
    smoothed,
)

LINE = 1.5  # weight of the drawn line beside the brightness
LINE_PROB = 6.0  # the same beside the network's log odds
LIGHT_PROB = 4.0  # of the brightness beside the log odds
FAR = 0.125  # diameters beyond the line other objects begin
OPENING = 0.05  # of the diameter: thinner hairs are cut off
CORE_PROB = 0.6  # an inner part of an object is this much more nucleus than rim
MAX_DOUBT = 0.75  # least IoU of the network's object and the drawing, if it doubts
DOUBT = 8.0  # how fast that limit rises with the network's doubt
REACH = 0.25  # of the diameter: how far a region grows beyond the line
TOLERANCE = 0.45  # of the contrast, around the mean of the seeds
SNAKE_STEPS = 30

SEEN = "the network sees one object here."
CUT = "the network sees more than one object or an unclear one; cut along the line."
GROWN = "these connected pixels are like the inside of the line."
SHRUNK = "inside and outside of this contour differ most."


def by_network(scene):
    """The network's object if it fits the drawing, else cut along the drawn line.

    Where the network is in no doubt, its object is taken whatever was drawn.
    """
    whole, why = by_network_whole(scene)
    nucleus = scene.prob[0][scene.depth > -0.4]
    doubt = float(np.mean(4 * nucleus * (1 - nucleus)))
    limit = min(MAX_DOUBT, DOUBT * doubt) if scene.has_rims else MAX_DOUBT
    if iou(whole, scene.drawn) >= limit:
        return whole, why
    return by_network_cut(scene)


def by_network_whole(scene):
    """All that the network holds for one object: inner parts and what is round them.

    Inner parts (more nucleus than rim) belong to the object if they lie mostly
    within the drawn line.
    """
    inside, height = _seen(scene)
    n, labels = pieces(inside & (height > CORE_PROB) if scene.has_rims else inside)
    areas = np.bincount(labels.ravel(), minlength=n)
    shared = np.bincount(labels[scene.drawn], minlength=n)
    own = 2 * shared >= areas
    own[0] = False
    markers = np.where(labels > 0, 2, 0)
    markers[own[labels]] = 1
    if not own.any():
        markers[scene.core & inside & (markers == 0)] = 1
    return _flooded(-height, markers, inside, scene), SEEN


def by_network_cut(scene):
    """What the network sees as nucleus, cut off from what lies beyond the line."""
    inside, height = _seen(scene)
    markers = _line_markers(scene, inside)
    return _flooded(-height, markers, inside, scene), CUT


def by_watershed(scene):
    """What is bright enough, cut at edges between the inside and other objects.

    Bright enough: a share of the object's own contrast, less within the drawn line
    and more outside of it.
    """
    inside = 2 * (scene.light - scene.edge) + LINE * scene.depth > 0
    inside &= ~scene.taken
    relief = cv2.magnitude(
        cv2.Sobel(scene.light, cv2.CV_32F, 1, 0),
        cv2.Sobel(scene.light, cv2.CV_32F, 0, 1),
    )
    mask = _flooded(relief, _line_markers(scene, inside), inside, scene)
    return _tidied(mask, scene, round(OPENING * scene.diameter)), _contrast(scene)


def by_region(scene):
    """Region growing from the eroded drawing over pixels like its mean [1]_.

    References
    ----------
    .. [1] AnnotatorJ's "classic" contour assist, with a tolerance relative to the
           contrast and a reach relative to the size.
    """
    depth = depth_in(scene.drawn)
    seeds = depth > min(2, depth.max() / 2)
    alike = np.abs(scene.light - scene.light[seeds].mean()) <= TOLERANCE
    near = distance_to(scene.drawn) <= REACH * scene.diameter
    allowed = (alike & near | seeds) & ~scene.taken
    _, labels = pieces(allowed)
    grown = np.isin(labels, np.unique(labels[seeds & allowed])) & allowed
    return _tidied(grown, scene, round(OPENING * scene.diameter)), GROWN


def by_snake(scene):
    """Active contour without edges, starting from the drawn line [1]_.

    References
    ----------
    .. [1] Marquez-Neila, Baumela and Alvarez (2014), IEEE TPAMI 36: 2-17
           (morphological snakes), of Chan and Vese (2001).
    """
    far = distance_to(scene.drawn) > REACH * scene.diameter
    light = np.where(far | scene.taken, np.minimum(scene.light, 0), scene.light)
    found = morphological_chan_vese(
        light, SNAKE_STEPS, init_level_set=scene.drawn, smoothing=1
    )
    return _tidied((found > 0) & ~far, scene, 1), SHRUNK


FINDERS = {
    "unet": by_network,
    "watershed": by_watershed,
    "region": by_region,
    "snake": by_snake,
}


def alternatives(scene):
    """Yield (method, (mask, why)) of everything that a scene may show."""
    if scene.prob is not None:
        yield "unet", by_network_whole(scene)
        yield "unet", by_network_cut(scene)
    if not scene.is_flat:
        yield "watershed", by_watershed(scene)
        yield "region", by_region(scene)
        yield "snake", by_snake(scene)
        yield "watershed", by_watershed(scene.inverted())


def _contrast(scene):
    """Say what tells the object from its surroundings."""
    if scene.is_colour:
        return "it differs in stain from its surroundings."
    return f"it is {'darker' if scene.is_dark else 'brighter'} than its surroundings."


def _seen(scene):
    """Where the network sees nuclei, and how far from their rims."""
    nucleus, rim = np.clip(scene.prob, 0.001, 0.999)
    odds = np.log(nucleus / (1 - nucleus)) + LINE_PROB * scene.depth
    if not scene.is_flat:
        odds += LIGHT_PROB * (scene.light - scene.edge)
    inside = (odds > 0) & ~scene.taken
    if scene.has_rims:
        height = nucleus - rim
    else:
        height = depth_in(nucleus > 0.5) / max(1, scene.diameter / 4)
    return inside, height


def _line_markers(scene, inside):
    """1 for the innermost of the drawing, 2 for what is inside but beyond it."""
    markers = np.zeros(inside.shape, np.int32)
    far = distance_to(scene.drawn) > FAR * scene.diameter
    markers[inside & far] = 2
    markers[scene.core & inside] = 1
    return markers


def _flooded(relief, markers, inside, scene):
    """The basin of marker 1, its piece under the drawing, without holes."""
    basin = watershed(relief, markers, mask=inside) == 1
    return _tidied(basin, scene, 0)


def _tidied(mask, scene, radius):
    """One piece without hairs and holes that touches no neighbour's pixels."""
    mask = smoothed(filled(mask), radius) & ~scene.taken
    return overlapping_piece(mask, scene.drawn)
