"""Calendar of a run: temperature, days off and the town's own holidays, day by day.

In come the tables `weather` and `calendar` and a span of dates; out go `Days`, one line a day without a hole. A short
hole of the weather (three days at most) is filled by a straight line, a longer one stays unknown.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from beffroi.public_holidays import french_public_holidays
from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.calendar import read_periods
from beffroi.systems.kit.words import fr, plural, short_day

type Vector = npt.NDArray[np.float64]
type Matrix = npt.NDArray[np.float64]
type Mask = npt.NDArray[np.bool_]
type Ints = npt.NDArray[np.int64]
type Dates = npt.NDArray[np.datetime64]

COLDEST, HOTTEST = -45.0, 50.0  # °C of a daily mean: beyond, a typing error
_SHORT_HOLE = 3
ONE_DAY = np.timedelta64(1, "D")


@dataclass(frozen=True)
class Days:
    """`dates` follow each other without a hole. `temperature`: daily means in °C, NaN where unknown."""

    dates: Dates
    temperature: Vector
    off: Mask  # Saturdays, Sundays and public holidays
    sunday: Mask  # Sundays and public holidays
    holiday: Mask  # within the town's own table of holidays and closures
    weather_known: bool

    def __len__(self) -> int:
        return len(self.dates)

    def at(self, day: date) -> int:
        """Index of a day; it may lie before 0 or past the end."""
        return int((np.datetime64(day, "D") - self.dates[0]) / ONE_DAY)

    def day(self, place: int) -> date:
        found: date = self.dates[place].item()
        return found

    @property
    def weekday(self) -> Ints:
        """0 for Monday."""
        return np.asarray((self.dates.astype(np.int64) + 3) % 7, dtype=np.int64)

    @property
    def month(self) -> Ints:
        """1 to 12."""
        return np.asarray(self.dates.astype("datetime64[M]").astype(np.int64) % 12 + 1, dtype=np.int64)

    @property
    def day_of_year(self) -> Ints:
        """0 for the first of January."""
        first = self.dates.astype("datetime64[Y]").astype("datetime64[D]")
        return np.asarray((self.dates - first) / ONE_DAY, dtype=np.int64)


def read_days(tables: Tables, first: date, last: date, notes: list[str]) -> Days:
    """The days from `first` to `last`, both included."""
    dates = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + ONE_DAY, ONE_DAY)
    temperature = _temperatures(tables.get("weather"), dates, notes)
    public = {day for year in range(first.year, last.year + 1) for day in french_public_holidays(year)}
    closed = np.isin(dates, np.array(sorted(public), dtype="datetime64[D]"))
    weekday = (dates.astype(np.int64) + 3) % 7
    return Days(
        dates=dates,
        temperature=temperature,
        off=(weekday >= 5) | closed,
        sunday=(weekday == 6) | closed,
        holiday=_holidays(tables, dates, notes),
        weather_known=bool(np.isfinite(temperature).any()),
    )


def _temperatures(table: pa.Table | None, dates: Dates, notes: list[str]) -> Vector:
    found = np.full(len(dates), np.nan)
    if table is None or table.num_rows == 0:
        notes.append(
            "Aucune météo n’est liée : l’attendu suit la saison et le jour, sans la température. Il est bien moins sûr."
        )
        return found
    measured_on = (
        pc.cast(table.column("date"), pa.date32()).to_numpy(zero_copy_only=False).astype("datetime64[D]")
    )
    value = np.array(table.column("temperature").to_numpy(zero_copy_only=False), dtype=float)
    known = np.isfinite(value) & ~np.isnat(measured_on)
    wrong = known & ((value < COLDEST) | (value > HOTTEST))
    rejected = cells.Rejected.of(__package__, "weather")
    for degrees, day in zip(value[wrong], measured_on[wrong], strict=True):
        rejected.add("température impossible", f"{fr(degrees, 0)} °C le {short_day(day.item())}")
    notes += rejected.notes()
    known &= ~wrong & (measured_on >= dates[0]) & (measured_on <= dates[-1])
    place = ((measured_on[known] - dates[0]) / ONE_DAY).astype(np.int64)
    count = np.bincount(place, minlength=len(dates))
    total = np.bincount(place, weights=value[known], minlength=len(dates))
    np.divide(total, count, out=found, where=count > 0)
    if (count > 1).any():
        notes.append(
            "La météo donne plusieurs températures pour un même jour : leur moyenne est prise. Si elles viennent de "
            "stations éloignées, gardez la plus proche."
        )
    _fill_short_holes(found)
    if 0 < (holes := int((~np.isfinite(found)).sum())) < len(found):
        notes.append(
            f"{plural(holes, 'jour', 'jours')} sans température : rien n’y est attendu. Complétez la météo pour les juger."
        )
    return found


def _fill_short_holes(values: Vector) -> None:
    known = np.flatnonzero(np.isfinite(values))
    if len(known) < 2:
        return
    for before, after in pairwise(known):
        if 1 < after - before <= _SHORT_HOLE + 1:
            inside = np.arange(before + 1, after)
            values[inside] = np.interp(inside, [before, after], values[[before, after]])


def _holidays(tables: Tables, dates: Dates, notes: list[str]) -> Mask:
    inside = np.zeros(len(dates), dtype=bool)
    rejected = cells.Rejected.of(__package__, "calendar")
    for first, last in read_periods(tables, "calendar", rejected):
        inside |= (dates >= np.datetime64(first, "D")) & (dates <= np.datetime64(last, "D"))
    notes += rejected.notes()
    return inside
