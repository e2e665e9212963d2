"""The invented schools: names, sites, rolls year after year, and the two files that the education service keeps.

In: communes and a seed. Out: schools; a Parquet directory and a CSV of rolls.
"""

import io
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from beffroi.demonstration.town import files
from beffroi.demonstration.town.geography import degrees
from beffroi.demonstration.town.model import NOTICE, Commune, School, Town, WrittenFile, stream
from beffroi.demonstration.town.schooldays import school_year_label, school_year_of

# Names of trees, birds and places: no person, living or dead.
_GROUPS = {
    "Valbruyère": ("Les Tilleuls", "La Charmille", "Le Vieux Moulin", "Les Hirondelles", "Le Grand Pré",
                   "Les Quatre Vents", "La Source", "Les Coquelicots"),
    "Pont-sur-Ysane": ("La Passerelle", "Les Saules", "Le Bac"),
    "Orvanches": ("Les Érables", "La Garenne"),
    "Brumelle": ("Les Alouettes",),
    "Corvelle-sur-Ysane": ("Le Héron Cendré",),
    "Lancherolles": ("Les Noisetiers",),
    "Tressigny-la-Forge": ("La Forge",),
}  # fmt: skip
_PRIMARY = {
    "Vaurimont": "Les Genêts",
    "Saint-Aubrin-le-Haut": "Le Belvédère",
    "Fontrébault": "La Cressonnière",
}
# Pupils for a hundred inhabitants.
_RATES = {"M": 0.031, "E": 0.053}
DIRECTORY = Path("ecoles/Écoles (données simulées).parquet")
ROLLS = Path("ecoles/Effectifs scolaires (données simulées).csv")


def schools(seed: int, communes: tuple[Commune, ...]) -> tuple[School, ...]:
    chance = stream(seed, "schools")
    made: list[School] = []
    for commune in communes:
        groups = _GROUPS.get(commune.name, ())
        weights = chance.uniform(0.75, 1.25, size=max(len(groups), 1))
        for rank, group in enumerate(groups):
            longitude, latitude = _around(commune, *chance.uniform(-1.5, 1.5, size=2))
            for kind, level_label in (("M", "maternelle"), ("E", "élémentaire")):
                roll = commune.population * _RATES[kind] * float(weights[rank] / weights.sum())
                made.append(
                    School(
                        f"EC{len(made) + 1:02d}", f"École {level_label} {group}", f"{group.upper()} {kind}", kind,
                        commune, max(18, round(roll)), longitude, latitude,
                    )
                )  # fmt: skip
        if commune.name in _PRIMARY:
            group = _PRIMARY[commune.name]
            longitude, latitude = _around(commune, *chance.uniform(-0.5, 0.5, size=2))
            roll = round(commune.population * (_RATES["M"] + _RATES["E"]))
            made.append(
                School(
                    f"EC{len(made) + 1:02d}", f"École primaire {group}", f"{group.upper()} E", "E",
                    commune, roll, longitude, latitude,
                )
            )  # fmt: skip
    return tuple(made)


def roll(seed: int, school: School, year: int) -> int:
    """Pupils of a school in the school year that begins in `year`; each commune grows or shrinks at its pace."""
    growth = 1 + float(stream(seed, "growth", school.commune.code).normal(0.004, 0.014))
    chance = float(stream(seed, "roll", school.code, year).normal(0, 0.025))
    return max(12, round(school.roll * growth ** (year - 2022) * (1 + chance)))


def write_school_directory(folder: Path, town: Town) -> WrittenFile:
    schools = town.schools
    table = pa.table(
        {
            "code_ecole": [school.code for school in schools],
            "nom_ecole": [school.name for school in schools],
            "site_cantine": [school.site for school in schools],
            "type": [school.kind for school in schools],
            "code_commune": [school.commune.code for school in schools],
            "commune": [school.commune.name for school in schools],
            "longitude": [school.longitude for school in schools],
            "latitude": [school.latitude for school in schools],
        }
    ).replace_schema_metadata({"description": NOTICE})
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    files.write(folder, DIRECTORY, buffer.getvalue())
    return WrittenFile(DIRECTORY, len(schools))


def write_rolls(folder: Path, town: Town) -> WrittenFile:
    last = school_year_of(town.last_day)
    rows = [
        [
            school.name,
            school.site,
            school.commune.name,
            school_year_label(year),
            str(pupils),
            str(max(1, round(pupils / 24))),
        ]
        for year in range(last - 3, last + 1)
        for school in town.schools
        for pupils in [roll(town.seed, school, year)]
    ]
    header = ["École", "Site", "Commune", "Année scolaire", "Effectif", "Nombre de classes"]
    title = f"Effectifs scolaires au 1er octobre - {town.name} - {NOTICE}"
    files.write(folder, ROLLS, files.csv_bytes(header, rows, encoding="cp1252", title=title))
    return WrittenFile(
        ROLLS, len(rows), ("une ligne de titre au-dessus de l'en-tête", "encodage Windows (cp1252)")
    )


def _around(commune: Commune, east: float, north: float) -> tuple[float, float]:
    """A point so many kilometres from the commune's centre."""
    moved, origin = degrees((float(east), float(north))), degrees((0.0, 0.0))
    return (
        round(commune.longitude + moved[0] - origin[0], 5),
        round(commune.latitude + moved[1] - origin[1], 5),
    )
