"""R68: the impact is measured all along: each run, each year, learning included."""

from beffroi.systems.footprint import read, total
from beffroi.systems.runner import execute, sample


def test_r68_energy_carbon_and_water_are_counted_for_each_run_and_each_year() -> None:
    town = sample("canteen")
    runs = [execute("canteen", verb, town, {"days": 2}).footprint for verb in ("backtest", "run")]
    for one in runs:
        assert one.energy_wh > 0 and one.co2.value and one.water.value
    year = total(read(one.to_dict()) for one in runs)  # as a run is stored, then read again
    for line in ("energy", "co2", "water"):
        figure = getattr(year, line)
        assert figure.value == sum(getattr(one, line).value for one in runs)
        assert figure.how in {"mesuré", "estimé"} and figure.unknown == 0
