"""One self-contained HTML page: pictures, numbers, warnings, how to repeat it.

Pictures are embedded, nothing is loaded from elsewhere and no script runs, so the
page can be mailed, archived and opened on a phone.
"""

import base64
import dataclasses
import html
import io
import platform
from importlib import metadata, resources
from pathlib import Path

import numpy as np
import yaml

import labkit

from .files.atomic import atomic

LIBRARIES = ("numpy", "scikit-image", "opencv-python-headless", "numba", "torch")


@dataclasses.dataclass
class Section:
    """One section of the page; every part but the title may be left out.

    Attributes
    ----------
    title : str
        Heading.
    text : str
        Plain text; an empty line starts a new paragraph.
    numbers : list of (value, str)
        Key figures and what they mean, shown large.
    figures : list of (Figure or Path or bytes, str)
        Matplotlib figure or PNG, and its caption.
    tables : list of (ndarray or list of dict, str)
        Structured array or rows, and the caption.
    warnings : list of str
        What the reader must know before trusting the rest.
    details : dict of str to Params, dict or str
        Folded away under a heading: parameters, versions, commands.
    """

    title: str
    text: str = ""
    numbers: list = dataclasses.field(default_factory=list)
    figures: list = dataclasses.field(default_factory=list)
    tables: list = dataclasses.field(default_factory=list)
    warnings: list = dataclasses.field(default_factory=list)
    details: dict = dataclasses.field(default_factory=dict)


def write_report(path, title, sections, *, lead="", command=""):
    """Write sections as one self-contained HTML file (complete or not at all).

    Parameters
    ----------
    path : str or Path
        The file to write.
    title : str
        Heading of the page.
    sections : list of Section
        In reading order.
    lead : str
        One or two sentences below the heading.
    command : str
        What to type to make this page again; shown at its end.

    Raises
    ------
    ValueError
        If there is no section.
    PermissionError
        If the folder cannot be written to.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> write_report(path, "Nuclei", [Section("Found", numbers=[(125, "nuclei")])])
    >>> "<dd>125</dd>" in path.read_text(encoding="utf-8")
    True
    """
    if not sections:
        raise ValueError("a report needs at least one section, got none")
    body = [_header(title, lead, sections), "<main>"]
    body += [_section(number, section) for number, section in enumerate(sections, 1)]
    body += ["</main>", _footer(command)]
    with atomic(path) as temporary:
        temporary.write_text(_page(title, "\n".join(body)), encoding="utf-8")


def versions():
    """Return {name: version} of labkit, Python and the libraries that compute."""
    found = {"labkit": labkit.__version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed as a package of this name"
    return found


def format_number(value):
    """Return a number as a reader wants it: 1,234 or 0.987 or a dash for NaN.

    Examples
    --------
    >>> format_number(12345), format_number(0.98765), format_number(float("nan"))
    ('12,345', '0.988', '–')
    """
    if isinstance(value, str | bytes | bool | np.bool_) or value is None:
        return "–" if value is None else str(value)
    if float(value) != float(value):
        return "–"
    if isinstance(value, int | np.integer):
        return f"{int(value):,}"
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{float(value):,.{digits}f}"


def _page(title, body):
    """Wrap the body into a document with its style sheet."""
    css = resources.files("labkit").joinpath("report.css").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{css}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _header(title, lead, sections):
    """Return the heading, its sentence and links to the sections."""
    links = "".join(
        f'<a href="#s{number}">{html.escape(section.title)}</a>'
        for number, section in enumerate(sections, 1)
    )
    lead = f'<p class="lead">{html.escape(lead)}</p>' if lead else ""
    nav = f'<nav aria-label="Sections">{links}</nav>' if len(sections) > 2 else ""
    return f"<header><h1>{html.escape(title)}</h1>{lead}{nav}</header>"


def _section(number, section):
    """Return one section."""
    parts = [f'<section id="s{number}"><h2>{html.escape(section.title)}</h2>']
    parts += [_warnings(section.warnings)] if section.warnings else []
    parts += [f"<p>{html.escape(p)}</p>" for p in section.text.split("\n\n") if p]
    parts += [_numbers(section.numbers)] if section.numbers else []
    parts += [_figure(figure, caption) for figure, caption in section.figures]
    parts += [_table(table, caption) for table, caption in section.tables]
    parts += [_details(name, value) for name, value in section.details.items()]
    return "\n".join([*parts, "</section>"])


def _warnings(warnings):
    """Return a marked box with one line a warning."""
    items = "".join(f"<li>{html.escape(warning)}</li>" for warning in warnings)
    return f'<div class="warnings"><strong>Look here</strong><ul>{items}</ul></div>'


def _numbers(numbers):
    """Return the key figures."""
    cards = "".join(
        f"<div><dt>{html.escape(meaning)}</dt>"
        f"<dd>{html.escape(_short(format_number(value)))}</dd></div>"
        for value, meaning in numbers
    )
    return f'<dl class="numbers">{cards}</dl>'


def _short(number):
    """Drop the zeros at the end of a decimal number: 10.0 is shown as 10."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def _figure(figure, caption):
    """Return a picture, embedded."""
    code = base64.b64encode(_png(figure)).decode("ascii")
    caption = html.escape(caption)
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{code}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _png(figure):
    """Return the PNG bytes of a matplotlib figure, a path or bytes."""
    if isinstance(figure, bytes):
        return figure
    if isinstance(figure, str | Path):
        return Path(figure).read_bytes()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    return buffer.getvalue()


def _table(table, caption):
    """Return a structured array or a list of dicts as a table."""
    if isinstance(table, np.ndarray):
        names, rows = table.dtype.names, [row.tolist() for row in table]
    else:
        names = list(dict.fromkeys(name for row in table for name in row))
        rows = [[row.get(name) for name in names] for row in table]
    head = "".join(f'<th scope="col">{html.escape(str(name))}</th>' for name in names)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    caption = html.escape(caption)
    return (
        f'<p class="caption">{caption}</p>'
        f'<div class="scroll"><table aria-label="{caption}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _cell(value):
    """Return one table cell; words go left, numbers right."""
    words = ' class="words"' if isinstance(value, str) else ""
    return f"<td{words}>{html.escape(format_number(value))}</td>"


def _details(name, value):
    """Return a folded block; parameters and dicts are shown as YAML."""
    if dataclasses.is_dataclass(value):
        value = dataclasses.asdict(value)
    if not isinstance(value, str):
        value = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return (
        f"<details><summary>{html.escape(name)}</summary>"
        f"<pre>{html.escape(value)}</pre></details>"
    )


def _footer(command):
    """Return how to repeat this, with versions."""
    repeat = f"<p>Make this page again:</p><pre>{html.escape(command)}</pre>"
    found = ", ".join(f"{name} {version}" for name, version in versions().items())
    return f"<footer>{repeat if command else ''}<p>{html.escape(found)}</p></footer>"
