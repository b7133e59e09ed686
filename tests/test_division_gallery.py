"""The gallery in which divisions are kept or taken back."""

import base64

import cv2
import numpy as np
import pytest
from track_scenes import discs, named_edges

from labkit.canvas import DivisionGallery
from labkit.track import Corrections, TrackParams, division_events, divisions, link

BEFORE, AFTER = [(30, 30), (30, 90)], [(30, 22), (30, 34), (30, 84), (30, 98)]


def two_divisions():
    """A movie of two discs that divide: images, labels, tracks."""
    labels = discs([BEFORE] * 5 + [AFTER] * 5, (60, 130), radius=5)
    tracks = link(labels, TrackParams(max_distance=14, min_division_score=0))
    assert len(divisions(tracks)) == 2
    return (labels > 0) * np.uint8(200), labels, tracks


def buttons(gallery, text):
    """The buttons of one name, in order."""
    found, todo = [], [gallery.widget]
    while todo:
        one = todo.pop(0)
        todo[:0] = getattr(one, "children", ())
        if getattr(one, "description", None) == text:
            found.append(one)
    return found


def test_no_division_lets_the_nearer_daughter_go_on():
    images, labels, tracks = two_divisions()
    gallery = DivisionGallery(images, labels, tracks)
    assert gallery.verdicts == ["", ""]
    place = [event["x"] for event in gallery.events]
    left = place.index(min(place))
    buttons(gallery, "no division")[left].click()
    assert gallery.verdicts[left] == "no"
    assert gallery.verdicts[1 - left] == ""
    lost = named_edges(tracks) - named_edges(gallery.tracks)
    (link_lost,) = lost
    far = labels[5, 30, 22]  # 8 px away, the other daughter 4 px
    assert link_lost[1] == (5, far)
    assert "no division" in gallery.status


def test_a_verdict_can_be_changed_and_undone():
    images, labels, tracks = two_divisions()
    gallery = DivisionGallery(images, labels, tracks)
    gallery.reject(0)
    gallery.reject(0)  # says it again
    assert len(gallery.corrections) == 1
    gallery.accept(0)
    assert gallery.verdicts == ["yes", ""]
    assert named_edges(gallery.tracks) == named_edges(tracks)
    gallery.reject(1)
    buttons(gallery, "↶ undo")[0].click()
    assert gallery.verdicts == ["yes", ""]
    buttons(gallery, "↶ undo")[0].click()  # the division that came back
    assert gallery.verdicts == ["no", ""]


def test_the_file_keeps_what_was_judged(tmp_path):
    images, labels, tracks = two_divisions()
    path = tmp_path / "judged.labkit"
    DivisionGallery(images, labels, tracks, path).reject(1)
    again = DivisionGallery(images, labels, path=path)
    assert len(again.events) == 1
    assert len(division_events(Corrections.open(path).tracks)) == 1


def test_pages_show_a_few_at_a_time():
    images, labels, tracks = two_divisions()
    gallery = DivisionGallery(images, labels, tracks, per_page=1)
    assert len(buttons(gallery, "division")) == 1
    first = gallery._page.children[0].children[1].value
    gallery.turn()
    second = gallery._page.children[0].children[1].value
    assert first != second
    buttons(gallery, "division")[0].click()
    assert gallery.verdicts == ["", "yes"]
    gallery.turn()
    assert gallery._page.children[0].children[1].value == second, "the last page stays"
    picture = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[1] > 3 * picture.shape[0]


def test_without_a_kernel_there_is_a_picture_of_the_page():
    images, labels, tracks = two_divisions()
    for per_page, n_rows in ((1, 1), (2, 1)):
        gallery = DivisionGallery(images, labels, tracks, per_page=per_page)
        data = base64.b64decode(gallery._repr_mimebundle_()["image/jpeg"])
        page = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        height, width, _ = gallery._strips[0].shape
        assert page.shape[:2] == (n_rows * (height + 6), 2 * (width + 6))


def test_what_was_deleted_elsewhere_is_told():
    images, labels, tracks = two_divisions()
    gallery = DivisionGallery(images, labels, tracks)
    gallery.corrections.delete(int(gallery.events["second_id"][0]))
    assert gallery.verdicts == ["gone", ""]
    buttons(gallery, "no division")[0].click()
    assert "gone" in gallery.status


def test_a_movie_without_divisions_is_said():
    images, labels, _ = two_divisions()
    with pytest.raises(ValueError, match="no track splits"):
        DivisionGallery(images[:4], labels[:4], link(labels[:4]))
    with pytest.raises(ValueError, match="labels of this movie"):
        DivisionGallery(images[:3], labels, link(labels))
