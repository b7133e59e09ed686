"""The report: self-contained, escaped, complete or absent."""

import dataclasses
import re
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import numpy as np
import pytest

from labkit.params import Params
from labkit.report import Section, format_number, versions, write_report

VOID = {"meta", "link", "img", "br"}


class Strict(HTMLParser):
    """Collects tags and complains about those that do not nest."""

    def __init__(self):
        super().__init__()
        self.open, self.links, self.seen = [], [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.links += [v for k, v in attrs if k in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@dataclasses.dataclass(frozen=True)
class Knobs(Params):
    sigma: float = 1.5


def full_section():
    figure, ax = plt.subplots(figsize=(2, 1))
    ax.plot([0, 1])
    table = np.array([(1, 2.5), (2, np.nan)], dtype=[("frame", "i4"), ("speed", "f8")])
    return Section(
        "Speed <fast>",
        text="First & second.\n\nNew paragraph.",
        numbers=[(12345, "nuclei"), (0.98765, "precision"), (10.0, "px")],
        figures=[(figure, 'a "curve"')],
        tables=[(table, "speeds"), ([{"group": "a<b", "f1": 0.5}], "groups")],
        warnings=["only <2> nuclei"],
        details={"Parameters": Knobs(), "Note": "a < b"},
    )


def test_page_is_one_well_formed_file_without_outside_links(tmp_path):
    path = tmp_path / "report.html"
    sections = [full_section(), Section("Two"), Section("Three")]
    write_report(path, "T & T", sections, lead="Lead.", command="labkit demo -o x")
    text = path.read_text(encoding="utf-8")
    parser = Strict()
    parser.feed(text)
    assert parser.open == []
    assert all(link.startswith(("data:", "#s")) for link in parser.links)
    assert "script" not in parser.seen
    for target in re.findall(r'href="#(s\d)"', text):
        assert f'id="{target}"' in text
    plt.close("all")


def test_numbers_tables_and_words_arrive_escaped(tmp_path):
    path = tmp_path / "report.html"
    write_report(path, "T", [full_section()], command="labkit demo -o 'a b'")
    text = path.read_text(encoding="utf-8")
    for part in (
        "<dd>12,345</dd>",
        "<dd>0.988</dd>",
        "<dd>10</dd>",
        "Speed &lt;fast&gt;",
        "only &lt;2&gt; nuclei",
        '<td class="words">a&lt;b</td>',
        "<td>–</td>",
        "sigma: 1.5",
        "<p>First &amp; second.</p>\n<p>New paragraph.</p>",
        "labkit demo -o &#x27;a b&#x27;",
        versions()["numpy"],
    ):
        assert part in text
    plt.close("all")


def test_picture_may_be_a_file_or_bytes(tmp_path):
    picture = tmp_path / "p.png"
    picture.write_bytes(b"\x89PNG1")
    section = Section("S", figures=[(picture, "file"), (b"\x89PNG1", "bytes")])
    write_report(tmp_path / "r.html", "T", [section])
    assert (tmp_path / "r.html").read_text().count("base64,iVBORzE=") == 2


def test_failure_leaves_the_previous_page(tmp_path):
    path = tmp_path / "report.html"
    write_report(path, "Old", [Section("S")])
    broken = Section("S", figures=[(tmp_path / "missing.png", "gone")])
    with pytest.raises(FileNotFoundError):
        write_report(path, "New", [broken])
    assert "<title>Old</title>" in path.read_text()
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_no_section_is_refused(tmp_path):
    with pytest.raises(ValueError, match="at least one section"):
        write_report(tmp_path / "r.html", "T", [])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, "3"),
        (np.int32(1000), "1,000"),
        (0.0, "0.000"),
        (12.345, "12.3"),
        (12345.6, "12,346"),
        (np.nan, "–"),
        (None, "–"),
        ("x", "x"),
        (True, "True"),
    ],
)
def test_format_number(value, shown):
    assert format_number(value) == shown
