"""Adapt a model to a folder of images, with everything kept and a report."""

from pathlib import Path

import numpy as np

from .. import show
from ..adapt import AdaptParams, adapt
from ..files.images import read_movie
from ..files.labels import read_label_movie, write_labels
from ..metrics import match
from ..report import Section, write_report
from ..style import morphology
from .pairs import by_stem

SHOWN = 4  # images or pairs of each style in the report
WORK = "stages"
LONGEST = 20  # letters of a file's name above a picture


def adapt_files(
    images,
    folder,
    params=None,
    *,
    model=None,
    labels=None,
    channel=None,
    progress=True,
):
    """Adapt a model to image files; write model, label images and a report.

    Parameters
    ----------
    images : str, Path or list of these
        Files and folders; each frame of a movie is an image.
    folder : str or Path
        Gets ``labels/``, ``model/``, ``adapt.yaml``, ``report.html`` and, under
        ``stages/``, what every stage made; the same call goes on after a stop.
    params : AdaptParams, optional
    model : labkit.models.Model, optional
        By default the StarDist that comes along.
    labels : str or Path, optional
        Folder of your own labels, named after their images; those images are not
        annotated automatically.
    channel : int or str, optional
        Of the files.
    progress : bool

    Returns
    -------
    labkit.adapt.Adaptation

    Raises
    ------
    ValueError, FileNotFoundError, PermissionError
        If there are no images, they cannot be read, two have one name, or the folder
        holds something else.
    """
    params, folder = params or AdaptParams(), Path(folder)
    paths = list(by_stem(images).values())
    colour = model is None or model.params.channels == 3
    movies = [read_movie(path, channel=channel, colour=colour) for path in paths]
    pictures = [frame for movie in movies for frame in movie]
    own = None if labels is None else _own(paths, movies, labels)
    done = adapt(
        pictures,
        model=model,
        labels=own,
        params=params,
        folder=folder / WORK,
        progress=progress,
    )
    found = iter(done.labels)
    for path, movie in zip(paths, movies, strict=True):
        frames = np.stack([next(found) for _ in movie])
        frames = frames if len(movie) > 1 else frames[0]
        write_labels(folder / "labels" / f"{path.stem}.tif", frames)
    done.model.save(folder / "model")
    params.save(folder / "adapt.yaml")
    names = _names(paths, movies)
    write_report(
        folder / "report.html",
        "Adaptation to new images",
        report_sections(pictures, names, done, params),
        lead="A segmentation model was adapted to images that nobody has annotated.",
        command=f"labkit adapt {paths[0].parent} -o {folder} --params adapt.yaml",
    )
    return done


def _names(paths, movies):
    """What the report calls each image."""
    names = []
    for path, movie in zip(paths, movies, strict=True):
        name = _short(path.name)
        numbers = range(1, len(movie) + 1)
        names += [f"{name}, {k}" for k in numbers] if len(movie) > 1 else [name]
    return names


def _own(paths, movies, labels):
    """The user's own labels of each image, None where there are none."""
    found = by_stem(labels)
    stems = [path.stem for path in paths]
    if strange := sorted(found.keys() - set(stems)):
        raise ValueError(
            f"labels are paired with images by name: {strange[:5]} in {labels} have no "
            f"image; rename or move these files"
        )
    own = []
    for stem, movie in zip(stems, movies, strict=True):
        frames = read_label_movie(found[stem]) if stem in found else [None] * len(movie)
        if len(frames) != len(movie):
            raise ValueError(
                f"{found[stem]} has {len(frames)} frames, its image {len(movie)}; "
                f"give one label image for each"
            )
        own += list(frames)
    return own


def report_sections(images, names, done, params):
    """Return the sections of the report on an adaptation.

    Parameters
    ----------
    images : list of (H, W) or (H, W, 3) ndarray
    names : list of str
    done : labkit.adapt.Adaptation
    params : AdaptParams

    Returns
    -------
    list of Section
    """
    sections = [_overview(images, names, done), _styles(images, done)]
    sections += [_presegmentation(images, names, done)]
    if any(done.synthetic):
        sections.append(_synthesis(done))
    if done.history.steps:
        sections.append(_training(done))
    sections.append(Section("Parameters", details={"adapt.yaml": params}))
    return sections


def _overview(images, names, done):
    """Key figures and the result on some images."""
    n_objects = sum(int(one.max(initial=0)) for one in done.labels)
    section = Section("Result", warnings=list(done.notes))
    section.numbers = [
        (len(images), "images"),
        (done.styles.n_styles, "styles"),
        (sum(map(len, done.synthetic)), "synthetic image-mask pairs"),
        (n_objects, "nuclei segmented"),
    ]
    panels = {names[k]: (images[k], done.labels[k]) for k in _typical(done)}
    section.figures = [
        (show.row(panels, n_cols=4), "Segmented by the adapted model, of each style.")
    ]
    return section


def _styles(images, done):
    """The styles that were found."""
    section = Section("Styles", "Images that look alike are painted alike.")
    section.figures = [(show.styles(images, done.styles), "Typical images of each.")]
    if len(images) > 3:
        section.figures += [
            (show.style_map(images, done.styles), "How alike the images are."),
            (show.style_curve(done.styles), "What each number of styles explains."),
        ]
    return section


def _presegmentation(images, names, done):
    """What was learnt from."""
    same = [
        match(one.labels, labels).f1
        for one, labels in zip(done.first, done.labels, strict=True)
        if one.labels.any()
    ]
    section = Section("First annotation")
    section.text = (
        "What the training learned from. Objects that are unlike the others of their "
        "style are not among them, nor are they taught as background."
    )
    section.numbers = [
        (f"{np.mean(same):.2f}", "F1 between first annotation and result, mean")
    ]
    panels = {names[k]: (images[k], done.first[k].labels) for k in _typical(done)}
    section.figures = [(show.row(panels, n_cols=4), "Before the training.")]
    return section


def _synthesis(done):
    """Real beside synthetic, and how alike their objects are."""
    section = Section("Synthetic images")
    section.text = "Label images were made first, then painted in each style."
    for style, made in enumerate(done.synthetic):
        real = [done.real[k] for k in np.flatnonzero(done.styles.style == style)]
        real = [one for one in real if one is not None]
        if not made:
            continue
        panels, n = {}, min(len(real), len(made), SHOWN)
        for what, examples in (("real", real), ("synthetic", made)):
            for k, one in enumerate(examples[:n]):
                panels[f"{what} {k + 1}"] = (one.image, one.labels)
        caption = f"Style {style}: real above, synthetic below."
        section.figures.append((show.row(panels, n_cols=n), caption))
        measured = {
            what: morphology([one.labels for one in examples])
            for what, examples in (("first annotation", real), ("synthetic", made))
        }
        section.figures.append(
            (show.morphology(measured), f"Objects of style {style}.")
        )
    return section


def _training(done):
    """The curve."""
    history = done.history
    section = Section("Training")
    section.numbers = [
        (history.steps[-1], "steps"),
        (f"{history.seconds:.0f} s", "wall time"),
        (history.best_step, "best step, which is kept"),
    ]
    section.figures = [(show.curves(history), "In training, and on held-out images.")]
    return section


def _short(name):
    """A file's name, its middle left out if it is too long for a picture's title."""
    return name if len(name) <= LONGEST else f"{name[:9]}…{name[-8:]}"


def _typical(done):
    """The numbers of some images of each style."""
    each = max(1, 2 * SHOWN // done.styles.n_styles)
    return [int(k) for some in done.styles.typical for k in some[:each]][: 4 * SHOWN]
