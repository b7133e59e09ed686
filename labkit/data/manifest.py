"""The manifest: which image sets there are and what is known about them."""

import copy
import functools
from pathlib import Path

import yaml


def names():
    """List the names of all image sets.

    Returns
    -------
    list of str

    Examples
    --------
    >>> lk.data.names()[:2]
    ['nuclei', 'scratch_assay']
    """
    return list(_manifest())


def info(name):
    """Tell what is known about an image set.

    Parameters
    ----------
    name : str
        One of `names`.

    Returns
    -------
    dict
        ``what, licence, citation, shape, um_per_px, minutes_per_frame`` (None
        where unknown), then where the files are and how they are read.

    Raises
    ------
    ValueError
        If there is no such set; the message lists all.

    Examples
    --------
    >>> lk.data.info("scratch_assay")["um_per_px"]
    0.619
    """
    if name not in _manifest():
        raise ValueError(f"no image set {name!r}; known: {', '.join(names())}")
    return copy.deepcopy(_manifest()[name])


@functools.lru_cache(maxsize=1)
def _manifest():
    """Read the manifest: in the installed package, else in the repository."""
    package = Path(__file__).parents[1]
    for folder in (package, package.parent):
        file = folder / "data_manifest.yaml"
        if file.exists():
            return yaml.safe_load(file.read_text(encoding="utf-8"))
    raise FileNotFoundError(
        f"data_manifest.yaml is missing beside {package}; install labkit again"
    )
