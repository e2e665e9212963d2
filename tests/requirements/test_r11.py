"""R11: only the data that are necessary, and no more of them than training needs."""

import pytest

from systems.reports import canteen_point, canteen_report

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("canteen_report")]


def test_r11_each_declared_column_is_needed_and_no_other_is_given() -> None:
    for key in ("read", "dropped", "same"):
        assert canteen_point(key).ok, canteen_point(key).told


def test_r11_the_learning_curve_shows_that_less_history_does_worse() -> None:
    curve = dict(canteen_report().learning)
    assert curve.keys() == {0.25, 0.5, 1.0}
    assert curve[0.25] > curve[0.5] > curve[1.0]
    assert "il est nécessaire" in canteen_point("learning").told
