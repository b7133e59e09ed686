"""Pictures of image styles: a gallery, a map, the curve, and what objects measure."""

import numpy as np
from matplotlib.offsetbox import AnnotationBbox, OffsetImage

from ..checks import check_image
from .picture import CYCLE, GREY, Picture, grey_picture, rgb
from .plots import finish, legend_beside, log_scale

SIDE = 128  # px of a thumbnail in the gallery
GAP = 4
MAPPED = 7  # thumbnails of one style on the map, at most
MARKERS = "os^Dv"  # where colours come again
MEASURES = {
    "area": "area (px)",
    "eccentricity": "eccentricity",
    "solidity": "solidity",
    "spacing": "distance to the next object (px)",
}


def styles(images, styles, *, n_each=6, width=9.0):
    """Show each style by its most typical images.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array_like
        Those that were grouped.
    styles : labkit.style.Styles
    n_each : int
        Images of each style, closest to its centre first.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        A row for each style, with the number of its images. Pictures are the middle
        squares of the images, each stretched for itself.

    Raises
    ------
    ValueError
        If there are not as many images as were grouped.
    """
    _check_number(images, styles)
    height = (width - 1) / n_each
    figure = Picture(width, styles.n_styles * (height + 0.03) + 0.05)
    figure.get_layout_engine().set(rect=(0.02, 0, 0.98, 1))  # room for the names
    grid = figure.subplots(styles.n_styles, 1, squeeze=False).ravel()
    for number, (axes, members) in enumerate(zip(grid, styles.typical, strict=True)):
        axes.imshow(_strip(images, members, n_each), interpolation="antialiased")
        count = f"{len(members)} image{'s' * (len(members) > 1)}"
        axes.set_ylabel(
            f"style {number}\n{count}", rotation=0, ha="right", va="center", fontsize=10
        )
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
    return figure


def gallery(images, styles, *, n_each=6):
    """Return the gallery of `styles` as one picture without text, for sliders.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array_like
    styles : labkit.style.Styles
    n_each : int

    Returns
    -------
    (h, w, 3) ndarray of uint8
        A row for each style.

    Raises
    ------
    ValueError
        If there are not as many images as were grouped.

    Examples
    --------
    >>> images = [np.full((40, 40), v, np.uint8) for v in (0, 0, 90, 90, 200, 210)]
    >>> def group(image, n_styles):
    ...     return lk.style.cluster_styles(images, n_styles=n_styles)
    >>> def draw(image, found):
    ...     return lk.show.gallery(images, found)
    >>> lk.explore.explore(group, images[0], show=draw, n_styles=(1, 6, 1, 2))
    <Explorer: n_styles=2>
    """
    _check_number(images, styles)
    strips = [_strip(images, members, n_each) for members in styles.typical]
    gap = np.full_like(strips[0][:GAP], 255)
    return np.vstack([part for strip in strips for part in (strip, gap)])


def style_map(images, styles, *, size=40, width=9.0):
    """Show the images at their places on a map: close together, alike.

    Parameters
    ----------
    images : sequence of (H, W) or (H, W, 3) array_like
        Those that were grouped.
    styles : labkit.style.Styles
    size : int
        Side of a thumbnail, px.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        A dot for each image, numbered thumbnails of the typical ones of each style.
        The axes are the first two principal components of the features.

    Raises
    ------
    ValueError
        If there are not as many images as were grouped.
    """
    _check_number(images, styles)
    figure = Picture(width, 0.7 * width)
    axes = figure.subplots()
    axes.margins(0.08)
    for number, members in enumerate(styles.typical):
        color = CYCLE[number % len(CYCLE)]
        label = f"style {number}: {len(members)}"
        look = {"marker": MARKERS[number // len(CYCLE) % len(MARKERS)], "alpha": 0.8}
        axes.scatter(*styles.position[members].T, 18, color, label=label, **look)
        for index in members[np.linspace(0, len(members) - 1, MAPPED).astype(int)]:
            _place(axes, images[index], styles.position[index], size, color)
        middle = np.median(styles.position[members], axis=0)
        box = {"boxstyle": "circle", "fc": "white", "ec": color, "lw": 2}
        axes.annotate(number, middle, ha="center", va="center", zorder=9, bbox=box)
    finish(axes, "first principal component", "second principal component", "")
    axes.set_axisbelow(True)
    legend_beside(axes)
    return figure


def style_curve(styles, *, width=8.0):
    """Show what each number of styles leaves unexplained, and the number taken.

    Parameters
    ----------
    styles : labkit.style.Styles
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        Images against a cloud without groups: only where the images lie well below
        the cloud are there styles. The number is where the curve is farthest below
        the straight line between its ends.
    """
    curve = styles.curve
    figure = Picture(width, 3.6)
    axes = figure.subplots()
    axes.plot(curve.n_styles, curve.cloud, "--", color=GREY, label="cloud, no groups")
    axes.plot(curve.n_styles, curve.unexplained, "o-", color=CYCLE[0], label="images")
    ends = [0, -1]
    straight = {"color": CYCLE[0], "lw": 1, "label": "straight line"}
    axes.plot(curve.n_styles[ends], curve.unexplained[ends], ":", **straight)
    if styles.n_styles <= len(curve.n_styles):
        taken = styles.n_styles, curve.unexplained[styles.n_styles - 1]
        label = f"taken: {styles.n_styles}"
        axes.plot(*taken, "*", color=CYCLE[1], ms=18, mec="black", label=label)
    title = f"the rule says {curve.best}"
    finish(axes, "number of styles", "differences left within styles", title)
    if curve.unexplained.any():
        log_scale(axes)
    axes.xaxis.get_major_locator().set_params(integer=True)
    legend_beside(axes)
    return figure


def morphology(found, *, width=9.0):
    """Compare sizes, shapes and spacings of the objects of several sets.

    Parameters
    ----------
    found : Morphology, or dict of str to Morphology
        By name, such as real and synthetic labels.
    width : float
        Of the figure, inches of 100 px.

    Returns
    -------
    Figure
        Share of the objects up to each value (cumulative distribution). The largest
        vertical distance of two lines is the Kolmogorov distance. Only objects that
        do not touch the edge of their image.

    Raises
    ------
    ValueError
        If there is nothing to show.
    """
    found = found if isinstance(found, dict) else {"": found}
    inner = {name: one.inner for name, one in found.items()}
    if not any(len(objects) for objects in inner.values()):
        raise ValueError("no set has an object away from the edge: nothing to show")
    figure = Picture(width, 0.62 * width)
    grid = figure.subplots(2, 2).ravel()
    dashes = ("-", "--", "-.", ":")
    for axes, (measure, label) in zip(grid, MEASURES.items(), strict=True):
        for k, (name, objects) in enumerate(inner.items()):
            values = np.sort(objects[measure][np.isfinite(objects[measure])])
            share = np.arange(1, len(values) + 1) / max(len(values), 1)
            name = f"{name} {len(objects)} objects".strip()
            style = {"color": CYCLE[k % len(CYCLE)], "ls": dashes[k % len(dashes)]}
            axes.plot(values, share, lw=2, label=name, **style)
        finish(axes, label, "share of objects", "")
    _cut_tails(grid, inner.values())
    lines = grid[0].lines
    where = {"loc": "outside upper center", "ncols": 2 if len(lines) > 1 else 1}
    figure.legend(handles=lines, fontsize=10, frameon=False, **where)
    return figure


def _cut_tails(grid, tables):
    """Let the longest hundredth of areas and spacings run out of the picture."""
    for axes, measure in ((grid[0], "area"), (grid[3], "spacing")):
        values = np.concatenate([table[measure] for table in tables])
        if np.isfinite(values).any():
            axes.set_xlim(0, max(1.1 * np.nanpercentile(values, 99), 1))


def _check_number(images, styles):
    """Raise ValueError unless each image has a style."""
    if len(images) != len(styles.style):
        raise ValueError(
            f"there are {len(images)} images and {len(styles.style)} that were "
            f"grouped; pass the same images to both"
        )


def _strip(images, members, n_each):
    """Return the thumbnails of a style in a row, white where there are no more."""
    strip = np.full((SIDE, n_each * (SIDE + GAP), 3), 255, np.uint8)
    for place, index in enumerate(members[:n_each]):
        start = place * (SIDE + GAP)
        strip[:, start : start + SIDE] = _thumbnail(images[index], SIDE)
    return strip


def _thumbnail(image, side):
    """Return the middle square of an image in RGB, `side` px."""
    image = check_image(image, colour=True)
    height, width = image.shape[:2]
    short = min(height, width)
    row, col = (height - short) // 2, (width - short) // 2
    square = image[row : row + short, col : col + short]
    return rgb(grey_picture(square, side))


def _place(axes, image, position, size, color):
    """Draw one thumbnail on the map."""
    picture = OffsetImage(_thumbnail(image, size), zoom=0.72)  # points in a px
    box = AnnotationBbox(picture, position, pad=0.15, bboxprops={"ec": color, "lw": 2})
    axes.add_artist(box)
