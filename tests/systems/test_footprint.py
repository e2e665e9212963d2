"""Environmental footprint: every line has its source and its bounds, countries have their own grids, sums count missing parts."""

import pytest

from beffroi.systems import factors, footprint
from beffroi.systems.footprint import LINES, Figure, Footprint, measure, read_footprint, sum_footprints
from beffroi.systems.model_calls import estimate_model_call

OLD = {  # as a run was stored before water's neighbours were counted
    "duration": {"value": 2.0, "unit": "s", "how": "mesuré", "source": "horloge de la machine"},
    "cpu": {"value": 2.0, "unit": "s", "how": "mesuré", "source": "compté"},
    "memory": {"value": 100.0, "unit": "Mo", "how": "mesuré", "source": "compté"},
    "energy": {"value": 0.002, "unit": "Wh", "how": "estimé", "source": "CodeCarbon"},
    "co2": {"value": 0.0001, "unit": "g", "how": "estimé", "source": "réseau"},
    "water": {"value": 0.000002, "unit": "L", "how": "estimé", "source": "EDF"},
    "energy_wh": 0.002,
}


def _one(country: str | None = None, **more: object) -> Footprint:
    measured = {"joules": None, "machine_cpu_s": None, "stored_bytes": 10_000, "sent_bytes": 0} | more
    return measure(duration_s=10.0, cpu_s=8.0, peak_mb=512.0, country=country, **measured)  # type: ignore[arg-type]


def test_no_line_is_a_silent_zero() -> None:
    for name, figure in _one().to_dict().items():
        assert figure["source"], name
        assert figure["value"] or (name == "transfer" and figure["how"] == "mesuré")
    for name, figure in _one(stored_bytes=None, sent_bytes=None, country="ZZZ").to_dict().items():
        assert (figure["value"] is None) == (figure["how"] == "inconnu"), name
        assert figure["value"] != 0


def test_a_value_that_is_unknown_cannot_be_a_figure_and_the_other_way_round() -> None:
    with pytest.raises(ValueError, match="unknown"):
        Figure(0.0, "g", "inconnu", "personne ne sait")
    with pytest.raises(ValueError, match="unknown"):
        Figure(None, "g", "estimé", "au doigt mouillé")


def test_the_grid_of_the_place_of_computing_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    france, poland = _one(), _one("POL")
    assert france.energy == poland.energy
    assert poland.co2.value > 8 * france.co2.value  # type: ignore[operator]
    assert "Poland" in poland.co2.source and "français" in france.co2.source
    monkeypatch.setenv("BEFFROI_COUNTRY", "pol")
    assert _one().co2 == poland.co2
    nowhere = _one("ZZZ")
    assert nowhere.co2.how == nowhere.water.how == "inconnu" and "ZZZ" in nowhere.co2.source
    assert nowhere.materials.how == "estimé"  # the server's making does not depend on the country


def test_two_sources_that_disagree_are_the_bounds() -> None:
    water = factors.water("FRA")
    assert water is not None and water.value == 0.95 and water.high > 3
    assert "EDF" in water.source and "EcoLogits" in water.source
    carbon = factors.carbon("FRA")
    assert carbon is not None and carbon.low <= 41.5 and carbon.high > carbon.value > 50


def test_the_making_of_the_server_is_shared_by_the_time_of_its_threads() -> None:
    figure = _one().co2_made
    whole = 550_000 * 8 / (32 * 35_040 * 3600)
    assert figure.value == pytest.approx(whole / 0.5) and figure.low == pytest.approx(whole * 275 / 550)
    assert figure.high > 4 * figure.value  # type: ignore[operator]
    assert "BoaviztAPI" in figure.source


def test_a_counter_that_can_be_read_is_a_measure_without_bounds() -> None:
    energy = _one(joules=720.0, machine_cpu_s=16.0).energy
    assert energy.how == "mesuré" and energy.low is None
    assert energy.value == pytest.approx(0.1, rel=0.02)


def test_a_sum_adds_and_counts_the_parts_without_a_figure() -> None:
    new, old = _one(), read_footprint(OLD)
    assert old.materials.how == "inconnu" and old.cpu.value == 2.0
    year = sum_footprints([new, new, old])
    assert year.cpu.value == 18.0 and year.cpu.how == "mesuré"
    assert year.memory.value == 512.0  # the greatest, not the sum
    assert year.energy.value == pytest.approx(2 * new.energy.value + 0.002)  # type: ignore[operator]
    assert year.energy.high == pytest.approx(2 * new.energy.high + 0.002)  # type: ignore[operator]
    assert year.materials.value == pytest.approx(2 * new.materials.value)  # type: ignore[operator]
    assert year.materials.unknown == 1 and "1 calcul(s) sans ce chiffre" in year.materials.source
    again = sum_footprints([year, old])
    assert again.materials.unknown == 2
    none = sum_footprints([])
    assert all(getattr(none, line).how == "inconnu" for line in LINES)


def test_what_is_stored_is_read_as_it_was() -> None:
    one = _one()
    assert read_footprint(one.to_dict() | {"energy_wh": one.energy_wh}) == one
    assert set(one.to_dict()) == set(LINES) == set(footprint.UNITS)


def test_a_call_to_a_hosted_model_is_estimated_between_bounds_or_unknown() -> None:
    known = estimate_model_call("mistralai", "mistral-small-latest", 500, 4.0, "FRA")
    assert known.duration.how == "mesuré"
    for line in ("energy", "co2", "co2_made", "water", "materials"):
        figure = getattr(known, line)
        assert figure.how == "estimé" and 0 < figure.low <= figure.value <= figure.high, line
        assert "EcoLogits" in figure.source
    assert 0.01 < known.energy_wh < 10
    assert known.cpu.how == known.transfer.how == "inconnu"
    in_poland = estimate_model_call("mistralai", "mistral-small-latest", 500, 4.0, "POL")
    assert in_poland.co2.value > 5 * known.co2.value  # type: ignore[operator]
    for provider, model in (("mistralai", "no-such-model"), ("nobody", "nothing")):
        unknown = estimate_model_call(provider, model, 500, 4.0)
        assert unknown.energy.value is None and model in unknown.energy.source
