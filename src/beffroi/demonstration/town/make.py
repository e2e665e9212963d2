"""Makes the town's folder, whole, then the delivery of the month after.

In: a folder, a seed, today's date. Out: the files and a `Town` that lists them.
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from beffroi.demonstration.town import (
    associations,
    buildings,
    calendars,
    deliveries,
    files,
    menus,
    schools,
    waste,
)
from beffroi.demonstration.town.geography import communes, invented_siren, layer
from beffroi.demonstration.town.model import KIND, NAME, NOTICE, SLUG, Town, WrittenFile
from beffroi.demonstration.town.schooldays import last_school_week, school_year_of
from beffroi.lake.reference import import_contours

SEED = 2024
SCHOOL_YEARS = 4
CONTOURS = Path("communes/Communes (données simulées).geojson")
READ_ME = Path("LISEZ-MOI (données simulées).txt")


def make_town(folder: Path, seed: int = SEED, today: date | None = None) -> Town:
    """Write the invented town's exports into `folder`: four school years, to the last school week before `today`."""
    today = today or date.today()
    land = communes(seed)
    last_day = last_school_week(today)
    town = Town(
        name=NAME,
        slug=SLUG,
        kind=KIND,
        code=invented_siren(99),
        population=sum(commune.population for commune in land),
        communes=land,
        schools=schools.schools(seed, land),
        seed=seed,
        today=today,
        last_day=last_day,
    )
    current = school_year_of(last_day)
    written = [
        *(
            deliveries.write_year(folder, town, year)
            for year in range(current - SCHOOL_YEARS + 1, current + 1)
        ),
        menus.write_menus(folder, town),
        calendars.write_holidays(folder, town),
        calendars.write_public_holidays(folder, town),
        calendars.write_strikes(folder, town),
        schools.write_school_directory(folder, town),
        schools.write_rolls(folder, town),
        buildings.write_buildings(folder, town),
        buildings.write_statements(folder, town),
        waste.write_waste(folder, town),
        associations.write_associations(folder, town),
        associations.write_subsidies(folder, town),
        _write_contours(folder, town),
    ]
    town = replace(town, files=tuple(written))
    _write_read_me(folder, town)
    return town


def make_next_delivery(folder: Path, town: Town) -> WrittenFile:
    """Write the canteen export of the month that follows the town's last day: it joins those already delivered."""
    return deliveries.write_next(folder, town)


def install_contours(folder: Path, town: Town, home: Path) -> None:
    """Give the maps of a demonstration home the shapes of the invented communes, under their notice."""
    names = {commune.code: commune.name for commune in town.communes}
    import_contours(folder / CONTOURS, home, source=town.notice, year=town.today.year, invented=names)


def _write_contours(folder: Path, town: Town) -> WrittenFile:
    text = json.dumps(layer(town), ensure_ascii=False, separators=(",", ":"))
    files.write(folder, CONTOURS, text.encode())
    return WrittenFile(CONTOURS, len(town.communes))


def _write_read_me(folder: Path, town: Town) -> None:
    """Not a table: what gathers the folder says so, and why."""
    lines = [
        f"{town.name} - {NOTICE}",
        "",
        "Cette intercommunalité n'existe pas. Ses communes, ses écoles, ses associations et les personnes citées sont",
        "inventées ; ses codes ne peuvent pas exister ; ses communes sont dessinées en plein océan Atlantique.",
        "Les fichiers imitent les exports des logiciels d'une collectivité, avec leurs défauts :",
        "",
        *(f"- {one.path.as_posix()} : {', '.join(one.faults) or 'sans défaut ajouté'}" for one in town.files),
    ]
    files.write(folder, READ_ME, "\r\n".join([*lines, ""]).encode())
