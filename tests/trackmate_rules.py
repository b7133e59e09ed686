"""What is known to crash TrackMate's reader or to mislead it, as a check of a file.

Every rule was found by running TrackMate 8.1.7's reader on a file that breaks it, or
reading the reader.
"""

import re
from xml.etree import ElementTree

DIMENSIONS = (
    *("NONE", "QUALITY", "COST", "INTENSITY", "INTENSITY_SQUARED", "POSITION"),
    *("VELOCITY", "LENGTH", "AREA", "TIME", "ANGLE", "RATE", "ANGLE_RATE", "STRING"),
)
DOUBLE = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")  # what Java reads
WHOLE = re.compile(r"-?\d+")
NEEDED = (
    *("ID", "name", "QUALITY", "POSITION_X", "POSITION_Y", "POSITION_Z"),
    *("POSITION_T", "FRAME", "RADIUS", "VISIBILITY"),
)
SETTINGS = (
    *("ImageData", "BasicSettings", "DetectorSettings", "InitialSpotFilter"),
    *("SpotFilterCollection", "TrackerSettings", "TrackFilterCollection"),
)


def problems(text):
    """Return what would crash or mislead TrackMate in the text of a session."""
    root, found = ElementTree.fromstring(text), []
    version = root.get("version", "")
    if not re.match(r"[2-9]\.\d", version):
        found.append("version")
    found += [f"no {tag}" for tag in ("Model", "GUIState") if root.find(tag) is None]
    if root.find("Model") is not None:
        found += _model(root.find("Model"))
    found += _settings(root.find("Settings"))
    state = root.find("GUIState")
    if state is not None and state.get("state") != "ConfigureViews":
        found.append("state")
    return found


def _model(model):
    """Return what is wrong with spots, tracks and features."""
    found = []
    for tag in ("FeatureDeclarations", "AllSpots", "AllTracks", "FilteredTracks"):
        if model.find(tag) is None:
            found.append(f"no {tag}")
    declared = {}
    for kind in ("Spot", "Edge", "Track"):
        features = model.findall(f"FeatureDeclarations/{kind}Features/Feature")
        declared[kind] = {one.get("feature") for one in features}
        found += [f"{kind} features"] * (not features)
        for one in features:
            found += [f"dimension of {one.get('feature')}"] * (
                one.get("dimension") not in DIMENSIONS
                or one.get("isint") not in ("true", "false")
                or None in (one.get("name"), one.get("shortname"))
            )
    spots = list(model.iter("Spot"))
    found += [problem for spot in spots for problem in _spot(spot, declared["Spot"])]
    ids = [spot.get("ID") for spot in spots]
    found += ["twins"] * (len(set(ids)) < len(ids))
    number = model.find("AllSpots")
    if number is not None and number.get("nspots") != str(len(spots)):
        found.append("nspots")
    return found + _tracks(model, set(ids), declared)


def _spot(spot, declared):
    """Return what is wrong with one spot."""
    found = [f"spot without {key}" for key in NEEDED if key not in spot.attrib]
    for key, value in spot.attrib.items():
        if key != "name" and not DOUBLE.fullmatch(value):
            found.append(f"spot with {key}={value!r}")
        if key not in declared and key not in ("ID", "name", "ROI_N_POINTS"):
            found.append(f"spot with {key}, which is not declared")
    if not WHOLE.fullmatch(spot.get("ID", "")):
        found.append("ID of a spot")
    return found + _contour(spot)


def _contour(spot):
    """Return what is wrong with the contour of a spot."""
    if "ROI_N_POINTS" not in spot.attrib:
        return ["text without points"] * bool((spot.text or "").strip())
    n, text = int(spot.get("ROI_N_POINTS")), spot.text or ""
    numbers = text.split()
    return [
        *["space before the first number"] * (text[:1].isspace()),
        *["too few points"] * (n < 3),
        *["number of points"] * (len(numbers) != 2 * n),
        *["no number"] * (not all(map(DOUBLE.fullmatch, numbers))),
        *["closed"] * (numbers[:2] == numbers[-2:]),
        *["centre outside"] * (not _around_zero(numbers)),
    ]


def _around_zero(numbers):
    """Tell whether coordinates are relative to the centre."""
    try:
        x, y = ([float(text) for text in numbers[k::2]] for k in (0, 1))
        return min(x) < 0 < max(x) and min(y) < 0 < max(y)
    except ValueError:
        return False


def _tracks(model, ids, declared):
    """Return what is wrong with the tracks."""
    found, tracks = [], model.findall("AllTracks/Track")
    numbers = [track.get("TRACK_ID", "") for track in tracks]
    found += ["TRACK_ID"] * (not all(re.fullmatch(r"\d+", n) for n in numbers))
    shown = [one.get("TRACK_ID") for one in model.iter("TrackID")]
    found += ["visible tracks"] * (sorted(shown) != sorted(numbers))
    owner = {}
    for track, number in zip(tracks, numbers, strict=True):
        edges = track.findall("Edge")
        found += ["track without edge"] * (not edges)
        for key, value in track.attrib.items():
            if key != "name" and (key not in declared["Track"] or value == ""):
                found.append(f"track with {key}")
            if key != "name" and not DOUBLE.fullmatch(value):
                found.append(f"track with {key}={value!r}")
        for edge in edges:
            found += _edge(edge, ids, declared["Edge"])
            ends = (edge.get("SPOT_SOURCE_ID"), edge.get("SPOT_TARGET_ID"))
            found += ["two tracks"] * any(
                owner.setdefault(end, number) != number for end in ends
            )
    return found


def _edge(edge, ids, declared):
    """Return what is wrong with one edge."""
    found = []
    for key in ("SPOT_SOURCE_ID", "SPOT_TARGET_ID"):
        if not WHOLE.fullmatch(edge.get(key, "")) or edge.get(key) not in ids:
            found.append(f"edge with {key}={edge.get(key)!r}")
    for key, value in edge.attrib.items():
        if key not in declared or not DOUBLE.fullmatch(value):
            found.append(f"edge with {key}={value!r}")
    return found


def _settings(settings):
    """Return what is wrong with the settings."""
    if settings is None:
        return ["no Settings"]
    return [f"no {tag}" for tag in SETTINGS if settings.find(tag) is None]
