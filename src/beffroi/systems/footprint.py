"""What one execution cost: duration, processor time, memory, energy, CO2 and water, each with its source.

In come what the operating system counted for the child process and the machine's energy counter where it has one;
out goes a `Footprint` whose every figure says « mesuré » or « estimé ». Adds no measurable time and needs no network.
"""

import json
import os
from dataclasses import asdict, dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

# CodeCarbon's own figures where a machine has no energy counter. A table of processors would not do better: inside
# a virtual machine the number of threads of the real processor is hidden.
WATTS_A_THREAD = 4.0
WATTS_A_GIGABYTE = 0.375
# Litres evaporated a kWh by EDF's fleet: universal registration document 2021, section 3 (target 0.95).
WATER_LITRES_A_KWH = 0.95
WATER_SOURCE = "0,95 L évaporé par kWh, parc EDF, document d’enregistrement universel 2021"

_RAPL = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Figure:
    """One figure of the footprint and how it was had; `source` is French."""

    value: float
    unit: str
    how: Literal["mesuré", "estimé"]
    source: str


@dataclass(frozen=True)
class Footprint:
    """The cost of one execution."""

    duration: Figure
    cpu: Figure
    memory: Figure
    energy: Figure
    co2: Figure
    water: Figure

    def to_dict(self) -> dict[str, dict[str, Any]]:
        return asdict(self)


class EnergyCounter:
    """The processor packages' own counters (RAPL), where the host lets us read them: joules since the start."""

    def __init__(self) -> None:
        self._start = self._read()

    def _read(self) -> dict[str, tuple[int, int]]:
        counters: dict[str, tuple[int, int]] = {}
        try:
            for zone in _RAPL.glob("intel-rapl:?"):
                counters[zone.name] = (
                    int((zone / "energy_uj").read_text()),
                    int((zone / "max_energy_range_uj").read_text()),
                )
        except (OSError, ValueError):
            return {}
        return counters

    def joules(self) -> float | None:
        """Joules used by the whole machine since the start; None where it cannot be read."""
        now = self._read()
        if not self._start or now.keys() != self._start.keys():
            return None
        spent = 0
        for name, (value, span) in now.items():
            delta = value - self._start[name][0]
            spent += delta if delta >= 0 else delta + span
        return spent / 1e6


def measure(
    *, duration_s: float, cpu_s: float, peak_mb: float, joules: float | None, machine_cpu_s: float | None
) -> Footprint:
    """The footprint of a child process. `joules` and `machine_cpu_s`: the whole machine's, over the same time."""
    system = "compté par le système d’exploitation pour ce processus"
    memory_wh = peak_mb / 1024 * WATTS_A_GIGABYTE * duration_s / 3600
    if joules is not None and machine_cpu_s:
        share = min(1.0, cpu_s / machine_cpu_s)
        energy = Figure(
            joules * share / 3600 + memory_wh,
            "Wh",
            "mesuré",
            f"compteur du processeur (RAPL), part de ce calcul dans le temps processeur de la machine : {share:.0%}",
        )
    else:
        energy = Figure(
            cpu_s * WATTS_A_THREAD / 3600 + memory_wh,
            "Wh",
            "estimé",
            f"temps processeur × {_number(WATTS_A_THREAD)} W par fil + mémoire × "
            f"{_number(WATTS_A_GIGABYTE)} W par Go (valeurs par défaut de CodeCarbon)",
        )
    grams, grid = grid_factor()
    return Footprint(
        duration=Figure(duration_s, "s", "mesuré", "horloge de la machine"),
        cpu=Figure(cpu_s, "s", "mesuré", system),
        memory=Figure(peak_mb, "Mo", "mesuré", f"maximum {system}"),
        energy=energy,
        co2=Figure(energy.value / 1000 * grams, "g", "estimé", grid),
        water=Figure(energy.value / 1000 * WATER_LITRES_A_KWH, "L", "estimé", WATER_SOURCE),
    )


@cache
def grid_factor() -> tuple[float, str]:
    """Grams of CO2 equivalent a kWh in France, and its source: the file that CodeCarbon carries (no network)."""
    path = resources.files("codecarbon") / "data" / "private_infra" / "global_energy_mix.json"
    france = json.loads(path.read_text(encoding="utf-8"))["FRA"]
    grams = float(france["carbon_intensity"])
    return grams, (
        f"{_number(grams)} g de CO2 équivalent par kWh, réseau français {france['year']} "
        "(Our World in Data, fichier repris par CodeCarbon)"
    )


def machine_cpu_seconds() -> float | None:
    """Processor seconds used by the whole machine since its start; None off Linux."""
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        busy = sum(int(value) for place, value in enumerate(fields[:8]) if place not in (3, 4))
        return busy / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None


def _number(value: float) -> str:
    return f"{value:.4g}".replace(".", ",")
