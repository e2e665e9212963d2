"""R42: the risk of error is known and kept small."""

import pytest

from beffroi.systems.canteen import make_sample, run
from beffroi.systems.check.bench import with_column
from beffroi.web.territories.models import Person
from beffroi.web.workshop import services as workshop
from beffroi.web.workshop.errors import NotAllowedToRun
from beffroi.web.workshop.models import SystemUse
from life import carry
from systems.reports import canteen_point, canteen_report


@pytest.mark.slow
@pytest.mark.xdist_group("canteen_report")
def test_r42_the_error_is_a_figure_with_its_interval() -> None:
    report = canteen_report()
    assert report.value is not None and report.score is not None
    low, high = report.score["value_interval"]
    assert low < report.value < high
    assert canteen_point("coverage").ok and canteen_point("planted").ok


def test_r42_a_planted_wrong_row_is_told_by_name_and_hardly_moves_the_order() -> None:
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


def test_r42_a_site_that_really_grows_is_believed_after_some_weeks() -> None:
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


@pytest.mark.django_db
def test_r42_in_production_an_error_above_the_threshold_suspends_whoever_asks(
    measured: SystemUse, supervisor: Person
) -> None:
    use = carry(measured, "production")
    workshop.execute(use, supervisor, "backtest", settings={"mode": "loses"})
    with pytest.raises(NotAllowedToRun, match="suspendu"):
        workshop.execute(use, supervisor, "run", reason="J'y tiens, je réponds de tout.")
    workshop.execute(use, supervisor, "backtest")
    assert workshop.execute(use, supervisor, "run").state == "done"
