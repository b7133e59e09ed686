"""Write a TrackMate session that opens at the display step, nothing to detect again.

Its reader is strict. What is known to stop it is kept out here and forbidden by
``tests/test_files_trackmate.py``: a contour that begins with white space, a spot
without VISIBILITY, FRAME or POSITION_T, attributes that are no numbers, dimensions
that it does not know, a missing list of visible tracks.
"""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from ...labels import to_polygons
from ..atomic import atomic
from ..labels import check_label_movie
from ..lineage import by_frame, check_scale, check_tracks
from ..pieces import one_piece
from .features import EDGE_FEATURES, SPOT_FEATURES, TRACK_FEATURES
from .measures import measure

VERSION = "8.1.6"  # of TrackMate, whose format this is
CONTOURS = ("smooth", "exact", "none")
LIMIT = 500_000_000  # bytes; TrackMate holds the whole text in memory, several times
_PER_SPOT = 500  # bytes of a spot and its link, at least
_TOLERANCE = 0.25  # px that a smooth contour may deviate
_SPOT_ANALYZERS = ("Manual spot color", "Spot intensity", "Spot contrast and SNR")
_EDGE_ANALYZERS = ("Directional change", "Edge speed", "Edge target", "Edge location")
_TRACK_ANALYZERS = (
    *("Branching analyzer", "Track duration", "Track index", "Track location"),
    *("Track speed", "Track quality", "Track motility analysis"),
)


def write_trackmate(
    path,
    labels,
    tracks,
    *,
    image_path=None,
    um_per_px=None,
    minutes_per_frame=None,
    contours="smooth",
    max_distance=15.0,
    max_gap=2,
    divisions=True,
    radius=5.0,
):
    """Write tracks and contours as a session of TrackMate.

    In Fiji: Plugins > Tracking > Load a TrackMate file. It opens at the display
    step, with all features of spots, links and tracks computed. Of an object in
    several pieces the largest is written (`labkit.files.pieces.one_piece`). Objects
    without a row in `tracks` are left out. Numbers of objects and tracks are kept as
    features of our own, so that `read_trackmate` gives them back.

    Parameters
    ----------
    path : str or Path
        The ``.xml`` to write.
    labels : (T, H, W) array of int, or None
        Without labels, spots are circles of the area in `tracks`.
    tracks : structured ndarray of labkit.labels.TRACK_DTYPE
    image_path : str or Path, optional
        The movie that TrackMate shows below. Without one it shows black.
    um_per_px, minutes_per_frame : float, optional
        Where unknown, units are pixel and frame.
    contours : {"smooth", "exact", "none"}
        Through the middles of the pixel edges, simplified by less than 0.25 px: the
        same pixels in less space, and shapes without stairs in TrackMate; or along
        the pixel edges; or circles.
    max_distance, max_gap, divisions
        How the tracks were linked (`labkit.track.TrackParams`; px, frames), for
        TrackMate's settings.
    radius : float
        Of spots whose area is unknown (NaN), px.

    Raises
    ------
    ValueError, TypeError
        If tracks and labels do not fit, or the file would be larger than TrackMate
        can open.
    PermissionError
        If the folder cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() != ".xml":
        raise ValueError(f"cannot write {path}: the name must end in .xml")
    if contours not in CONTOURS:
        raise ValueError(f"`contours` must be one of {CONTOURS}, got {contours!r}")
    check_scale(um_per_px, minutes_per_frame)
    movie = None if labels is None else one_piece(check_label_movie(labels))
    tracks = check_tracks(tracks, movie)
    _check_size(path, len(tracks) * _PER_SPOT)
    px, dt = um_per_px or 1.0, 60 * minutes_per_frame if minutes_per_frame else 1.0
    model = measure(tracks, px, dt, radius)
    units = "micron" if um_per_px else "pixel", "sec" if minutes_per_frame else "frame"
    shape = _extent(tracks) if movie is None else movie.shape
    settings = _settings(path, image_path, shape, px, dt)
    settings += _tracker(max_distance * px, max_gap, divisions)
    if movie is None or contours == "none":
        movie, contours = np.zeros((shape[0], 0, 0), np.int32), "none"
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        size = 0
        for text in _document(model, tracks, movie, contours, px, units, settings):
            size += file.write(text)
            _check_size(path, size)


def _check_size(path, size):
    """Raise ValueError if a file is larger than TrackMate can open."""
    if size > LIMIT:
        raise ValueError(
            f"cannot write {path}: it would be larger than {LIMIT / 1e6:.0f} MB, more "
            f"than TrackMate opens; leave out the contours (contours='none'), write "
            f"GEFF (labkit.files.geff) or tables (write_trackmate_csv), or cut the "
            f"movie into tiles"
        )


def _extent(tracks):
    """Return the smallest (T, H, W) that holds all spots."""
    top = (tracks[name].max(initial=0) for name in ("frame", "y", "x"))
    return tuple(int(np.ceil(value)) + 1 for value in top)


def _document(model, tracks, movie, contours, px, units, settings):
    """Yield the text of the file, piece by piece."""
    yield (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<TrackMate version="{VERSION}">\n'
        f"  <Log>Written by labkit: {len(tracks)} spots.</Log>\n"
        f'  <Model spatialunits="{units[0]}" timeunits="{units[1]}">\n'
        f"    <FeatureDeclarations>\n"
    )
    kinds = {"Spot": SPOT_FEATURES, "Edge": EDGE_FEATURES, "Track": TRACK_FEATURES}
    for kind, features in kinds.items():
        yield f"      <{kind}Features>\n"
        yield "".join(map(_declaration, features))
        yield f"      </{kind}Features>\n"
    yield f'    </FeatureDeclarations>\n    <AllSpots nspots="{len(tracks)}">\n'
    yield from _spots(model, tracks, movie, contours, px)
    yield "    </AllSpots>\n    <AllTracks>\n"
    yield from _tracks(model)
    yield "    </AllTracks>\n    <FilteredTracks>\n"
    for number in model.families["TRACK_ID"]:
        yield f'      <TrackID TRACK_ID="{number}" />\n'
    yield f"    </FilteredTracks>\n  </Model>\n{settings}"
    yield '  <GUIState state="ConfigureViews" />\n</TrackMate>\n'


def _declaration(feature):
    """Return the declaration of one feature."""
    key, name, short, dimension, is_int = feature
    return (
        f'        <Feature feature="{key}" name={quoteattr(name)} '
        f'shortname={quoteattr(short)} dimension="{dimension}" '
        f'isint="{str(is_int).lower()}" />\n'
    )


def attributes(columns):
    """Return the attributes of each row as text, without those that are NaN."""
    texts = [
        [f' {key}="{value}"' if value == value else "" for value in values.tolist()]
        for key, values in columns.items()
    ]
    return ["".join(row) for row in zip(*texts, strict=True)]


def _spots(model, tracks, movie, contours, px):
    """Yield the spots of each frame."""
    columns = {"name": np.array([f"ID{k}" for k in range(len(tracks))], str)}
    texts = attributes(model.spots | columns)
    for t, rows in by_frame(tracks, len(movie)):
        yield f'      <SpotsInFrame frame="{t}">\n'
        outlines = _outlines(movie[t], contours, tracks["label"][rows])
        for row, outline in zip(rows.tolist(), outlines, strict=True):
            yield f"        <Spot{texts[row]}{_contour(outline, tracks[row], px)}\n"
        yield "      </SpotsInFrame>\n"


def _outlines(plane, contours, wanted):
    """Return the outline of each wanted label of a frame, None without one."""
    if contours == "none":
        return [None] * len(wanted)
    polygons = to_polygons(plane)
    found = [polygons[label] for label in wanted.tolist()]
    return [_smooth(one) for one in found] if contours == "smooth" else found


def _smooth(polygon):
    """Return an outline without stairs: through the middles of its unit edges.

    It stays within 0.25 px of the line through the middles, and pixel centres are
    0.35 px from that, so it holds the same pixels. Outlines that touch themselves,
    around holes, stay as they are.
    """
    import cv2

    if len(np.unique(polygon @ (1, 2**20))) < len(polygon):
        return polygon
    steps = np.roll(polygon, -1, axis=0) - polygon
    lengths = np.abs(steps).sum(axis=1).astype(int).clip(1)
    corner = np.repeat(np.arange(len(polygon)), lengths)
    k = np.arange(len(corner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    along = ((k + 0.5) / lengths[corner])[:, None]
    middles = polygon[corner] + along * steps[corner]
    origin = polygon[0]  # float32 is exact near it
    line = (middles - origin).astype(np.float32)[:, None]
    simple = cv2.approxPolyDP(line, _TOLERANCE, True)[:, 0] + origin
    return simple if len(simple) > 2 else polygon


def _contour(outline, spot, px):
    """Return the end of a spot: its contour (x y, from its centre), or nothing."""
    if outline is None:
        return " />"
    digits = max(0, int(np.ceil(3 - np.log10(px))))  # a thousandth of a pixel
    xy = (outline - (spot["y"], spot["x"]))[:, ::-1] * px
    text = " ".join(f"{value:.{digits}f}" for value in xy.ravel().tolist())
    return f' ROI_N_POINTS="{len(xy)}">{text}</Spot>'  # no space before the numbers


def _tracks(model):
    """Yield each track with its links."""
    names = {"name": np.array([f"Track_{k}" for k in model.families["TRACK_ID"]], str)}
    links = attributes(model.edges)
    owner = model.family[model.edges["SPOT_SOURCE_ID"]]
    order = np.argsort(owner, kind="stable")
    of_track = np.split(
        order, np.searchsorted(owner[order], np.arange(1, len(names["name"])))
    )
    for text, rows in zip(attributes(names | model.families), of_track, strict=False):
        yield f"      <Track{text}>\n"
        yield "".join(f"        <Edge{links[row]} />\n" for row in rows.tolist())
        yield "      </Track>\n"


def _settings(path, image_path, shape, px, dt):
    """Return the image and the detector of the settings."""
    n_frames, height, width = shape
    name = folder = ""
    if image_path is not None:
        image = Path(image_path).absolute()
        name, beside = image.name, image.parent == path.absolute().parent
        folder = "" if beside else str(image.parent)  # none: that of the XML
    return (
        f"  <Settings>\n    <ImageData filename={quoteattr(_printable(name))} "
        f"folder={quoteattr(_printable(folder))} "
        f'width="{width}" height="{height}" nslices="1" nframes="{n_frames}" '
        f'pixelwidth="{px}" pixelheight="{px}" voxeldepth="1.0" '
        f'timeinterval="{dt}" />\n'
        f'    <BasicSettings xstart="0" xend="{width - 1}" ystart="0" '
        f'yend="{height - 1}" zstart="0" zend="0" tstart="0" tend="{n_frames - 1}" />\n'
        f'    <DetectorSettings DETECTOR_NAME="LABEL_IMAGE_DETECTOR" '
        f'TARGET_CHANNEL="1" SIMPLIFY_CONTOURS="true" SMOOTHING_SCALE="-1.0" />\n'
        f'    <InitialSpotFilter feature="QUALITY" value="0.0" isabove="true" />\n'
        f"    <SpotFilterCollection />\n"
    )


def _tracker(distance, max_gap, divisions):
    """Return the tracker and the analyzers of the settings."""
    none, gap = "<FeaturePenalties />", str(max_gap > 0).lower()
    text = (
        f'    <TrackerSettings TRACKER_NAME="SPARSE_LAP_TRACKER" '
        f'CUTOFF_PERCENTILE="0.9" ALTERNATIVE_LINKING_COST_FACTOR="1.05" '
        f'BLOCKING_VALUE="Infinity">\n'
        f'      <Linking LINKING_MAX_DISTANCE="{distance}">{none}</Linking>\n'
        f'      <GapClosing ALLOW_GAP_CLOSING="{gap}" '
        f'GAP_CLOSING_MAX_DISTANCE="{distance}" MAX_FRAME_GAP="{max_gap}">'
        f"{none}</GapClosing>\n"
        f'      <TrackSplitting ALLOW_TRACK_SPLITTING="{str(divisions).lower()}" '
        f'SPLITTING_MAX_DISTANCE="{distance}">{none}</TrackSplitting>\n'
        f'      <TrackMerging ALLOW_TRACK_MERGING="false" '
        f'MERGING_MAX_DISTANCE="{distance}">{none}</TrackMerging>\n'
        f"    </TrackerSettings>\n    <TrackFilterCollection />\n"
        f"    <AnalyzerCollection>\n"
    )
    groups = {"Spot": _SPOT_ANALYZERS, "Edge": _EDGE_ANALYZERS}
    for kind, keys in (groups | {"Track": _TRACK_ANALYZERS}).items():
        lines = "".join(f'        <Analyzer key="{key}" />\n' for key in keys)
        text += f"      <{kind}Analyzers>\n{lines}      </{kind}Analyzers>\n"
    return text + "    </AnalyzerCollection>\n  </Settings>\n"


def _printable(text):
    """Return a text without characters that XML forbids."""
    return "".join(c if c.isprintable() else "_" for c in text)
