"""Small towns: the canteen runs on one school of one village, and reports what it needs when there is less."""

import pytest

from beffroi.systems.canteen import make_sample
from beffroi.systems.runner import SystemFailed, execute

pytestmark = pytest.mark.requirement("R101")


def test_one_school_of_one_village_is_enough() -> None:
    village = make_sample(1, sites=1, years=2)
    outcome = execute("canteen", "run", village, {"days": 2}).outcome
    assert outcome is not None and outcome.table.num_rows == 2
    score = execute("canteen", "backtest", village).score
    assert score is not None and score.rows > 50


def test_three_rows_are_refused_with_what_is_needed() -> None:
    village = make_sample(1, sites=1, years=1)
    with pytest.raises(SystemFailed, match="deux mois d’école") as caught:
        execute("canteen", "run", {**village, "attendance": village["attendance"].slice(0, 3)})
    assert caught.value.kind == "données"
