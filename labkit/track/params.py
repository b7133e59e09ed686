"""What can be set in linking."""

import dataclasses

import numpy as np

from ..params import Params


@dataclasses.dataclass(frozen=True)
class TrackParams(Params):
    """Parameters of `link`.

    Attributes
    ----------
    max_distance : float or None
        Largest step from frame to frame, px, after the drift is taken away. None:
        estimated from the data, see `estimate_max_distance`.
    max_gap : int
        Tracks may go on up to so many frames later: 2 bridges one missed frame, 0
        bridges none.
    max_merge : int
        Nuclei that touch and are segmented as one object for up to so many frames go
        on as themselves when they separate; 0: such a separation may be taken for a
        division. Needs areas.
    divisions : bool
        Whether a track may split in two.
    area_penalty : float
        How strongly unequal areas of the daughters speak against a division, 0: not
        at all. A nucleus that the segmentation cuts in two looks like a division.
    min_division_score : float
        Least `division_score`, 0 to 1, of mother and daughters; 0 asks for none.
        Where areas are not known, it does not count.
    min_life : int
        A daughter that vanishes within so many frames was none; 0 keeps all.
    remove_drift : bool
        Whether the common step of all objects is taken away before linking.
    flow_neighbours : int
        Number of neighbours whose common step tells where an object is expected, for
        cells that move in sheets; 0 expects it where it was.
    cost_percentile : float
        Gaps and divisions are not made if they cost clearly more than this percentile
        of all that are possible. 100: max_distance alone limits them. The 90 of
        TrackMate leaves out a tenth of the true ones where all are true.
    """

    max_distance: float | None = None
    max_gap: int = 2
    max_merge: int = 0
    divisions: bool = True
    area_penalty: float = 1.0
    min_division_score: float = 0.12
    min_life: int = 3
    remove_drift: bool = True
    flow_neighbours: int = 12
    cost_percentile: float = 100.0

    @classmethod
    def trackmate(cls, max_distance=15.0, **changes):
        """Return the rules of TrackMate 6's LAP tracker, without its feature penalties.

        Parameters
        ----------
        max_distance : float
            For linking, gaps (two frames) and splitting, px.
        **changes
            Of these rules.

        Returns
        -------
        TrackParams
            Gives the same links where nothing leaves over the border and comes back.

        Examples
        --------
        >>> lk.track.TrackParams.trackmate(20, divisions=False).cost_percentile
        90.0
        """
        rules = {"area_penalty": 0.0, "min_division_score": 0.0, "min_life": 0}
        rules |= {"remove_drift": False, "flow_neighbours": 0, "cost_percentile": 90.0}
        return cls(max_distance=float(max_distance), **rules | changes)


def check_params(params):
    """Raise an error where a parameter is out of its range."""
    if not isinstance(params, TrackParams):
        raise TypeError(f"`params` must be TrackParams, got {type(params).__name__}")
    if params.max_distance is not None and not 0 < params.max_distance < np.inf:
        raise ValueError(
            f"max_distance must be a positive number of px, got {params.max_distance}; "
            f"None estimates it"
        )
    for name in ("max_gap", "max_merge", "min_life", "flow_neighbours"):
        value = getattr(params, name)
        if value < 0 or value != int(value):
            raise ValueError(f"{name} must be 0, 1, 2, ..., got {value}")
    if not 0 <= params.cost_percentile <= 100:
        raise ValueError(
            f"cost_percentile must lie from 0 to 100, got {params.cost_percentile}"
        )
    if not 0 <= params.min_division_score <= 1:
        raise ValueError(
            f"min_division_score must lie from 0 to 1, got {params.min_division_score}"
        )
    if not params.area_penalty >= 0:
        raise ValueError(f"area_penalty must be 0 or more, got {params.area_penalty}")
