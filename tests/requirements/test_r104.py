"""R104: the footprint covers energy, carbon, water, materials, storage and transfer, never silently zero."""

from beffroi.systems import factors
from beffroi.systems.check import figures
from beffroi.systems.footprint import UNITS, measure
from beffroi.systems.runner import execute, sample

LINES = ("energy", "co2", "co2_made", "water", "materials", "storage", "storage_energy", "transfer")


def test_r104_a_run_has_every_line_with_its_source() -> None:
    spent = execute("canteen", "run", sample("canteen"), {"days": 1}).footprint
    for line in LINES:
        figure = getattr(spent, line)
        assert figure.how in {"mesuré", "estimé"} and figure.source and figure.unit == UNITS[line]
    assert figures.lines(spent).ok
    assert factors.materials("FRA") is not None


def test_r104_what_nobody_counted_is_unknown_and_not_zero() -> None:
    spent = measure(duration_s=1, cpu_s=1, peak_mb=100, joules=None, machine_cpu_s=None)
    for line in ("storage", "storage_energy", "transfer"):
        figure = getattr(spent, line)
        assert figure.value is None and figure.how == "inconnu"
    assert "3 « inconnu »" in figures.lines(spent).told
