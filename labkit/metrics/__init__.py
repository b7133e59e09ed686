"""Compare predicted with true objects and tracks: what the papers report.

Objects are matched by intersection over union (IoU), as in StarDist and the 2018 Data
Science Bowl; tracks are scored by the measures of the Cell Tracking Challenge.
"""

from .matching import Match, dsb_score, f1_curve, match, match_many, sum_matches

__all__ = [
    "Match",
    "dsb_score",
    "f1_curve",
    "match",
    "match_many",
    "sum_matches",
]
