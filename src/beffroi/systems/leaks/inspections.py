"""Field inspections: repaired leaks and visits for nothing, as input of the next ranking.

In comes the table `inspections`; out go `Visit`s in the order of days. A visit counts only from its own day on.
"""

from dataclasses import dataclass

from beffroi.systems.contract import Tables
from beffroi.systems.kit import cells
from beffroi.systems.leaks.readings import Readings


@dataclass(frozen=True)
class Visit:
    """`day`: number of the day in the readings; `found`: a leak was there, repaired on day `repaired_on`."""

    day: int
    found: bool
    pipe: str
    sector: str
    street: str
    repaired_on: int | None


def read_visits(tables: Tables, readings: Readings, notes: list[str]) -> list[Visit]:
    """Read the visits. Rows without a day, a result or a place, or out of the readings, are rejected with a note."""
    visits = []
    rejected = cells.Rejected.of(__package__, "inspections")
    for row in cells.rows(tables, "inspections"):
        day, repaired_on = cells.day(row["date"]), cells.day(row.get("mended"))
        pipe, sector, street = (cells.text(row.get(name)) for name in ("pipe", "sector", "street"))
        if day is None or row["found"] is None or not (pipe or sector or street):
            rejected.add("sans date, sans résultat ou sans lieu")
        elif not 0 <= readings.number(day) < readings.days:
            rejected.add("hors de la période des mesures")
        else:
            repaired = None if repaired_on is None else readings.number(repaired_on)
            visits.append(Visit(readings.number(day), bool(row["found"]), pipe, sector, street, repaired))
    notes += rejected.notes()
    return sorted(visits, key=lambda visit: visit.day)


def threshold_factor(visits: list[Visit], until: int) -> float:
    """Factor on the alarm threshold after the visits known by that day: 1 where they were right.

    The odds of a visit for nothing, with two visits of each kind imagined at the start, from 0.8 to 1.6.
    """
    known = [visit.found for visit in visits if visit.day <= until]
    found = sum(known)
    nothing = len(known) - found
    return float(min(1.6, max(0.8, ((2 + nothing) / (2 + found)) ** 0.25)))
