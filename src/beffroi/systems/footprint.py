"""Environmental footprint of one execution: time, memory, energy, carbon, water, materials, storage and transfer.

In come the counters of the operating system for the child process and the machine's energy counter where it has one;
out goes a `Footprint` whose every figure has its source and is « mesuré », « estimé » or « inconnu », never a silent zero. Estimates
carry their bounds. Factors live in `factors.py`; nothing here needs the network.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal

from beffroi.systems import factors

type How = Literal["mesuré", "estimé", "inconnu"]

_RAPL = Path("/sys/class/powercap")


@dataclass(frozen=True)
class Figure:
    """One figure and how it was obtained; `source` is French. `value` is None where `how` is « inconnu ».

    `low` and `high` bound an estimate. In a sum, `unknown` counts its parts without this figure.
    """

    value: float | None
    unit: str
    how: How
    source: str
    low: float | None = None
    high: float | None = None
    unknown: int = 0

    def __post_init__(self) -> None:
        if (self.value is None) != (self.how == "inconnu"):
            raise ValueError("a figure has a value, or is unknown")


@dataclass(frozen=True)
class Footprint:
    """The cost of one execution, or of several added by `total`."""

    duration: Figure
    cpu: Figure
    memory: Figure
    energy: Figure
    co2: Figure
    co2_made: Figure  # the share of the server's making
    water: Figure
    materials: Figure
    storage: Figure
    storage_energy: Figure
    transfer: Figure

    @property
    def cpu_s(self) -> float:
        return self.cpu.value or 0.0

    @property
    def energy_wh(self) -> float:
        return self.energy.value or 0.0

    @property
    def memory_mb(self) -> float:
        return self.memory.value or 0.0

    def to_dict(self) -> dict[str, dict[str, Any]]:
        return asdict(self)


LINES = tuple(line.name for line in fields(Footprint))
UNITS = {
    "duration": "s",
    "cpu": "s",
    "memory": "Mo",
    "energy": "Wh",
    "co2": "g",
    "co2_made": "g",
    "water": "L",
    "materials": "µg Sb éq.",
    "storage": "octets",
    "storage_energy": "Wh/an",
    "transfer": "octets",
}


class EnergyCounter:
    """Energy counters of the processor packages (RAPL), where the host allows reading them: joules since the start."""

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
    *,
    duration_s: float,
    cpu_s: float,
    peak_mb: float,
    joules: float | None,
    machine_cpu_s: float | None,
    stored_bytes: int | None = None,
    sent_bytes: int | None = None,
    country: str | None = None,
) -> Footprint:
    """The footprint of a child process. `joules` and `machine_cpu_s`: the whole machine's, over the same time.

    `stored_bytes`: what it leaves to store; `sent_bytes`: what it exchanged with other machines; None: nobody counted.
    `country`: three letters, `factors.country()` where None.
    """
    place = country or factors.country()
    system = "compté par le système d’exploitation pour ce processus"
    memory_wh = peak_mb / 1024 * factors.WATTS_A_GIGABYTE * duration_s / 3600
    if joules is not None and machine_cpu_s:
        share = min(1.0, cpu_s / machine_cpu_s)
        energy = Figure(
            joules * share / 3600 + memory_wh,
            "Wh",
            "mesuré",
            f"compteur du processeur (RAPL), part de ce calcul dans le temps processeur de la machine : {share:.0%}",
        )
    else:
        low, middle, high = (cpu_s * watts / 3600 + memory_wh for watts in factors.WATTS_A_THREAD)
        energy = Figure(middle, "Wh", "estimé", factors.WATTS_SOURCE, low, high)
    return Footprint(
        duration=Figure(duration_s, "s", "mesuré", "horloge de la machine"),
        cpu=Figure(cpu_s, "s", "mesuré", system),
        memory=Figure(peak_mb, "Mo", "mesuré", f"maximum {system}"),
        energy=energy,
        co2=_of_energy(energy, "g", factors.carbon(place), place),
        co2_made=_of_server(cpu_s, factors.SERVER_CO2_G, "g"),
        water=_of_energy(energy, "L", factors.water(place), place),
        materials=_materials(cpu_s, energy, place),
        storage=_counted(stored_bytes, "taille de ce que le calcul laisse à conserver"),
        storage_energy=_storage_energy(stored_bytes),
        transfer=_counted(
            sent_bytes, "processus sans réseau : rien n’est entré dans la machine ni n’en est sorti"
        ),
    )


def unknown_figure(line: str, reason: str) -> Figure:
    """Unknown figure, with the reason."""
    return Figure(None, UNITS[line], "inconnu", reason)


def read_footprint(stored: Mapping[str, Any]) -> Footprint:
    """Read a stored footprint of any version: lines that it lacks are unknown, not zero."""
    known = {field.name for field in fields(Figure)}
    return Footprint(
        **{
            line: Figure(**{name: value for name, value in saved.items() if name in known})
            if isinstance(saved := stored.get(line), Mapping)
            else unknown_figure(line, "non mesuré par la version de Beffroi qui a fait ce calcul")
            for line in LINES
        }
    )


def sum_footprints(footprints: Iterable[Footprint]) -> Footprint:
    """Sum over several executions (the memory: the greatest). A line with missing parts counts them."""
    every = list(footprints)
    return Footprint(**{line: _sum(line, [getattr(one, line) for one in every]) for line in LINES})


def _sum(line: str, figures: list[Figure]) -> Figure:
    known = [figure for figure in figures if figure.value is not None]
    missing = len(figures) - len(known) + sum(figure.unknown for figure in known)
    missing_note = f"{missing} calcul(s) sans ce chiffre, non comptés" if missing else ""
    if not known:
        return Figure(None, UNITS[line], "inconnu", missing_note or "aucun calcul", unknown=missing)
    join = max if line == "memory" else sum
    values = [figure.value for figure in known if figure.value is not None]
    estimated = any(figure.how == "estimé" for figure in known)
    sources = list(dict.fromkeys(figure.source for figure in known))
    return Figure(
        join(values),
        UNITS[line],
        "estimé" if estimated else "mesuré",
        " ; ".join(filter(None, [*sources[:2], "…" if len(sources) > 2 else "", missing_note])),
        # A part without bounds counts for its value in both.
        join(_bound(figure, "low") for figure in known) if estimated else None,
        join(_bound(figure, "high") for figure in known) if estimated else None,
        missing,
    )


def _bound(figure: Figure, end: Literal["low", "high"]) -> float:
    bound = figure.low if end == "low" else figure.high
    return bound if bound is not None else figure.value or 0.0


def _of_energy(energy: Figure, unit: str, factor: factors.Factor | None, place: str) -> Figure:
    """What an energy costs at a factor a kWh."""
    if factor is None or energy.value is None:
        return Figure(None, unit, "inconnu", f"aucun facteur connu pour le pays « {place} »")
    least, most = _bound(energy, "low"), _bound(energy, "high")
    return Figure(
        energy.value / 1000 * factor.value,
        unit,
        "estimé",
        factor.source,
        least / 1000 * factor.low,
        most / 1000 * factor.high,
    )


def _of_server(cpu_s: float, made: factors.Factor, unit: str) -> Figure:
    """The share of a server's making: the threads' time of its life, used at one half (from all the time to a tenth)."""
    share = cpu_s / factors.SERVER_THREAD_SECONDS
    return Figure(
        made.value * share / factors.SERVER_USED,
        unit,
        "estimé",
        made.source,
        made.low * share,
        made.high * share / factors.SERVER_LEAST_USED,
    )


def _materials(cpu_s: float, energy: Figure, place: str) -> Figure:
    made = _of_server(cpu_s, factors.SERVER_SB_UG, UNITS["materials"])
    used = factors.materials(place)
    if used is None or energy.value is None:
        return made
    grid = _of_energy(energy, UNITS["materials"], used, place)
    return Figure(
        (made.value or 0) + (grid.value or 0),
        made.unit,
        "estimé",
        f"{made.source} ; {grid.source}",
        _bound(made, "low") + _bound(grid, "low"),
        _bound(made, "high") + _bound(grid, "high"),
    )


def _counted(count: int | None, source: str) -> Figure:
    if count is None:
        return Figure(None, "octets", "inconnu", "non compté")
    return Figure(float(count), "octets", "mesuré", source)


def _storage_energy(count: int | None) -> Figure:
    if count is None:
        return unknown_figure("storage_energy", "taille à conserver non comptée")
    low, middle, high = (count / 1e12 * watts * 8766 for watts in factors.STORAGE_WATTS_A_TB)
    return Figure(middle, "Wh/an", "estimé", factors.STORAGE_SOURCE, low, high)


def machine_cpu_seconds() -> float | None:
    """Processor seconds used by the whole machine since its start; None off Linux."""
    try:
        counted = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
        busy = sum(int(value) for place, value in enumerate(counted[:8]) if place not in (3, 4))
        return busy / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError):
        return None
