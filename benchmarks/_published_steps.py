"""The steps of Englbrecht et al. 2021 as they were published, for comparison of time.

Four programs, one after the other, each a loop over the frames: threshold (Gaussian of
9 x 9, Otsu), a black picture, the masks of typical nuclei painted into it, noise of 0
to 50 painted over everything else. Written anew here from what the paper and its
programs say that they do, with the libraries that they use: OpenCV, scikit-image,
pandas, and Pillow, whose pixels are set one at a time. Files between the programs, the
table and the plot that they make on the way are left out, so that the time is less
than theirs.
"""

import random

import cv2
import numpy as np
import pandas as pd
from PIL import Image
from skimage.color import label2rgb
from skimage.filters import threshold_otsu
from skimage.measure import label, regionprops_table
from skimage.morphology import closing
from skimage.segmentation import clear_border

DARK = 50  # grey value below which a painted mask counts as background
NOISE = (0, 50)
COLOURS = tuple(tuple(np.random.default_rng(0).integers(80, 256, 3)) for _ in range(10))
DEVIATIONS = 2.0  # in median absolute deviations
TOLERANCE = 0.5


def white_where_bright(picture):
    """Program 1: a colour picture whose nuclei are painted white."""
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (9, 9), 0)
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    shown = picture.copy()
    shown[mask > 0] = 255
    return shown


def black_picture(picture):
    """Program 2: black, pixel by pixel."""
    canvas = Image.fromarray(picture)
    pixels = canvas.load()
    for x in range(canvas.width):
        for y in range(canvas.height):
            if pixels[x, y] != (0, 0, 0):
                pixels[x, y] = (0, 0, 0)
    return canvas


def typical_nuclei(shown):
    """Program 3, first half: pixels of the nuclei whose area is typical."""
    grey = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    mask = closing(grey > threshold_otsu(grey), np.ones((3, 3), bool))
    labels = label(clear_border(mask))
    label2rgb(labels, image=grey)  # what is plotted; the plot itself is left out
    table = pd.DataFrame(
        regionprops_table(labels, grey, properties=("label", "area", "coords"))
    )
    area = regionprops_table(labels, grey, properties=("area",))["area"]
    median = np.median(area)
    spread = np.median(np.abs(area - median)) or 1.0
    typical = area[np.abs(area - median) / spread < DEVIATIONS]
    typical = typical[np.abs(typical - median) <= TOLERANCE * median]
    return list(table[table["area"].isin(typical)]["coords"])


def paint(canvas, nuclei):
    """Program 3, second half: each nucleus in a colour, pixel by pixel."""
    pixels = canvas.load()
    for number, coords in enumerate(nuclei):
        colour = tuple(map(int, COLOURS[number % len(COLOURS)]))
        for row, col in coords:
            pixels[int(col), int(row)] = colour
    return np.asarray(canvas)


def noise_around(picture, painted):
    """Program 4: noise wherever nothing is painted, pixel by pixel."""
    outside = cv2.cvtColor(painted, cv2.COLOR_RGB2GRAY) < DARK
    canvas = Image.fromarray(picture)
    pixels = canvas.load()
    for row, col in np.column_stack(np.nonzero(outside)):
        pixels[int(col), int(row)] = tuple(random.randint(*NOISE) for _ in range(3))
    return np.asarray(canvas)


def annotate(image):
    """All four programs on one frame.

    Parameters
    ----------
    image : (H, W) ndarray of uint8

    Returns
    -------
    labels : (H, W) ndarray of int32
    picture : (H, W, 3) ndarray of uint8
        To train on.
    """
    picture = np.dstack([image] * 3)
    canvas = black_picture(picture)
    nuclei = typical_nuclei(white_where_bright(picture))
    painted = paint(canvas, nuclei)
    labels = np.zeros(image.shape, np.int32)
    for number, coords in enumerate(nuclei, 1):
        labels[tuple(coords.T)] = number
    return labels, noise_around(picture, painted)
