"""Field inspections: repaired leaks and visits for nothing, as input of the next ranking.

In comes the table `inspections`; out go `Visit`s in the order of days. A visit counts only from its own day on.
"""

from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from beffroi.systems.leaks.readings import Readings


@dataclass(frozen=True)
class Visit:
    """`day`: number of the day in the readings; `found`: a leak was there, repaired on day `repaired_on`."""

    day: int
    found: bool
    pipe: str
    sector: str
    repaired_on: int | None


def read_visits(table: pa.Table | None, readings: Readings, notes: list[str]) -> list[Visit]:
    """Read the visits. Rows without a day, or without a result, are rejected with a note."""
    if table is None:
        return []
    rows = table.to_pylist()
    visits, bad, outside = [], 0, 0
    for row in rows:
        day: date | None = row.get("date")
        found = row.get("found")
        if day is None or found is None or not (row.get("pipe") or row.get("sector")):
            bad += 1
            continue
        number = readings.number(day)
        if not 0 <= number < readings.days:
            outside += 1
            continue
        repaired_on = row.get("mended")
        visits.append(
            Visit(
                number,
                bool(found),
                (row.get("pipe") or "").strip(),
                (row.get("sector") or "").strip(),
                None if repaired_on is None else readings.number(repaired_on),
            )
        )
    if bad:
        notes.append(f"{bad} visite(s) sans date, sans résultat ou sans lieu : laissée(s) de côté.")
    if outside:
        notes.append(f"{outside} visite(s) hors de la période des mesures : elles n’apprennent rien.")
    return sorted(visits, key=lambda visit: visit.day)


def threshold_factor(visits: list[Visit], until: int) -> float:
    """Factor on the alarm threshold after the visits known by that day: 1 where they were right.

    The odds of a visit for nothing, with two visits of each kind imagined at the start, from 0.8 to 1.6.
    """
    nothing = sum(1 for visit in visits if visit.day <= until and not visit.found)
    found = sum(1 for visit in visits if visit.day <= until and visit.found)
    return float(min(1.6, max(0.8, ((2 + nothing) / (2 + found)) ** 0.25)))
