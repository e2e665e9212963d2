"""The small files of dates that the education service keeps: school holidays, public holidays, strikes.

In: the town. Out: three CSV files; in the one of strikes, one date has its day and month the wrong way round.
"""

from datetime import timedelta
from pathlib import Path

from beffroi.demonstration.town import files
from beffroi.demonstration.town.model import Town, WrittenFile
from beffroi.demonstration.town.schooldays import (
    holidays,
    public_holidays,
    school_year_label,
    school_year_of,
    strikes,
)

HOLIDAYS = Path("cantine/Vacances scolaires (données simulées).csv")
PUBLIC_HOLIDAYS = Path("cantine/Jours fériés (données simulées).csv")
STRIKES = Path("cantine/Grèves (données simulées).csv")


def write_holidays(folder: Path, town: Town) -> WrittenFile:
    """From the first year known to the year after the current one."""
    last = school_year_of(town.last_day)
    rows = [
        [
            school_year_label(year),
            holiday.name,
            holiday.first.isoformat(),
            holiday.last.isoformat(),
            "fictive",
        ]
        for year in range(last - 3, last + 2)
        for holiday in holidays(year)
    ]
    header = ["annee_scolaire", "vacances_nom", "date_debut", "date_fin", "zone"]
    files.write(folder, HOLIDAYS, files.csv_bytes(header, rows, separator=","))
    return WrittenFile(HOLIDAYS, len(rows))


def write_public_holidays(folder: Path, town: Town) -> WrittenFile:
    last = school_year_of(town.last_day)
    rows = [
        [day.isoformat(), name]
        for year in range(last - 3, last + 3)
        for day, name in sorted(public_holidays(year).items())
    ]
    files.write(folder, PUBLIC_HOLIDAYS, files.csv_bytes(["date", "nom_jour_ferie"], rows, separator=","))
    return WrittenFile(PUBLIC_HOLIDAYS, len(rows))


def write_strikes(folder: Path, town: Town) -> WrittenFile:
    """Those past, and those announced for the week that comes."""
    last = school_year_of(town.last_day)
    known = [
        strike
        for year in range(last - 3, last + 2)
        for strike in strikes(town.seed, year)
        if strike.day <= town.last_day + timedelta(days=7)
    ]
    rows = [
        [strike.day.strftime("%d/%m/%Y"), strike.name, files.comma(strike.share * 100, 0)] for strike in known
    ]
    swapped = next(
        (n for n, strike in enumerate(known) if strike.day.day <= 12 and strike.day.day != strike.day.month),
        None,
    )
    faults: tuple[str, ...] = ("encodage Windows (cp1252)",)
    if swapped is not None:
        day = known[swapped].day
        rows[swapped][0] = day.strftime("%m/%d/%Y")
        faults = (
            *faults,
            f"jour et mois inversés : la grève du {day:%d/%m/%Y} est notée au {rows[swapped][0]}",
        )
    header = ["Jour", "Événement", "Repas non servis estimés (%)"]
    files.write(folder, STRIKES, files.csv_bytes(header, rows, encoding="cp1252"))
    return WrittenFile(STRIKES, len(rows), faults)
