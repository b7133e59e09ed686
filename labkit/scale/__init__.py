"""Whole experiments, on all cores or on a Dask cluster: the same functions, lazily.

Movies, plates and tile scans larger than memory are read block by block from OME-Zarr,
TIFF or a folder of images, annotated or segmented, and written as OME-Zarr labels and
a table while it runs. Objects are settled over the seams of blocks; a run that was
stopped goes on where it was.
"""

from .estimating import Estimate, estimate
from .labelled import LabelMovie, open_labels
from .omezarr import read_labels
from .preparing import prepare_annotation, prepare_segmentation
from .running import Result, compute
from .sources import Source, open_source

__all__ = [
    "Estimate",
    "LabelMovie",
    "Result",
    "Source",
    "annotate_zarr",
    "compute",
    "estimate",
    "open_labels",
    "open_source",
    "prepare_annotation",
    "prepare_segmentation",
    "read_labels",
    "segment_zarr",
]


def annotate_zarr(
    source,
    out,
    params=None,
    *,
    channel=None,
    block=2048,
    halo=None,
    name="nuclei",
    overwrite=False,
    workers=None,
    scheduler=None,
    progress=True,
):
    """Annotate a whole experiment automatically, see `labkit.auto.annotate`.

    Frames that fit into a block come out as `labkit.auto.annotate` makes them at the
    diameter of the source. Larger ones are cut into blocks; what the method reads off
    a whole image is fixed for each frame beforehand.

    Parameters
    ----------
    source : str, Path or list of these
        OME-Zarr, TIFF, or a folder of images, see `open_source`.
    out : str or Path
        The OME-Zarr to write, ``NAME.zarr``; the table goes beside it. Called again
        with the same arguments, what is done already is not done again.
    params : labkit.auto.AutoParams, optional
        Without a diameter, it is estimated once for the whole source.
    channel : int or str, optional
    block : int
        Side of a block, px: a multiple of 256. Memory grows with its square.
    halo : int, optional
        How much more a block sees on each side, px. By default 3.75 diameters.
    name : str
        Of the labels in the OME-Zarr.
    overwrite : bool
        Begin anew, whatever is there.
    workers : int, optional
        Threads, or processes of a local cluster. By default one for each core.
    scheduler : str or distributed.Client, optional
        "threads" (default), "processes" for a local cluster, or an address such as
        ``tcp://host:8786`` whose workers see the same files.
    progress : bool

    Returns
    -------
    Result

    Raises
    ------
    FileNotFoundError, PermissionError
        If the source is not there, or a place cannot be written to.
    ValueError, TypeError
        If the source or the parameters make no sense, or `out` holds a run with other
        settings; the message names them.
    ConnectionError
        If the scheduler does not answer.

    Examples
    --------
    >>> import tempfile
    >>> from labkit.files.images import write_image
    >>> movie = lk.synth.simulate_movie(3, (256, 256), 9, seed=1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_image(f"{folder}/movie.tif", movie.images)
    ...     done = lk.scale.annotate_zarr(
    ...         f"{folder}/movie.tif", f"{folder}/out.zarr", progress=False
    ...     )
    ...     labels = lk.scale.read_labels(done.path).compute()
    >>> labels.shape, [int(one.max()) for one in labels] == done.n_objects
    ((3, 256, 256), True)
    """
    run = prepare_annotation(
        source,
        out,
        params,
        channel=channel,
        block=block,
        halo=halo,
        name=name,
        overwrite=overwrite,
    )
    return compute(run, workers=workers, scheduler=scheduler, progress=progress)


def segment_zarr(
    source,
    out,
    model="nuclei",
    *,
    diameter="auto",
    tta=False,
    post=None,
    device=None,
    channel=None,
    block=2048,
    halo=None,
    name="nuclei",
    overwrite=False,
    workers=None,
    scheduler=None,
    progress=True,
):
    """Segment a whole experiment with a model, see `labkit.segment.segment`.

    Parameters
    ----------
    source, out, channel, block, name, overwrite, workers, scheduler, progress
        As of `annotate_zarr`.
    model : str, Path or labkit.models.Model
        Name of one that comes along, a folder, or a model, which is then saved beside
        the result. Every worker loads it once.
    diameter : float or str
        Typical nucleus diameter, px; "auto": found by the model, once for the whole
        source; "trained": that of its training.
    tta : bool
        Average over the 8 ways to turn and mirror an image.
    post : labkit.segment.PostParams, optional
        What follows the model.
    device : str, optional
        "cpu" or "cuda"; by default the GPU if a worker has one.
    halo : int, optional
        By default half as far as the network can look and 1.5 diameters.

    Returns
    -------
    Result

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError, TypeError, ConnectionError
        As `annotate_zarr`, and if there is no such model.
    """
    run = prepare_segmentation(
        source,
        out,
        model,
        diameter=diameter,
        tta=tta,
        post=post,
        device=device,
        channel=channel,
        block=block,
        halo=halo,
        name=name,
        overwrite=overwrite,
    )
    return compute(run, workers=workers, scheduler=scheduler, progress=progress)
