"""Robustness of `canteen` to errors: a wrong row hardly moves the orders, a real change is accepted."""

import pytest

from beffroi.systems.canteen import make_sample, run
from beffroi.systems.check.bench import with_column

pytestmark = pytest.mark.requirement("R42")


def test_a_planted_wrong_row_is_reported_by_name_and_hardly_moves_the_order() -> None:
    town = make_sample(3, sites=4, years=2)
    before = run(town, {"days": 3}, 0)
    meals = town["attendance"]["meals"].to_pylist()
    last = len(meals) - 1
    meals[last] *= 100  # two zeros too many on the last day known
    after = run(with_column(town, "attendance", "meals", meals), {"days": 3}, 0)
    place = town["attendance"]["site"][last].as_py()
    assert any("très au-dessus de l’habitude" in note and place in note for note in after.notes)
    ordered = [sum(outcome.table["order"].to_pylist()) for outcome in (before, after)]
    assert abs(ordered[1] - ordered[0]) < 0.02 * ordered[0]


def test_a_site_that_really_grows_is_believed_after_some_weeks() -> None:
    town = make_sample(3, sites=4, years=2)
    rows = town["attendance"].to_pylist()
    place = rows[-1]["site"]
    days = sorted({row["date"] for row in rows})
    meals = [
        row["meals"] * 6 if row["site"] == place and row["date"] >= days[-60] else row["meals"]
        for row in rows
    ]
    outcome = run(with_column(town, "attendance", "meals", meals), {"days": 1, "horizon_days": 1}, 0)
    (forecast,) = [row["forecast"] for row in outcome.table.to_pylist() if row["site"] == place]
    usual = sum(row["meals"] for row in rows if row["site"] == place) / sum(
        row["site"] == place for row in rows
    )
    assert forecast > 3 * usual
