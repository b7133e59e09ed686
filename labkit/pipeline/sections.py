"""What the report says about a run: one section a step, for the steps that are done."""

import numpy as np

from .. import show
from ..metrics import match, sum_matches
from ..report import Section
from ..track import diagnose, track_stats
from .batch import count

MANY_MORE = 4  # times the annotated nuclei: not to be believed
SHOWN = (  # of a track, in the report
    *("track_id", "parent_id", "first_frame", "n_spots", "displacement"),
    *("path_length", "mean_speed", "straightness", "direction"),
)


def chain_sections(chain):
    """Return the sections of a report on a `labkit.pipeline.movie.Chain`."""
    sections = [_overview(chain)]
    if chain.labels:
        sections.append(_annotation(chain))
    if chain.history is not None and chain.history.steps:
        sections.append(_training(chain))
    if len(chain.segmentation) == len(chain.images):
        sections.append(_segmentation(chain))
    if chain.tracks is not None and chain.tracks.size:
        sections.append(_tracks(chain))
    sections.append(_repeat(chain))
    return sections


def _overview(chain):
    """Key figures, and how far the run came."""
    done = chain.seconds.keys()
    section = Section("Overview", warnings=list(chain.notes))
    section.numbers = [(len(chain.images), "images")]
    if chain.labels:
        section.numbers.append((_total(chain.labels), "nuclei annotated, undrawn"))
    if chain.segmentation:
        section.numbers.append((_total(chain.segmentation), "nuclei segmented"))
    if chain.tracks is not None:
        section.numbers.append((np.unique(chain.tracks["track_id"]).size, "tracks"))
    if "track" not in done:
        section.warnings.insert(
            0,
            f"This run stopped early; complete are: {', '.join(done) or 'no step'}. "
            f"The same command goes on from here.",
        )
    section.tables = [
        (
            [
                {"step": name, "seconds": seconds}
                for name, seconds in chain.seconds.items()
            ],
            "Time of each step (wall clock; what was there already is only read)",
        )
    ]
    if chain.segmentation:
        section.figures = [_four_steps(chain)]
    return section


def _four_steps(chain):
    """The whole chain on the middle image, in one picture."""
    k = len(chain.segmentation) // 2
    image = chain.images[k]
    panels = {
        f"raw image, {chain.names[k]}": image,
        "automatic annotation": (image, chain.labels[k]),
        "StarDist trained on it": (image, chain.segmentation[k]),
    }
    figure = show.row(panels, n_cols=_columns(image, 3))
    return chain.save_figure("overview", figure), (
        "One image on its way: raw, annotated without drawing, and segmented by the "
        "network that learned from the annotation alone."
    )


def _annotation(chain):
    """How many nuclei were found and kept, and why."""
    k = len(chain.labels) // 2
    image, steps = chain.images[k], chain.steps[k]
    panels = {
        "all objects found": (image, steps.objects),
        "kept: typical area": (image, chain.labels[k]),
        "left out of training": steps.left_out,
    }
    tolerance = chain.params.auto.area_tolerance
    found, kept = _total([s.objects for s in chain.steps]), _total(chain.labels)
    section = Section(
        "Automatic annotation",
        text="Nuclei are found by comparing each pixel with its surroundings, split "
        "where they touch, and kept if their area is typical: merged nuclei are too "
        "large, debris is too small. What is visible but not kept is left out of "
        "training, so that it is not taught as background.",
        numbers=[
            (kept, "nuclei kept"),
            (f"{kept / max(found, 1):.0%}", "of those found"),
            (np.median([s.diameter for s in chain.steps]), "px, estimated diameter"),
        ],
        figures=[
            (
                chain.save_figure(
                    "annotation", show.row(panels, n_cols=_columns(image, 3))
                ),
                f"Annotation of {chain.names[k]}.",
            )
        ],
    )
    if steps.objects.any():
        figure = show.areas(
            steps.objects, tolerance, um_per_px=chain.scale["um_per_px"]
        )
        path = chain.save_figure("areas", figure)
        section.figures.append((path, f"Areas in {chain.names[k]} and the kept band."))
    return section


def _training(chain):
    """The loss curve and what the model is."""
    history, params = chain.history, chain.model.params
    section = Section(
        "Training from scratch",
        text="A StarDist network learns to predict, for each pixel, whether it lies in "
        "a nucleus and how far the boundary is in 32 directions. Part of the images is "
        "held out; the weights with the lowest loss there are kept.",
        numbers=[
            (history.steps[-1], "training steps"),
            (history.best_step, "best step"),
            (history.seconds, "seconds"),
            (chain.model.diameter, "px, nucleus diameter"),
            (params.prob_thresh, "probability threshold, tuned"),
        ],
        figures=[
            (
                chain.save_figure("training", show.curves(history)),
                "Loss during training.",
            )
        ],
    )
    if history.stopped == "interrupted":
        section.warnings.append("Training was interrupted; the best weights are kept.")
    return section


def _segmentation(chain):
    """Segmentation of every image, and how it compares with the annotation."""
    pairs = list(zip(chain.labels, chain.segmentation, strict=True))
    matches = [match(labels, found) for labels, found in pairs]
    again = sum_matches(matches)
    rows = [
        {"image": name, "annotated": count(labels), "segmented": count(found)}
        | {"found again": m.tp, "mean IoU of these": m.mean_iou}
        for name, (labels, found), m in zip(chain.names, pairs, matches, strict=True)
    ]
    section = Section(
        "Segmentation",
        text="The network sees every image. There are no hand-drawn nuclei here to "
        "compare with; the table shows how many annotated nuclei it finds again and "
        "how many it adds. This is agreement with its own teacher, not accuracy.",
        numbers=[
            (_total(chain.segmentation), "nuclei segmented"),
            (f"{again.recall:.1%}", "of the annotated found again"),
            (again.fp, "added beyond the annotation"),
        ],
        tables=[(rows, "Nuclei per image")],
    )
    if not any(found.any() for found in chain.segmentation):
        section.warnings.append(
            "The network found no nucleus: the annotation was too small or too poor "
            "to learn from, or training was too short."
        )
    elif _total(chain.segmentation) > MANY_MORE * _total(chain.labels):
        section.warnings.append(
            "The network found many more objects than were annotated: look at the "
            "pictures; it was probably trained too little."
        )
    ends = sorted({0, len(chain.images) - 1})
    panels = {chain.names[k]: (chain.images[k], chain.segmentation[k]) for k in ends}
    figure = show.row(panels, n_cols=_columns(chain.images[0], 2))
    path = chain.save_figure("segmentation", figure)
    section.figures = [(path, "Segmentation of the first and the last image.")]
    return section


def _tracks(chain):
    """Tracks by speed, directions, and the table of tracks."""
    scale = chain.scale
    units = {name: value or 1.0 for name, value in scale.items()}
    stats = track_stats(chain.tracks, **units)
    n_spots = stats["n_spots"]
    section = Section(
        "Tracks",
        text=f"Speeds and distances are in {_units(scale)}. Directions count from the "
        "right, counter-clockwise: 90 degrees is up.",
        numbers=[
            (len(stats), "tracks"),
            (np.median(n_spots), "frames, median length"),
            (np.count_nonzero(stats["n_daughters"]), "divisions"),
        ],
        warnings=diagnose(chain.tracks),
    )
    if n_spots.max() > 1:
        speed = f"{_units(scale, short=True)}, median speed"
        section.numbers.append((np.nanmedian(stats["mean_speed"]), speed))
        drawn = show.tracks(chain.images[-1], chain.tracks, **scale)
        path = chain.save_figure("tracks", drawn)
        section.figures = [(path, "Every track on the last frame, coloured by speed.")]
        section.figures += _rose(chain, stats)
    longest = stats[np.argsort(-n_spots, kind="stable")][:12][list(SHOWN)]
    section.tables = [
        (longest, "The longest tracks; all are in tracks/track_stats.csv")
    ]
    return section


def _rose(chain, stats):
    """Directions of the tracks, if there are any."""
    if not np.isfinite(stats["direction"]).any():
        return []
    path = chain.save_figure("directions", show.rose(stats))
    return [(path, "Directions of the tracks, start to end.")]


def _units(scale, short=False):
    """Say which units the tables have."""
    space, time = scale["um_per_px"], scale["minutes_per_frame"]
    if short:
        return f"{'µm' if space else 'px'}/{'min' if time else 'frame'}"
    space = "µm" if space else "px (pixel size unknown)"
    time = "minutes" if time else "frames (interval unknown)"
    return f"{space} and {time}"


def _repeat(chain):
    """All parameters and where everything lies."""
    params = chain.params
    details = {
        "Annotation parameters": params.auto,
        "Model": params.model if chain.model is None else chain.model.params,
        "Training parameters": params.training,
    }
    if params.tracking is not None:
        details["Tracking parameters"] = params.tracking
    return Section(
        "Files and parameters",
        text=f"Everything is in {chain.folder}: annotation, model, segmentation and "
        "tracks as 16-bit label TIFF, CSV and Cell Tracking Challenge files, figures "
        "as PNG, parameters as YAML beside what they made.",
        details=details,
    )


def _total(images):
    """Objects in all label images."""
    return sum(map(count, images))


def _columns(image, n_panels):
    """How many panels fit side by side without becoming too small."""
    height, width = image.shape
    return max(1, min(n_panels, round(n_panels * 1.3 * height / width)))
