"""The exports of the canteen software: one file a school year, then a file for the month that follows.

In: the town, a school year or the next weeks. Out: CSV files with the faults that such exports have.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from beffroi.demonstration.town import files
from beffroi.demonstration.town.canteen import Meal, meals
from beffroi.demonstration.town.model import NOTICE, Town, WrittenFile
from beffroi.demonstration.town.schooldays import school_days, school_year_label, school_year_of
from beffroi.text import MONTHS

HEADER = ["Site", "Type", "Commune", "Date", "Prévision", "Réel"]
FOLDER = Path("cantine")
MISSPELT = ("LES HIRONDELLES E", "LES HIRONDELES E")


@dataclass(frozen=True)
class _Export:
    rows: list[list[str]]
    faults: tuple[str, ...]


def write_year(folder: Path, town: Town, year: int) -> WrittenFile:
    """The counts of one school year, up to the town's last day."""
    served = [meal for meal in meals(town.seed, town.schools, year) if meal.day <= town.last_day]
    age = school_year_of(town.last_day) - year
    export = _with_faults(_rows(served), age)
    path = FOLDER / f"Fréquentation cantines {school_year_label(year)} (données simulées).csv"
    return _write(folder, path, town, f"Fréquentation {school_year_label(year)}", export, served)


def write_next(folder: Path, town: Town) -> WrittenFile:
    """The counts of the month that follows the town's last day (or of the first one with class)."""
    year = school_year_of(town.last_day)
    after = [day for candidate in (year, year + 1) for day in school_days(candidate) if day > town.last_day]
    last = after[0] + timedelta(days=30)
    days = {day for day in after if day <= last}
    served = [
        meal
        for candidate in (year, year + 1)
        for meal in meals(town.seed, town.schools, candidate)
        if meal.day in days
    ]
    first, final = min(days), max(days)
    period = f"du {_written(first)} au {_written(final)}"
    path = FOLDER / f"Fréquentation cantines {period} (données simulées).csv"
    return _write(folder, path, town, f"Fréquentation {period}", _Export(_rows(served), ()), served)


def _rows(served: Sequence[Meal]) -> list[list[str]]:
    return [
        [
            meal.school.site,
            meal.school.kind,
            meal.school.commune.name,
            meal.day.strftime("%d/%m/%Y"),
            str(meal.ordered),
            "NA" if meal.eaten is None else str(meal.eaten),
        ]
        for meal in served
    ]


def _with_faults(rows: list[list[str]], age: int) -> _Export:
    """What hands did to the export of a year: `age` is 0 for the current year, 3 for the oldest."""
    if age == 3:
        rank = len(rows) // 3
        return _Export([*rows[:rank], rows[rank], *rows[rank:]], ("une ligne en double",))
    if age == 2:
        spelled = [
            [MISSPELT[1], *row[1:]] if row[0] == MISSPELT[0] and row[3][3:5] == "01" else row for row in rows
        ]
        return _Export(
            spelled, (f"un site écrit de deux façons : « {MISSPELT[0]} », et « {MISSPELT[1]} » en janvier",)
        )
    if age == 1:
        rank = next(n for n in range(len(rows) // 2, len(rows)) if "0" in rows[n][5])
        typed = [*rows[rank][:5], rows[rank][5].replace("0", "O")]
        return _Export(
            [*rows[:rank], typed, *rows[rank + 1 :]], ("un nombre saisi avec la lettre O pour un zéro",)
        )
    return _Export(rows, ())


def _write(
    folder: Path, path: Path, town: Town, what: str, export: _Export, served: Sequence[Meal]
) -> WrittenFile:
    ordered = sum(meal.ordered for meal in served)
    eaten = sum(meal.eaten or 0 for meal in served)
    content = files.csv_bytes(
        HEADER,
        export.rows,
        encoding="cp1252",
        title=f"{town.name} - Restauration scolaire - {what} - {NOTICE}",
        total=["TOTAL", "", "", "", str(ordered), str(eaten)],
    )
    files.write(folder, path, content)
    usual = (
        "encodage Windows (cp1252)",
        "une ligne de titre au-dessus de l'en-tête",
        "une ligne de total à la fin",
        "« NA » pour les jours sans relevé",
    )
    return WrittenFile(path, len(export.rows), (*usual, *export.faults))


def _written(day: date) -> str:
    day_text = "1er" if day.day == 1 else str(day.day)
    return f"{day_text} {MONTHS[day.month - 1]} {day.year}"
