"""Input data of a run: meters, days, training mask and buildings.

In come the tables; out goes a `Town`, or a `BadInput` in French where nothing can be computed. `notes` report what was left out.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from beffroi.systems.buildings import reading_checks, readings
from beffroi.systems.buildings.days import Days, Mask, Matrix, Vector, format_date, read_days
from beffroi.systems.buildings.energies import fold_text
from beffroi.systems.buildings.options import Options
from beffroi.systems.buildings.readings import Meter
from beffroi.systems.contract import BadInput, Tables

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
        words = fold_text(f"{self.use} {self.name}")
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
    night: Matrix  # kWh of the first hours of the day, where a meter is read by the hour; NaN elsewhere
    buildings: dict[str, Building]
    notes: tuple[str, ...]

    def building(self, row: int) -> Building:
        name = self.meters[row].building
        return self.buildings.get(fold_text(name), Building(name))

    def rows_of(self, building: str, energy: str | None = None) -> list[int]:
        """Meters of a building (spelt in any way), of one energy or of all."""
        return [
            row
            for row, meter in enumerate(self.meters)
            if fold_text(meter.building) == fold_text(building) and energy in (None, meter.energy)
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
                f"Tous les relevés sont postérieurs au jour du calcul ({format_date(options.today)})."
            )
        after = int(np.isfinite(found.kwh[:, day_count:]).sum())
        notes.append(f"{after} relevé(s) postérieurs au {format_date(options.today)} ne sont pas lus.")
        found = readings.Readings(
            found.meters,
            found.first,
            found.kwh[:, :day_count],
            found.estimated[:, :day_count],
            found.night[:, :day_count],
        )
        last = options.today
    if options.today is not None and (options.today - last).days > _LATE:
        notes.append(
            f"Les derniers relevés datent du {format_date(last)} : le calcul s’arrête à ce jour. Relancez la collecte."
        )
    days = read_days(tables, found.first, last, notes)
    clean = reading_checks.clean_readings(found, days, notes)
    return Town(
        meters=found.meters,
        days=days,
        kwh=clean.kwh,
        teaches=np.isfinite(clean.kwh) & ~clean.stuck & ~found.estimated & ~clean.spread[:, None],
        stuck=clean.stuck,
        spread=clean.spread,
        # Where a day was left out or put right, its night is not trusted either.
        night=np.where(clean.kwh == found.kwh, found.night, np.nan),
        buildings=_buildings(tables.get("buildings"), found.meters, notes),
        notes=tuple(notes),
    )


def _buildings(table: pa.Table | None, meters: tuple[Meter, ...], notes: list[str]) -> dict[str, Building]:
    if table is None:
        return {}
    blank: list[None] = [None] * table.num_rows
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    found: dict[str, Building] = {}
    wrong = 0
    for name, use, commune, surface, geometry in zip(
        columns["building"],
        columns.get("use", blank),
        columns.get("commune", blank),
        columns.get("surface", blank),
        columns.get("geometry", blank),
        strict=True,
    ):
        if not name or not name.strip():
            continue
        area = float(surface) if surface is not None and 5 <= surface < 1e6 else None
        wrong += surface is not None and area is None
        found[fold_text(name)] = Building(
            name.strip(), (use or "").strip(), (commune or "").strip(), area, geometry or None
        )
    if wrong:
        notes.append(
            f"{wrong} surface(s) impossibles sont laissées de côté : elles se donnent en m², de 5 à 1 000 000."
        )
    unknown = sorted({meter.building for meter in meters if fold_text(meter.building) not in found})
    if unknown:
        notes.append(
            f"{len(unknown)} bâtiment(s) relevés ne sont pas dans la liste des bâtiments : {', '.join(unknown[:3])}"
            f"{'…' if len(unknown) > 3 else ''}. Leur usage et leur surface restent inconnus."
        )
    return found


def recency_weights(days: Days, end: int, half_life: float = 365.0, longest: int = 1095) -> Vector:
    """Weights of the days before `end`: half for those of a year before, none after or beyond three years."""
    age = end - 1 - np.arange(len(days))
    return np.where((age >= 0) & (age < longest), 0.5 ** (age / half_life), 0.0)


def weights_since_works(town: Town, tables: Tables, end: int) -> Matrix:
    """Weights: 1 for days of the building in its present state; 0 before works that 300 days or more followed."""
    weight = np.ones(town.kwh.shape)
    table = tables.get("works_done")
    if table is None:
        return weight
    for name, day in zip(table.column("building").to_pylist(), table.column("date").to_pylist(), strict=True):
        if name is None or not isinstance(day, date):
            continue
        place = town.days.at(day)
        for row in town.rows_of(name):
            if 0 < place < end and town.teaches[row, place:end].sum() >= MIN_DAYS:
                weight[row, :place] = 0.0
    return weight
