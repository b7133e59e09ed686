"""TrackMate's features: what they are called, in which unit, and their values.

Names and definitions are those of TrackMate 7 and 8 (Tinevez et al. 2017,
doi:10.1016/j.ymeth.2016.09.016; Ershov et al. 2022, doi:10.1038/s41592-022-01507-1).
A track of TrackMate is a whole family tree.
"""

from typing import NamedTuple

LABEL, BRANCH = "LABKIT_LABEL", "LABKIT_TRACK"  # of our own, to give tracks back


class Feature(NamedTuple):
    """One declared feature; the dimension is one of TrackMate's."""

    key: str
    name: str
    short: str
    dimension: str
    is_int: bool = False


SPOT_FEATURES = (
    Feature("QUALITY", "Quality", "Quality", "QUALITY"),
    Feature("POSITION_X", "X", "X", "POSITION"),
    Feature("POSITION_Y", "Y", "Y", "POSITION"),
    Feature("POSITION_Z", "Z", "Z", "POSITION"),
    Feature("POSITION_T", "T", "T", "TIME"),
    Feature("FRAME", "Frame", "Frame", "NONE", True),
    Feature("RADIUS", "Radius", "R", "LENGTH"),
    Feature("VISIBILITY", "Visibility", "Visibility", "NONE", True),
    Feature("AREA", "Area", "Area", "AREA"),
    Feature(LABEL, "Label in labkit", "Label", "NONE", True),
    Feature(BRANCH, "Track (branch) in labkit", "Branch", "NONE", True),
)
EDGE_FEATURES = (
    Feature("SPOT_SOURCE_ID", "Source spot ID", "Source ID", "NONE", True),
    Feature("SPOT_TARGET_ID", "Target spot ID", "Target ID", "NONE", True),
    Feature("LINK_COST", "Edge cost", "Cost", "COST"),
    Feature(
        "DIRECTIONAL_CHANGE_RATE", "Directional change rate", "γ rate", "ANGLE_RATE"
    ),
    Feature("SPEED", "Speed", "Speed", "VELOCITY"),
    Feature("DISPLACEMENT", "Displacement", "Disp.", "LENGTH"),
    Feature("EDGE_TIME", "Edge time", "Edge T", "TIME"),
    Feature("EDGE_X_LOCATION", "Edge X", "Edge X", "POSITION"),
    Feature("EDGE_Y_LOCATION", "Edge Y", "Edge Y", "POSITION"),
    Feature("EDGE_Z_LOCATION", "Edge Z", "Edge Z", "POSITION"),
)
TRACK_FEATURES = (
    Feature("TRACK_INDEX", "Track index", "Index", "NONE", True),
    Feature("TRACK_ID", "Track ID", "ID", "NONE", True),
    Feature("NUMBER_SPOTS", "Number of spots in track", "N spots", "NONE", True),
    Feature("NUMBER_GAPS", "Number of gaps", "N gaps", "NONE", True),
    Feature("NUMBER_SPLITS", "Number of split events", "N splits", "NONE", True),
    Feature("NUMBER_MERGES", "Number of merge events", "N merges", "NONE", True),
    Feature("NUMBER_COMPLEX", "Number of complex points", "N complex", "NONE", True),
    Feature("LONGEST_GAP", "Longest gap", "Lgst gap", "NONE", True),
    Feature("TRACK_DURATION", "Track duration", "Duration", "TIME"),
    Feature("TRACK_START", "Track start", "Track start", "TIME"),
    Feature("TRACK_STOP", "Track stop", "Track stop", "TIME"),
    Feature("TRACK_DISPLACEMENT", "Track displacement", "Track disp.", "LENGTH"),
    Feature("TRACK_X_LOCATION", "Track mean X", "Track X", "POSITION"),
    Feature("TRACK_Y_LOCATION", "Track mean Y", "Track Y", "POSITION"),
    Feature("TRACK_Z_LOCATION", "Track mean Z", "Track Z", "POSITION"),
    Feature("TRACK_MEAN_SPEED", "Track mean speed", "Mean sp.", "VELOCITY"),
    Feature("TRACK_MAX_SPEED", "Track max speed", "Max speed", "VELOCITY"),
    Feature("TRACK_MIN_SPEED", "Track min speed", "Min speed", "VELOCITY"),
    Feature("TRACK_MEDIAN_SPEED", "Track median speed", "Med. speed", "VELOCITY"),
    Feature("TRACK_STD_SPEED", "Track std speed", "Std speed", "VELOCITY"),
    Feature("TRACK_MEAN_QUALITY", "Track mean quality", "Mean Q", "QUALITY"),
    Feature(
        "TOTAL_DISTANCE_TRAVELED", "Total distance traveled", "Total dist.", "LENGTH"
    ),
    Feature("MAX_DISTANCE_TRAVELED", "Max distance traveled", "Max dist.", "LENGTH"),
    Feature("CONFINEMENT_RATIO", "Confinement ratio", "Cfn. ratio", "NONE"),
    Feature(
        "MEAN_STRAIGHT_LINE_SPEED",
        "Mean straight line speed",
        "Mn. v. line",
        "VELOCITY",
    ),
    Feature(
        "LINEARITY_OF_FORWARD_PROGRESSION",
        "Linearity of forward progression",
        "Fwd. progr.",
        "NONE",
    ),
    Feature(
        "MEAN_DIRECTIONAL_CHANGE_RATE",
        "Mean directional change rate",
        "Mn. γ rate",
        "ANGLE_RATE",
    ),
)
