"""Place of computing: its electricity grid counts in the footprint."""

import pytest

from beffroi.systems import factors
from beffroi.systems.footprint import measure


@pytest.mark.requirement("R70")
@pytest.mark.parametrize("place", ["FRA", "BEL", "DEU", "POL", "SWE", "USA"])
def test_the_grid_of_the_place_of_computing_is_used_with_its_bounds(place: str) -> None:
    grid = factors.carbon(place)
    assert grid is not None and grid.low < grid.value < grid.high
    balance = measure(
        duration_s=3600, cpu_s=3600, peak_mb=1024, joules=None, machine_cpu_s=None, country=place
    )
    assert balance.co2.value == pytest.approx(balance.energy_wh / 1000 * grid.value)
    assert balance.co2.low is not None and balance.co2.high is not None
    assert balance.co2.low < balance.co2.value < balance.co2.high  # type: ignore[operator]


@pytest.mark.requirement("R70")
def test_the_operator_sets_where_the_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def grams() -> float:
        found = measure(duration_s=60, cpu_s=60, peak_mb=512, joules=None, machine_cpu_s=None)
        return found.co2.value or 0.0

    monkeypatch.delenv("BEFFROI_COUNTRY", raising=False)
    france = grams()
    monkeypatch.setenv("BEFFROI_COUNTRY", "POL")
    assert grams() > 5 * france
