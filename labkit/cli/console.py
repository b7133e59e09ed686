"""What the commands share: progress, clear errors, what is kept on Ctrl-C."""

import contextlib
import os
import sys
from pathlib import Path

import typer

from ..words import counted


class Guard:
    """Holds what to tell the user if the command stops early.

    Attributes
    ----------
    kept : str
        What is complete on disk, as a sentence.
    """

    kept = "nothing was written"


@contextlib.contextmanager
def guard(context, out=None):
    """Turn errors into one line and exit code 1, Ctrl-C into exit code 130.

    Parameters
    ----------
    context : typer.Context
        Its `obj` is true with ``--debug``: then errors keep their traceback.
    out : Path, optional
        Folder for the results. If it is made here and still empty at a failure, it
        is removed.

    Yields
    ------
    Guard
    """
    state = Guard()
    try:
        with clean(out):
            yield state
    except KeyboardInterrupt:
        fail(f"interrupted; {state.kept}")
        raise typer.Exit(130) from None
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except BrokenPipeError:  # the reader, such as head, has seen enough: click ends
        raise
    except (ValueError, TypeError, OSError) as error:
        if context.obj:
            raise
        fail(f"error: {one_line(error)}")
        raise typer.Exit(1) from None
    except Exception as error:
        if context.obj:
            raise
        fail(
            f"error: {type(error).__name__}: {one_line(error)} (this is a fault of "
            f"labkit; `labkit --debug ...` shows where)"
        )
        raise typer.Exit(1) from None


@contextlib.contextmanager
def clean(out):
    """Remove `out` and the folders around it at an error, if made here and empty."""
    folders = [] if out is None else [out, *out.parents]
    made = [folder for folder in folders if not os.path.lexists(folder)]
    try:
        yield
    except BaseException:
        for folder in made:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def say(text):
    """Print one line of result."""
    typer.echo(text)


def warn(text):
    """Print a warning, below the result that it belongs to."""
    typer.secho(f"  warning: {text}", err=True, fg=typer.colors.YELLOW)


def foretell(command):
    """Return a function that says an `Expected` in a line.

    `command` is what works block by block, for what does not fit into the memory.
    """

    def tell(expected):
        import psutil

        of = "{} x {} px".format(*expected.shape) if expected.shape else "several sizes"
        say(
            f"{counted(expected.n_images, 'image')} of {of}: "
            f"about {duration(expected.seconds)}, {expected.memory:.1f} GB of memory"
        )
        free = psutil.virtual_memory().available / 1e9
        if expected.memory > psutil.Process().memory_info().rss / 1e9 + free:
            hint = f"; labkit {command} works block by block" if command else ""
            warn(f"only {free:.1f} GB of memory are free{hint}")

    return tell


def duration(seconds):
    """Seconds as people say them."""
    for unit, size in (("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def fail(text):
    """Print why something failed."""
    typer.secho(text, err=True, fg=typer.colors.RED)


def one_line(error):
    """Return the message of an exception as one line."""
    if isinstance(error, KeyError) and error.args:
        error = error.args[0]
    return " ".join(str(error).split()) or type(error).__name__


def follow(results, n_files, out, state):
    """Report each FileResult as it comes; exit with code 1 if one has failed.

    Parameters
    ----------
    results : iterator of FileResult
    n_files : int
        How many will come.
    out : Path
    state : Guard
    """
    done, failed = 0, []
    state.kept = f"no result of {n_files} yet"
    with bar(n_files) as advance:
        for result in results:
            if result.error:
                failed.append(result)
            else:
                done += 1
                say(summary(result))
                for warning in result.warnings:
                    warn(warning)
            state.kept = f"{done} of {n_files} results are complete in {out}"
            advance()
    for result in failed:
        name = "" if str(result.path) in result.error else f"{result.path}: "
        fail(f"error: {name}{result.error}")
    where = f", results in {out}" if done or not failed else ""
    if n_files:
        say(f"{done} of {n_files} files done{where}")
    else:
        say(f"nothing to do: all results are in {out} already")
    if failed:
        raise typer.Exit(1)


def tell_of_folders_within(paths, out):
    """Warn of folders of images within those given: they are left out."""
    from ..files.planes import SUFFIXES

    for folder in filter(Path.is_dir, paths):
        within = (f for f in sorted(folder.iterdir()) if f.is_dir() and f.suffix == "")
        names = [
            one.name
            for one in within
            if os.access(one, os.R_OK)
            and not out.resolve().is_relative_to(one.resolve())
            and any(file.suffix.lower() in SUFFIXES for file in one.iterdir())
        ]
        if names:
            some = ", ".join(names[:5]) + ", ..." * (len(names) > 5)
            warn(f"folders within {folder} were left out ({some}); pass them as well")


def summary(result):
    """Return 'in -> out: 12 nuclei'."""
    counts = result.n_objects
    if not counts:
        return f"{result.path} -> {result.output}: left as it is"
    if len(counts) == 1:
        found = counted(counts[0], "nucleus", "nuclei")
    else:
        low, high = min(counts), max(counts)
        some = f"{low} to {high}" if low < high else f"{low}"
        found = f"{len(counts)} frames, {some} nuclei each"
    size = f", at a diameter of {result.diameter:.1f} px" if result.diameter else ""
    return f"{result.path} -> {result.output}: {found}{size}"


@contextlib.contextmanager
def bar(total):
    """Show a progress bar on a terminal; yield the function that advances it."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)
        yield lambda: progress.advance(task)


def load_params(kind, path, **changes):
    """Return parameters from a YAML file, if any, with the given options on top.

    `kind` is their class, or an instance: what counts without a file.
    """
    usual = kind() if isinstance(kind, type) else kind
    params = usual if path is None else type(usual).load(path)
    return params.replace(**{k: v for k, v in changes.items() if v is not None})


def name_twins(name):
    """Say which model is used if a folder is called like one that comes along."""
    from ..models.store import shipped

    if name in shipped("StarDist") and Path(name, "model.yaml").exists():
        warn(f"using the {name} that comes with labkit; your folder is ./{name}")
