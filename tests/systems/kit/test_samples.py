"""The invented territory of samples: what two systems both read fits together, and every shared input can be drawn from it."""

from datetime import date, timedelta

from beffroi.systems.kit.declared import manifest_of
from beffroi.systems.kit.samples import Territory, counted, wandering
from beffroi.systems.shared_inputs import PREFIX, shared_inputs

TOWN = Territory(1, date(2024, 3, 1), date(2024, 9, 30))
# The sample of a system says which buildings it measures, and draws what is measured and done there.
OWN = {"buildings", "energy_meters", "works_done", "works_considered"}


def test_a_day_has_the_same_weather_and_holidays_wherever_the_sample_begins_in_its_year() -> None:
    later = Territory(1, date(2024, 5, 1), date(2024, 12, 31))
    known = dict(zip(TOWN.weather.days, TOWN.weather.temperature, strict=True))
    again = dict(zip(later.weather.days, later.weather.temperature, strict=True))
    both = known.keys() & again.keys()
    assert len(both) > 150 and all(known[day] == again[day] for day in both)
    assert {period for period in TOWN.holidays if period[0].year == 2024} <= set(later.holidays)
    assert [one.ages for one in later.quarters] == [one.ages for one in TOWN.quarters]


def test_another_seed_is_another_town_and_a_further_draw_changes_nothing() -> None:
    assert Territory(2, TOWN.first, TOWN.last).weather.rain.tolist() != TOWN.weather.rain.tolist()
    first = TOWN.chance("meals").random()
    TOWN.chance("visits").random()
    assert TOWN.chance("meals").random() == first


def test_holidays_begin_on_a_saturday_but_those_of_summer_and_no_strike_falls_on_a_closed_day() -> None:
    assert {start.weekday() for start, _ in TOWN.holidays if start.month != 7} == {5}
    assert {(start.day, end.month, end.day) for start, end in TOWN.holidays if start.month == 7} == {
        (5, 8, 31)
    }
    assert not any(TOWN.calendar.closed(day) for day in TOWN.strikes)


def test_every_shared_input_that_a_system_uses_is_drawn_from_the_territory() -> None:
    drawn = set()
    for name in ("attendance", "buildings", "canteen", "nursery_places"):
        tables = TOWN.shared(f"beffroi.systems.{name}", places=("Les Tilleuls", "Bellevue"))
        uses = {
            one["name"]: one["use"]
            for one in manifest_of(f"beffroi.systems.{name}")["inputs"]
            if "use" in one
        }
        assert all(table.num_rows for table in tables.values())
        drawn |= {uses[table].removeprefix(PREFIX) for table in tables}
    assert drawn == set(shared_inputs()) - OWN


def test_counts_and_levels_stay_plausible() -> None:
    chance = TOWN.chance("counts")
    assert min(counted(chance, 0.3) for _ in range(200)) == 0
    levels = list(wandering(chance, 2000))
    assert 0.5 < min(levels) < 1 < max(levels) < 1.5
    assert TOWN.days[-1] - TOWN.days[0] == timedelta(len(TOWN.days) - 1)
