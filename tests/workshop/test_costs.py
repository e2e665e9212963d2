"""What a run cost is shown line by line: measured, estimated between two bounds, or unknown, whatever version stored it."""

from beffroi.systems.footprint import LINES, measure
from beffroi.web.workshop.models import Run
from beffroi.web.workshop.presenting import COSTS, costs


def _shown(footprint: dict[str, object]) -> dict[str, tuple[str, str]]:
    return {cost.label: (cost.value, cost.how) for cost in costs(Run(footprint=footprint))}


def test_every_line_of_the_footprint_has_its_name_and_its_bounds() -> None:
    assert set(COSTS) == set(LINES)
    counted = measure(
        duration_s=4, cpu_s=2, peak_mb=150, joules=None, machine_cpu_s=None, stored_bytes=2048, sent_bytes=0
    )
    shown = _shown(counted.to_dict())
    assert len(shown) == len(COSTS)
    assert shown["Temps de calcul"] == ("2 s", "mesuré")
    value, how = shown["Eau"]
    assert how == "estimé" and " à " in value
    assert shown["Transfert"] == ("0 octets", "mesuré")
    assert "µg" in shown["Métaux et minéraux"][0]


def test_what_is_unknown_is_never_shown_as_zero() -> None:
    counted = measure(duration_s=4, cpu_s=2, peak_mb=150, joules=None, machine_cpu_s=None, country="ZZZ")
    shown = _shown(counted.to_dict())
    for label in ("Stockage", "Transfert", "CO₂ équivalent", "Eau"):
        assert shown[label] == ("inconnu", "inconnu")


def test_a_run_stored_by_an_older_version_shows_what_it_knew() -> None:
    old = {"cpu": {"value": 2.0, "unit": "s", "how": "mesuré", "source": "compté"}, "energy_wh": 0.1}
    assert _shown(old) == {"Temps de calcul": ("2 s", "mesuré")}
