"""Input data of a run: meters, days, training mask and buildings.

In come the tables; out goes a `Town`, or a `BadInput` in French where nothing can be computed. `notes` report what was left out.
"""

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from beffroi.systems.buildings import reading_checks, readings
from beffroi.systems.buildings.days import Days, Ints, Mask, Matrix, Vector, read_days
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.readings import Meter
from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.words import listed, plural, short_day

MIN_DAYS = 300  # of readings before a meter is judged: heating has been seen, and summer too (CalTRACK asks for a year)
_LATE = 30  # days without any reading in the whole town


@dataclass(frozen=True)
class Building:
    """One row of the table `buildings`; empty or None where unknown."""

    name: str
    use: str = ""
    commune: str = ""
    surface: float | None = None  # m2
    geometry: str | None = None  # GeoJSON text, WGS 84

    @property
    def school(self) -> bool:
        words = cells.key(f"{self.use} {self.name}")
        return any(
            word in words for word in ("ecole", "scolaire", "college", "lycee", "maternelle", "enseignement")
        )


@dataclass(frozen=True)
class Town:
    """`kwh` (meters, days): NaN where unknown; `teaches`: the training days."""

    meters: tuple[Meter, ...]
    days: Days
    kwh: Matrix
    teaches: Mask
    stuck: Mask
    spread: Mask  # (meters): bills shared out over days
    period: Ints  # (meters, days): the bill of each of their days, `bills.DAILY` elsewhere
    night: Matrix  # kWh of the first hours of the day, where a meter is read by the hour; NaN elsewhere
    buildings: dict[str, Building]
    notes: tuple[str, ...]

    def building(self, row: int) -> Building:
        name = self.meters[row].building
        return self.buildings.get(cells.key(name), Building(name))

    def rows_of(self, building: str, energy: str | None = None) -> list[int]:
        """Meters of a building (spelt in any way), of one energy or of all."""
        return [
            row
            for row, meter in enumerate(self.meters)
            if cells.key(meter.building) == cells.key(building) and energy in (None, meter.energy)
        ]

    def history(self, end: int) -> Vector:
        """How many days of each meter may teach before the day at `end`."""
        return np.asarray(self.teaches[:, :end].sum(axis=1), dtype=np.float64)


def read_town(tables: Tables, options: Options) -> Town:
    """Raises `BadInput` where no reading can serve."""
    notes: list[str] = []
    found = readings.read_readings(tables, notes)
    last = found.first + timedelta(found.kwh.shape[1] - 1)
    if options.today is not None and last > options.today:
        day_count = (options.today - found.first).days + 1
        if day_count < 1:
            raise BadInput(
                f"Tous les relevés sont postérieurs au jour du calcul ({short_day(options.today)})."
            )
        after = int(np.isfinite(found.kwh[:, day_count:]).sum())
        ignored = plural(after, "relevé postérieur", "relevés postérieurs")
        notes.append(f"{ignored} au {short_day(options.today)} : non lus.")
        found = replace(
            found,
            kwh=found.kwh[:, :day_count],
            estimated=found.estimated[:, :day_count],
            night=found.night[:, :day_count],
        )
        last = options.today
    if options.today is not None and (options.today - last).days > _LATE:
        notes.append(
            f"Les derniers relevés datent du {short_day(last)} : le calcul s’arrête à ce jour. Relancez la collecte."
        )
    days = read_days(tables, found.first, last, notes)
    clean = reading_checks.clean_readings(found, days, notes)
    return Town(
        meters=found.meters,
        days=days,
        kwh=clean.kwh,
        teaches=np.isfinite(clean.kwh) & ~clean.stuck & ~found.estimated,
        stuck=clean.stuck,
        spread=clean.spread,
        period=clean.period,
        # Where a day was left out or put right, its night is not trusted either.
        night=np.where(clean.kwh == found.kwh, found.night, np.nan),
        buildings=_buildings(tables, found.meters, notes),
        notes=tuple(notes),
    )


def _buildings(tables: Tables, meters: tuple[Meter, ...], notes: list[str]) -> dict[str, Building]:
    found: dict[str, Building] = {}
    wrong: list[str] = []
    for row in cells.rows(tables, "buildings"):
        name, surface = cells.text(row.get("building")), cells.number(row.get("surface"))
        if not name:
            continue
        if surface is not None and not 5 <= surface < 1e6:
            wrong.append(name)
            surface = None
        use, commune = cells.text(row.get("use")), cells.text(row.get("commune"))
        found[cells.key(name)] = Building(name, use, commune, surface, row.get("geometry") or None)
    if wrong:
        left_out = plural(len(wrong), "surface impossible écartée", "surfaces impossibles écartées")
        notes.append(f"{left_out} ({listed(wrong, 3)}) : à donner en m², de 5 à 1 000 000.")
    unknown = sorted({meter.building for meter in meters if cells.key(meter.building) not in found})
    if unknown and "buildings" in tables:
        notes.append(
            f"{plural(len(unknown), 'bâtiment relevé n’est', 'bâtiments relevés ne sont')} pas dans la liste des bâtiments "
            f"({listed(unknown, 3)}) : usage et surface inconnus."
        )
    return found


def recency_weights(days: Days, end: int, half_life: float = 365.0, longest: int = 1095) -> Vector:
    """Weights of the days before `end`: half for those of a year before, none after or beyond three years."""
    age = end - 1 - np.arange(len(days))
    return np.where((age >= 0) & (age < longest), 0.5 ** (age / half_life), 0.0)


def weights_since_works(town: Town, tables: Tables, end: int) -> Matrix:
    """Weights: 1 for days of the building in its present state; 0 before works that 300 days or more followed."""
    weight = np.ones(town.kwh.shape)
    for work in cells.rows(tables, "works_done"):
        name, day = cells.text(work.get("building")), cells.day(work.get("date"))
        if not name or day is None:
            continue
        place = town.days.at(day)
        for row in town.rows_of(name):
            if 0 < place < end and town.teaches[row, place:end].sum() >= MIN_DAYS:
                weight[row, :place] = 0.0
    return weight
