"""Get a run ready: open the source, fix the diameter, make room for the result."""

import shutil
from pathlib import Path

from .. import __version__
from ..auto import AutoParams
from . import omezarr
from .annotating import Annotation
from .blocks import MULTIPLE, Grid
from .segmenting import Segmentation
from .sources import open_source
from .steps import Run
from .store import Store, compare, run_folder

BLOCK = 2048  # px


def prepare_annotation(source, out, params=None, **options):
    """Get ready to annotate a whole experiment, see `annotate_zarr`.

    Parameters
    ----------
    source, out, params
        As of `annotate_zarr`.
    **options
        `channel`, `block`, `halo`, `name` and `overwrite` as there.

    Returns
    -------
    Run
        For `estimate` and `compute`.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `annotate_zarr`.
    """
    work = Annotation(params or AutoParams())
    return _prepare(source, out, work, **options)


def prepare_segmentation(
    source,
    out,
    model="nuclei",
    *,
    diameter="auto",
    tta=False,
    post=None,
    device=None,
    **options,
):
    """Get ready to segment a whole experiment, see `segment_zarr`.

    Parameters
    ----------
    source, out, model, diameter, tta, post, device
        As of `segment_zarr`.
    **options
        `channel`, `block`, `halo`, `name` and `overwrite` as there.

    Returns
    -------
    Run
        For `estimate` and `compute`.

    Raises
    ------
    FileNotFoundError, PermissionError, ValueError
        As `segment_zarr`.
    """
    name = options.get("name", "nuclei")
    if not isinstance(model, str | Path):
        folder = Path(run_folder(out, name), "model")
        model.save(folder)
        model = folder
    work = Segmentation(str(model), diameter, tta, post, device)
    work.warm_up()
    return _prepare(source, out, work, **options)


def _prepare(
    source,
    out,
    work,
    *,
    channel=None,
    block=BLOCK,
    halo=None,
    name="nuclei",
    overwrite=False,
):
    """Open the source, find what is the same for all blocks, or take up a run."""
    out = _check_out(out, name)
    opened = open_source(source, channel=channel, colour=work.colour)
    store = Store(str(run_folder(out, name)))
    asked = {
        "labkit": __version__,
        "source": opened.fingerprint(),
        "shape": list(opened.shape),
        "channel": None if channel is None else str(channel),
        "block": block,
        "halo": halo,
        **work.describe(),
    }
    asked = {name: _plain(value) for name, value in asked.items()}
    about = None if overwrite else store.about()
    if about is not None and (out / "labels" / name).is_dir():
        compare(asked, about["asked"], store.folder)
        work = work.at(about["diameter"])
        grid = _grid(opened, work, block, halo)
        return Run(opened, work, grid, str(out), name, store)
    _refuse_existing(out, name, overwrite)
    work = work.with_diameter(opened)
    grid = _grid(opened, work, block, halo)
    work.check(len(grid))
    for kept in ("blocks", "planes", "lines"):
        shutil.rmtree(Path(store.folder, kept), ignore_errors=True)
    scale = {
        "um_per_px": opened.um_per_px,
        "minutes_per_frame": opened.minutes_per_frame,
    }
    omezarr.create(out, name, opened.shape[:3], grid.core, **scale)
    store.save_about({"asked": asked, "diameter": work.diameter, "finished": False})
    return Run(opened, work, grid, str(out), name, store)


def _plain(value):
    """Value as it comes back from a YAML file."""
    if isinstance(value, tuple):
        return list(value)
    return value.item() if hasattr(value, "item") else value


def _grid(source, work, block, halo):
    """Blocks of a plane; a plane that is hardly larger than a block is one."""
    halo = work.halo if halo is None else int(halo)
    shape = source.shape[1:3]
    Grid(shape, block, 0)  # refuses what is no size of a block
    if max(shape) <= block + halo:
        block = max(-(-max(shape) // MULTIPLE) * MULTIPLE, MULTIPLE)
    return Grid(shape, block, halo, work.align)


def _check_out(out, name):
    """Refuse places that cannot hold the result."""
    out = Path(out)
    if out.suffix != ".zarr":
        raise ValueError(f"the result is an OME-Zarr: give a name in .zarr, got {out}")
    if not name or any(c in name for c in "/\\ ") or name.startswith("."):
        raise ValueError(f"`name` must be one word for the labels, got {name!r}")
    if out.is_file():
        raise ValueError(f"{out} is a file; a zarr is a folder: choose another name")
    return out


def _refuse_existing(out, name, overwrite):
    """Raise ValueError if there is a result that no run belongs to."""
    there = out / "labels" / name
    if there.exists() and not overwrite:
        raise ValueError(
            f"{there} is there already and not from a run that can go on; choose "
            f"another name, or overwrite"
        )
