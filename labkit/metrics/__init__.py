"""Compare predicted with true objects and tracks: what the papers report.

Objects are matched by intersection over union (IoU), as in StarDist and the 2018 Data
Science Bowl; tracks are scored by the measures of the Cell Tracking Challenge.
"""

from .errors import ObjectClasses, classify, split_merge
from .matching import Match, dsb_score, f1_curve, match, match_many, sum_matches
from .tracking import TrackingScores, tracking_scores

__all__ = [
    "Match",
    "ObjectClasses",
    "TrackingScores",
    "classify",
    "dsb_score",
    "f1_curve",
    "match",
    "match_many",
    "split_merge",
    "sum_matches",
    "tracking_scores",
]
