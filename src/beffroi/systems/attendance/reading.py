"""Input tables of `attendance` as one series; rows that cannot serve are told."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.calendar import days_within, read_periods
from beffroi.systems.kit.forecasting import Extra
from beffroi.systems.kit.series import Series, read_series, without_outliers
from beffroi.systems.kit.words import fr, listed, plural, short_day


@dataclass(frozen=True)
class Counts:
    """`closed`: days (and places, « » for all) known to be closed; `holidays`: days without school, empty where not known."""

    series: Series
    closed: frozenset[tuple[str, date]]
    holidays: frozenset[date]
    notes: tuple[str, ...]

    def is_closed(self, place: str, day: date) -> bool:
        return bool({(place, day), ("", day)} & self.closed)

    def calendar_warnings(self, last: date) -> list[str]:
        """What to say where the school holidays are known, but not up to the last day forecast."""
        if not self.holidays or (known := max(self.holidays)) >= last:
            return []
        return [
            f"Les vacances scolaires ne sont connues que jusqu’au {short_day(known)} : ensuite, la prévision n’en tient "
            "pas compte. Ajoutez le calendrier de l’année suivante."
        ]

    def columns(self, days: int) -> Extra:
        """What is known of the first `days` days of the series."""
        if not self.holidays:
            return {}
        return {
            "holidays": np.array([float(self.series.day(index) in self.holidays) for index in range(days)])
        }


def read_counts(tables: Tables, today: date | None) -> Counts:
    """Raises `BadInput` where no row can serve."""
    rejected, rows, twice = cells.Rejected.of(__package__, "counts"), [], 0
    reversed_periods = cells.Rejected.of(__package__, "holidays")
    closed, holidays = (
        _closures(tables),
        days_within(read_periods(tables, "holidays", reversed_periods)),
    )
    seen: set[tuple[str, date]] = set()
    for row in cells.rows(tables, "counts"):
        place, day, count = (
            cells.text(row.get("place")),
            cells.day(row.get("date")),
            cells.number(row.get("count")),
        )
        if not place or day is None or count is None:
            rejected.add("sans lieu, sans jour ou sans nombre", place)
        elif count < 0:
            rejected.add("nombre négatif", f"{place}, {short_day(day)}")
        elif today is not None and day >= today:
            rejected.add("jour qui n’est pas encore passé", short_day(day))
        elif not {(place, day), ("", day)} & closed:
            twice += (place, day) in seen
            seen.add((place, day))
            rows.append((place, day, count))
    notes = [*rejected.notes(), *reversed_periods.notes()]
    if twice:
        notes.append(
            f"{plural(twice, 'jour est donné', 'jours sont donnés')} plusieurs fois : les nombres sont additionnés."
        )
    try:
        series = read_series(rows)
    except ValueError as error:
        raise BadInput(
            "Aucun comptage ne peut servir : il faut un lieu, un jour et un nombre par ligne, sur trente ans au plus. Vérifiez "
            "les colonnes reliées."
        ) from error
    series, wrong = without_outliers(series)
    if wrong:
        examples = listed((f"{place}, {short_day(day)} : {fr(count)}" for place, day, count in wrong), 3)
        notes.append(
            f"{plural(len(wrong), 'nombre dépasse', 'nombres dépassent')} huit fois l’habitude du lieu, et sont mis de côté : {examples}."
        )
    return Counts(series, closed, holidays, tuple(notes))


def _closures(tables: Tables) -> frozenset[tuple[str, date]]:
    rows = cells.rows(tables, "closures")
    found = ((cells.text(row.get("place")), cells.day(row.get("date"))) for row in rows)
    return frozenset((place, day) for place, day in found if day is not None)
