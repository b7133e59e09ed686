"""Tracks as TrackMate's files: its XML session and its tables, in and out.

TrackMate, a plugin of Fiji: Tinevez et al. 2017, doi:10.1016/j.ymeth.2016.09.016;
Ershov et al. 2022, doi:10.1038/s41592-022-01507-1.
"""

from .features import EDGE_FEATURES, SPOT_FEATURES, TRACK_FEATURES, Feature
from .reading import read_trackmate
from .tables import read_trackmate_csv, write_trackmate_csv
from .writing import write_trackmate

__all__ = [
    "EDGE_FEATURES",
    "SPOT_FEATURES",
    "TRACK_FEATURES",
    "Feature",
    "read_trackmate",
    "read_trackmate_csv",
    "write_trackmate",
    "write_trackmate_csv",
]
