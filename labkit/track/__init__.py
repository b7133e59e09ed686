"""Link labels over time and read speed, direction and divisions off the tracks.

Linking is a linear assignment problem (Jaqaman et al. 2008, Nature Methods,
doi:10.1038/nmeth.1237) on a k-d tree, so that 60,000 objects a frame fit into memory;
with its parameters set to the same values it gives the links of TrackMate.
"""

from .diagnosis import diagnose
from .lineage import divisions, edges
from .linking import TrackParams, fit_params, link, link_points, relabel_by_track
from .spots import estimate_drift, estimate_max_distance, find_spots
from .stats import edge_stats, frame_stats, track_stats

__all__ = [
    "TrackParams",
    "diagnose",
    "divisions",
    "edge_stats",
    "edges",
    "estimate_drift",
    "estimate_max_distance",
    "find_spots",
    "fit_params",
    "frame_stats",
    "link",
    "link_points",
    "relabel_by_track",
    "track_stats",
]
