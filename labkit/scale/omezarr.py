"""Label images as OME-Zarr: a pyramid for each block, chunks that no two blocks share.

Written as version 0.4 (zarr 2), which today's readers all open; into an OME-Zarr of
version 0.5 (zarr 3) as 0.5, since one cannot hold the other. Cores of blocks are whole
chunks at every level of the pyramid, so that blocks can be written in any order and by
several processes at once.
"""

from pathlib import Path

from .arrays import ome_of

CHUNK = 1024  # px, at most
SMALL = 512  # px: the side from which on there is no smaller level
LEAST_CHUNK = 32  # px
COMPRESSOR = {"cname": "zstd", "clevel": 1}


def n_levels(shape, core):
    """How many sizes of a plane are stored, each half of the one before.

    Parameters
    ----------
    shape : (int, int)
    core : int
        Side of the blocks' cores, px.

    Returns
    -------
    int
    """
    n = 1
    while (
        max(shape) >> (n - 1) > SMALL and core % 2**n == 0 and core >> n >= LEAST_CHUNK
    ):
        n += 1
    return n


def create(path, name, shape, core, *, um_per_px=None, minutes_per_frame=None):
    """Create an empty label image in an OME-Zarr.

    Parameters
    ----------
    path : str or Path
        The zarr folder; made if needed, labels of other names in it stay.
    name : str
    shape : (T, H, W)
    core : int
        Side of the blocks' cores, px.
    um_per_px, minutes_per_frame : float, optional
    """
    import zarr

    newer = (Path(path) / "zarr.json").is_file()
    root = zarr.open_group(str(path), mode="a", zarr_format=3 if newer else 2)
    labels = root.require_group("labels")
    others = [one for one in ome_of(labels).get("labels", []) if one != name]
    image = labels.create_group(name, overwrite=True)
    chunk = core
    while chunk > CHUNK and chunk % 2 == 0:
        chunk //= 2
    for level in range(n_levels(shape[1:], core)):
        side = min(chunk, core >> level)
        image.create_array(
            str(level),
            shape=(shape[0], *(-(-n // 2**level) for n in shape[1:])),
            chunks=(1, side, side),
            dtype="int32",
            fill_value=0,
            **_encoding(newer),
        )
    n = n_levels(shape[1:], core)
    _describe(image, _metadata(name, n, um_per_px, minutes_per_frame), newer)
    _describe(labels, {"labels": sorted([*others, name])}, newer)


def _encoding(newer):
    """How arrays are stored in zarr 3 (newer) or 2."""
    if not newer:
        compressor = {"id": "blosc", **COMPRESSOR, "shuffle": 0}
        keys = {"name": "v2", "separator": "/"}
        return {"compressors": compressor, "chunk_key_encoding": keys}
    settings = {**COMPRESSOR, "shuffle": "noshuffle"}
    return {"compressors": {"name": "blosc", "configuration": settings}}


def _describe(group, about, newer):
    """Add OME metadata to a group: of version 0.5 (newer), or of 0.4."""
    if newer:
        group.attrs["ome"] = {**ome_of(group), "version": "0.5", **about}
        return
    for part in (*about.get("multiscales", []), about.get("image-label", {})):
        part["version"] = "0.4"
    group.attrs.update(about)


def write(path, name, frame, corner, labels):
    """Write the core of one block, at all sizes.

    Parameters
    ----------
    path : str or Path
    name : str
    frame : int
    corner : (int, int)
        First row and column of the core in the plane.
    labels : (h, w) ndarray of int32
    """
    import zarr

    image = zarr.open_group(f"{path}/labels/{name}", mode="r+")
    for level in range(len(ome_of(image)["multiscales"][0]["datasets"])):
        small = labels[:: 2**level, :: 2**level]
        row, col = (start >> level for start in corner)
        place = frame, slice(row, row + len(small)), slice(col, col + small.shape[1])
        image[str(level)][place] = small


def read_labels(path, name="nuclei", *, level=0):
    """Open labels that `annotate_zarr` or `segment_zarr` wrote.

    Parameters
    ----------
    path : str or Path
        The OME-Zarr.
    name : str
    level : int
        0 is the full size, each next one half of it.

    Returns
    -------
    (T, H, W) dask.array.Array of int32
        Read when it is computed.

    Raises
    ------
    FileNotFoundError
        If there are no such labels.
    """
    import dask.array as da

    folder = Path(path) / "labels" / name / str(level)
    if not folder.is_dir():
        raise FileNotFoundError(
            f"there are no labels {name!r} of level {level} in {path}"
        )
    return da.from_zarr(str(folder))


def _metadata(name, n_levels, um_per_px, minutes_per_frame):
    """OME metadata of a label image."""
    size, step = um_per_px or 1.0, minutes_per_frame or 1.0
    space = {"unit": "micrometer"} if um_per_px else {}
    axes = [{"name": "t", "type": "time"}]
    axes[0] |= {"unit": "minute"} if minutes_per_frame else {}
    axes += [{"name": axis, "type": "space", **space} for axis in "yx"]
    datasets = [
        {
            "path": str(level),
            "coordinateTransformations": [
                {"type": "scale", "scale": [step, size * 2**level, size * 2**level]}
            ],
        }
        for level in range(n_levels)
    ]
    image = {"name": name, "axes": axes, "datasets": datasets}
    about = {"description": "nearest neighbour", "method": "labels[::2, ::2]"}
    image |= {"type": "nearest", "metadata": about}
    return {"multiscales": [image], "image-label": {}}
