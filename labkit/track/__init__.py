"""Link labels over time and read speed, direction and divisions off the tracks.

Linking is a linear assignment problem (Jaqaman et al. 2008, Nature Methods,
doi:10.1038/nmeth.1237) on a k-d tree, so that 60,000 objects a frame fit into memory;
with its parameters set to the same values it gives the links of TrackMate.
"""

from ..labels import edges
from .corrections import Correction, Corrections
from .diagnosis import diagnose
from .doubts import doubts
from .editing import cut, delete, join, remove_division, set_division
from .events import division_events, division_score
from .lineage import divisions
from .linking import fit_params, link, link_points, relabel_by_track
from .merging import merges
from .params import TrackParams
from .spots import estimate_drift, estimate_max_distance, find_spots
from .stats import edge_stats, frame_stats, track_stats

__all__ = [
    "Correction",
    "Corrections",
    "TrackParams",
    "cut",
    "delete",
    "diagnose",
    "division_events",
    "division_score",
    "divisions",
    "doubts",
    "edge_stats",
    "edges",
    "estimate_drift",
    "estimate_max_distance",
    "find_spots",
    "fit_params",
    "frame_stats",
    "join",
    "link",
    "link_points",
    "merges",
    "relabel_by_track",
    "remove_division",
    "set_division",
    "track_stats",
]
