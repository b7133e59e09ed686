"""Score tracks by the measures of the Cell Tracking Challenge.

Objects are the vertices and links the edges of a graph; the score is the price of the
corrections that turn the predicted graph into the true one (Matula et al. 2015).
"""

from typing import NamedTuple

import numpy as np

from .graph import Links, divisions, pack, read_links
from .pairs import iou_table

OBJECT_PRICES = {"n_merged": 5.0, "n_missed": 10.0, "n_false": 1.0}
LINK_PRICES = {"n_false_links": 1.0, "n_missed_links": 1.5, "n_wrong_links": 1.0}


class TrackingScores(NamedTuple):
    """How well predicted tracks agree with true ones; 1 is perfect.

    TRA is nearly blind to divisions: look at lnk and division_f1 beside it. NaN where
    there is nothing to score, as edge_f1 without any link.
    """

    tra: float
    """Objects and links together."""
    det: float
    """Objects alone."""
    lnk: float
    """Links alone."""
    seg: float
    """Mean IoU over all true objects, 0 for those without partner."""
    division_f1: float
    """Divisions with the right mother and the right daughters."""
    edge_f1: float
    """Links between the right objects."""
    n_missed: int
    """True objects without partner (FN)."""
    n_false: int
    """Predicted objects without partner (FP)."""
    n_merged: int
    """Cuts needed where a predicted object covers several true ones (NS)."""
    n_missed_links: int
    """True links that were not found (EA)."""
    n_false_links: int
    """Predicted links between found objects that are no true links (ED)."""
    n_wrong_links: int
    """Found links that stay in a track but should divide, or the reverse (EC)."""


def tracking_scores(true_labels, true_tracks, pred_labels, pred_tracks):
    """Compute TRA, DET, LNK, SEG, division F1 and edge F1.

    A true object is matched to the predicted one that covers more than half of it.
    Links are the steps of a track from one appearance to the next, and from the
    mother's last to each daughter's first; those between predicted objects that match
    exactly one true object are compared with the true links. Prices of corrections:
    split an object 5, add 10, delete 1; delete a link 1, add 1.5, change its kind 1
    (Matula et al. [1]_; LNK, DET and SEG as in [2]_). A division counts as found if
    mother and all daughters are the true ones, in the very frame.

    Parameters
    ----------
    true_labels, pred_labels : (T, H, W) array_like of int
        Label movies of the same pixels.
    true_tracks, pred_tracks : (n,) structured ndarray
        One row per object and frame, with the fields of `labkit.labels.TRACK_DTYPE`;
        frame, label, track_id and parent_id are used.

    Returns
    -------
    TrackingScores
        tra, det, lnk, seg, division_f1, edge_f1 and the counts behind them.

    Raises
    ------
    ValueError, TypeError
        As `labkit.checks.check_labels` for each frame; if shapes differ, if objects
        and rows of the tracks do not correspond one to one, or if there is no true
        object.

    References
    ----------
    .. [1] Matula et al. (2015), PLOS ONE 10(12): e0144959.
           https://doi.org/10.1371/journal.pone.0144959
    .. [2] Maska et al. (2023), Nature Methods 20: 1010-1020.
           https://doi.org/10.1038/s41592-023-01879-y

    Examples
    --------
    >>> movie = np.array([[[1, 0, 2]], [[1, 0, 2]]])
    >>> tracks = np.zeros(4, lk.labels.TRACK_DTYPE)
    >>> tracks["frame"], tracks["label"] = [0, 0, 1, 1], [1, 2, 1, 2]
    >>> tracks["track_id"] = [1, 2, 1, 2]
    >>> cut = tracks.copy()
    >>> cut["track_id"] = [1, 2, 1, 3]
    >>> scores = tracking_scores(movie, tracks, movie, cut)
    >>> scores.det, scores.lnk, round(scores.edge_f1, 3)
    (1.0, 0.5, 0.667)
    """
    true_labels = _check_movie(true_labels, "true_labels")
    pred_labels = _check_movie(pred_labels, "pred_labels")
    if len(true_labels) != len(pred_labels):
        raise ValueError(
            f"`true_labels` has {len(true_labels)} frames and `pred_labels` "
            f"{len(pred_labels)}; they must show the same frames"
        )
    true_keys, pred_keys, partner, iou = _match_movie(true_labels, pred_labels)
    if not len(true_keys):
        raise ValueError("`true_labels` has no object, so there is nothing to score")
    true = read_links(true_tracks, true_keys, "true_tracks")
    pred = read_links(pred_tracks, pred_keys, "pred_tracks")
    return _score(true, pred, partner, len(pred_keys), iou.mean())


def _match_movie(true_labels, pred_labels):
    """Match frame by frame.

    Gives the keys (see `pack`) of the true and of the predicted objects, and for each
    true object the index of its partner (-1: none) and their IoU (0: none).
    """
    true_keys, pred_keys, partners, ious, n_pred = [], [], [], [], 0
    for frame, (true, pred) in enumerate(zip(true_labels, pred_labels, strict=True)):
        table = iou_table(true, pred)
        true_keys.append(pack(frame, table.true_labels))
        pred_keys.append(pack(frame, table.pred_labels))
        most = 2 * table.n_shared > table.true_area[table.true_index]
        partner = np.full(len(table.true_labels), -1)
        partner[table.true_index[most]] = table.pred_index[most] + n_pred
        iou = np.zeros(len(partner))
        iou[table.true_index[most]] = (table.n_shared / table.n_union)[most]
        partners.append(partner)
        ious.append(iou)
        n_pred += len(table.pred_labels)
    return tuple(map(np.concatenate, (true_keys, pred_keys, partners, ious)))


def _score(true, pred, partner, n_pred, seg):
    """Price the corrections and sum up."""
    hits = np.bincount(partner[partner >= 0], minlength=n_pred)
    to_true = _only_partner(partner, hits)
    found = Links(to_true[pred.start], to_true[pred.stop], pred.division)
    objects = {
        "n_missed": int((partner < 0).sum()),
        "n_false": int((hits == 0).sum()),
        "n_merged": int(np.maximum(hits - 1, 0).sum()),
    }
    links, n_both = _compare_links(true, found)
    object_price = sum(OBJECT_PRICES[name] * n for name, n in objects.items())
    link_price = sum(LINK_PRICES[name] * n for name, n in links.items())
    all_objects = OBJECT_PRICES["n_missed"] * len(partner)
    all_links = LINK_PRICES["n_missed_links"] * len(true.start)
    return TrackingScores(
        tra=_left(object_price + link_price, all_objects + all_links),
        det=_left(object_price, all_objects),
        lnk=_left(link_price, all_links),
        seg=float(seg),
        division_f1=_division_f1(true, pred, to_true),
        edge_f1=_f1(n_both, len(true.start), len(pred.start)),
        **objects,
        **links,
    )


def _only_partner(partner, hits):
    """Return the true object of each predicted one that has exactly one, else -1."""
    to_true = np.full(len(hits), -1)
    matched = np.flatnonzero(partner >= 0)
    to_true[partner[matched]] = matched
    to_true[hits != 1] = -1
    return to_true


def _compare_links(true, found):
    """Count missed, false and wrong links; also the links in both."""
    clear = (found.start >= 0) & (found.stop >= 0)
    true = _kinds(true)
    found = _kinds(Links(*(column[clear] for column in found)))
    both = true.keys() & found.keys()
    counts = {
        "n_missed_links": len(true) - len(both),
        "n_false_links": len(found) - len(both),
        "n_wrong_links": sum(true[link] != found[link] for link in both),
    }
    return counts, len(both)


def _kinds(links):
    """Return {(start, stop): joins mother and daughter}."""
    columns = (column.tolist() for column in links)
    return {(start, stop): kind for start, stop, kind in zip(*columns, strict=True)}


def _division_f1(true, pred, to_true):
    """Compare mothers with the sets of their daughters."""
    true, pred = divisions(true), divisions(pred)
    n_right = 0
    for mother, daughters in pred.items():
        same = {int(to_true[daughter]) for daughter in daughters}
        n_right += true.get(int(to_true[mother])) == same
    return _f1(n_right, len(true), len(pred))


def _left(price, worst):
    """Return what corrections leave of 1; NaN if there is nothing to score."""
    return 1 - min(price, worst) / worst if worst else float("nan")


def _f1(n_both, n_true, n_pred):
    """Return F1 of counts; NaN if there is nothing to find and nothing found."""
    return 2 * n_both / (n_true + n_pred) if n_true + n_pred else float("nan")


def _check_movie(labels, name):
    """Raise ValueError unless the labels have axes (T, H, W)."""
    labels = np.asarray(labels)
    if labels.ndim != 3:
        raise ValueError(
            f"`{name}` must have axes (T, H, W), got shape {labels.shape}; "
            f"one frame is labels[None]"
        )
    return labels
