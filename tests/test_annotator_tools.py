"""The annotator: polygon, box, brush, choice and classes."""

import numpy as np
import pytest
from annotator_scenes import circle, discs, ids, picture

from labkit.canvas import Annotator
from labkit.canvas.keys import TOOLS


def test_polygon_by_clicks(annotator):
    annotator.press("a")
    annotator.press("p")
    for corner in [(10, 10), (10, 50), (50, 50), (50, 10)]:
        annotator.draw([corner])
    assert len(annotator.session.corners) == 4
    annotator.draw([(11, 11)])
    assert annotator.annotation[1].area == pytest.approx(1600)
    for corner in [(60, 60), (60, 90), (90, 90)]:
        annotator.draw([corner])
    annotator.press("Enter")
    assert annotator.annotation[2].area == pytest.approx(450)
    annotator.draw([(60, 60)])
    annotator.press("Enter")
    assert "3 corners" in annotator.status


def test_boxes(annotator):
    annotator.press("a")
    annotator.press("b")
    annotator.draw([(40, 50), (20, 25)])
    box = annotator.annotation[1]
    assert box.is_box
    assert box.polygon.tolist() == [[20, 25], [20, 50], [40, 50], [40, 25]]


def test_double_click_edits_with_the_brush(repaired):
    before = repaired.labels
    repaired.screen.send_double((30, 30))
    assert repaired.session.tool == "brush"
    repaired.session.brush_radius = 4
    repaired.draw([(30, 43)])
    assert ((repaired.labels == 1) & (before == 0)).sum() > 10
    repaired.draw([(30, 20), (30, 40)], alt=True)
    assert repaired.labels[30, 30] == 0
    repaired.press("z")
    repaired.press("z")
    assert np.array_equal(repaired.labels, before)


def test_select_merge_split_delete(repaired):
    repaired.press("s")
    repaired.draw([(30, 30)])
    repaired.draw([(30, 80)], shift=True)
    assert repaired.session.selected == (1, 2)
    repaired.press("m")
    assert ids(repaired) == [1, 3]
    repaired.press("k")
    repaired.draw([(55, 50), (90, 50)])
    assert ids(repaired) == [1, 3, 4]
    assert "cut into 2" in repaired.status
    repaired.draw([(0, 0), (0, 10)])
    assert "no object is cut" in repaired.status
    repaired.press("s")
    repaired.draw([(50, 30), (95, 70)])
    assert set(repaired.session.selected) == {3, 4}
    repaired.press("Delete")
    assert ids(repaired) == [1]
    repaired.press("z")
    assert ids(repaired) == [1, 3, 4]


def test_smooth_grow_shrink_act_on_choice_and_suggestion(repaired):
    repaired.press("s")
    repaired.draw([(70, 50)])
    area = repaired.annotation[3].area
    repaired.press("+")
    assert repaired.annotation[3].area > area
    repaired.press("-")
    repaired.press("o")
    assert abs(repaired.annotation[3].area - area) < 40
    other = Annotator(picture(discs()), model=None, ink=False)
    other.draw(circle((30, 30), 14))
    other.press("+")
    other.press("Enter")
    assert other.annotation[1].edited
    assert (other.labels == 1).sum() > (discs() == 1).sum()


def test_brush_on_a_suggestion(annotator):
    annotator.draw(circle((30, 30), 14))
    annotator.press("e")
    annotator.draw([(30, 48)])
    annotator.press("Enter")
    assert annotator.labels[30, 50] == 1
    assert annotator.annotation[1].edited


def test_brush_size(annotator):
    annotator.press("]")
    assert annotator.session.brush_radius == pytest.approx(6.25)
    annotator.press("[")
    annotator.press("[")
    assert annotator.session.brush_radius == pytest.approx(4.0)
    annotator.press("e")
    assert annotator.screen.pen.size == pytest.approx(8.0)


# Classes


def test_classes_by_keys(repaired):
    repaired.do("add class:normal")
    repaired.do("add class:cancerous")
    repaired.press("s")
    repaired.draw([(30, 30)])
    repaired.press("1")
    assert repaired.annotation[1].class_id == 1
    repaired.press("1")
    assert repaired.annotation[1].class_id == 1
    repaired.press("0")
    assert repaired.annotation[1].class_id == 0
    repaired.press("2")
    assert repaired.annotation[1].class_id == 2
    repaired.press("Escape")
    repaired.press("1")
    repaired.press("a")
    repaired.press("d")
    repaired.draw(circle((85, 100), 8))
    assert repaired.annotation[4].class_id == 1


def test_painting_classes():
    annotator = Annotator(
        picture(discs()), model=None, ink=False, classes=["nucleus", "dirt"]
    )
    annotator.press("w")
    annotator.draw([(30, 20), (30, 40)])
    assert "class" in annotator.status
    annotator.press("2")
    assert annotator.status == "class 2: dirt"
    annotator.draw([(30, 20), (30, 40)])
    assert annotator.annotation.class_map()[30, 30] == 2
    annotator.draw([(30, 30)], alt=True)
    assert annotator.annotation.class_map()[30, 30] == 0
    annotator.press("z")
    assert annotator.annotation.class_map()[30, 30] == 2


def test_hovering_says_what_is_there(repaired):
    repaired.do("add class:normal")
    repaired.annotation.set_class(1, 1)
    repaired.screen.send_hover((30, 30))
    assert repaired.status == "object 1: normal, 441 px"
    repaired.screen.send_hover(None)
    repaired.screen.send_hover((0, 0))
    assert repaired.status == "object 1: normal, 441 px"


def test_the_wheel_with_shift_changes_the_brush(annotator):
    annotator.screen.send_wheel((10, 10), -100, (True, False, False))
    assert annotator.session.brush_radius == pytest.approx(6.25)


def test_erasing_without_a_keyboard(repaired):
    repaired._toolbar.erase.value = True
    repaired.screen.send_double((30, 30))
    repaired.draw([(30, 20), (30, 40)])
    assert repaired.labels[30, 30] == 0
    repaired.draw([(30, 30)], alt=True)
    assert repaired.labels[30, 30] == 1
    repaired.press("Shift+e")
    assert not repaired._toolbar.erase.value
    repaired._toolbar.tool.value = "move"
    assert repaired.screen.pen.mode == "pan"


@pytest.mark.parametrize("tool", [tool.name for tool in TOOLS])
@pytest.mark.parametrize("points", [[], [(np.nan, 3), (5, 5)]])
def test_strokes_without_points_are_told(repaired, tool, points):
    repaired.session.use(tool)
    repaired.draw(points)
    assert "stroke" in repaired.status
    assert repaired.session.corners == []


def test_a_small_polygon_can_be_clicked_when_it_is_seen_large(annotator):
    annotator.press("a")
    annotator.press("p")
    for corner in [(10, 10), (10, 14), (14, 14), (14, 10)]:
        annotator.draw([corner])
    assert len(annotator.session.corners) == 4
    annotator.press("Enter")
    assert annotator.annotation[1].area == 16


def test_corners_are_kept_until_there_are_three(annotator):
    annotator.press("p")
    annotator.draw([(10, 10)])
    annotator.draw([(10, 40)])
    annotator.press("Enter")
    assert "3 corners" in annotator.status
    assert len(annotator.session.corners) == 2


def test_undo_takes_corners_back_first(repaired):
    repaired.press("p")
    repaired.draw([(50, 10)])
    repaired.draw([(50, 90)])
    repaired.press("z")
    assert repaired.session.corners == [(50, 10)]
    repaired.press("z")
    repaired.press("z")
    assert repaired.session.corners == []
    assert ids(repaired) == [1, 2, 3]
