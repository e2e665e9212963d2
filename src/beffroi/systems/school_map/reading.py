"""Input tables, cleaned: schools, blocks, past rolls, pupils, locks, streets; rejected rows are reported in French.

In come the Arrow tables of the contract; out go plain rows. Raises `BadInput` only when nothing can be computed.
"""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
import shapely

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.kit import cells
from beffroi.systems.kit.arrays import Matrix, Vector
from beffroi.systems.kit.ground import read_shapes
from beffroi.systems.kit.words import fr


@dataclass(frozen=True)
class SchoolRow:
    name: str
    shape: shapely.Geometry
    seats: int


@dataclass(frozen=True)
class BlockRow:
    code: str
    name: str
    shape: shapely.Geometry
    pupils: int
    school: str  # today's, as it is written; empty where unknown
    social: float  # NaN where unknown


@dataclass(frozen=True)
class PupilRow:
    block: int
    shape: shapely.Geometry | None
    sibling: str  # key of the school of a brother or sister, empty where there is none


def read_schools(tables: Tables, level: str, notes: list[str]) -> dict[str, SchoolRow]:
    """Schools by key, of one level. Raises `BadInput` where none can serve."""
    rows = list(cells.rows(tables, "schools"))
    if not rows:
        raise BadInput("La table des écoles est vide : choisissez un jeu de données qui contient des lignes.")
    chosen = _level(rows, level, notes)
    found: dict[str, SchoolRow] = {}
    rejected = cells.Rejected.of(__package__, "schools")
    for row, shape in zip(rows, read_shapes(row.get("geometry") for row in rows), strict=True):
        name, own = cells.text(row.get("school")), cells.key(row.get("level"))
        key, seats = cells.key(name), cells.number(row.get("capacity"))
        if not key or (chosen and own and own != cells.key(chosen)):
            continue
        if shape is None:
            rejected.add("sans position lisible", name)
        elif seats is None or seats < 0:
            rejected.add("sans nombre de places possible", name)
        elif key in found:
            rejected.add("école inscrite deux fois, la première ligne est gardée", name)
        else:
            found[key] = SchoolRow(name, shapely.centroid(shape), int(seats))
    notes += rejected.notes()
    if not any(school.seats for school in found.values()):
        raise BadInput(
            "Aucune école n’a à la fois un nom, une position et des places : complétez la table des écoles."
        )
    return found


def _level(rows: list[cells.Row], requested: str, notes: list[str]) -> str:
    seats: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for row in rows:
        if own := cells.key(row.get("level")):
            labels.setdefault(own, cells.text(row["level"]))
            seats[own] += max(0, int(cells.number(row.get("capacity")) or 0))
    known = ", ".join(sorted(labels.values()))
    if requested:
        if seats and cells.key(requested) not in seats:
            raise BadInput(f"Aucune école n’est du niveau « {requested} ». Niveaux connus : {known}.")
        return requested
    if len(seats) < 2:
        return ""
    most = labels[max(sorted(seats), key=lambda own: seats[own])]
    notes.append(
        f"Les écoles sont de plusieurs niveaux ({known}) : seul « {most} » est calculé. "
        "Le réglage « Niveau » en choisit un autre."
    )
    return most


def read_blocks(tables: Tables, most: int, notes: list[str]) -> list[BlockRow]:
    """Blocks in the order of their codes. `most`: seats of the largest school. Raises `BadInput` where none can serve."""
    rows = list(cells.rows(tables, "blocks"))
    if not rows:
        raise BadInput("La table des îlots est vide : choisissez un jeu de données qui contient des lignes.")
    found: dict[str, BlockRow] = {}
    rejected = cells.Rejected.of(__package__, "blocks")
    for row, shape in zip(rows, read_shapes(row.get("geometry") for row in rows), strict=True):
        code, pupils = cells.text(row.get("block")), cells.number(row.get("pupils"))
        key, social = cells.key(code), cells.number(row.get("social"))
        if not key:
            rejected.add("sans code")
        elif shape is None:
            rejected.add("sans forme lisible", code)
        elif pupils is None or pupils < 0:
            rejected.add("sans nombre d’élèves possible", code)
        elif pupils > most:
            rejected.add(
                f"plus d’élèves que la plus grande école n’a de places ({most}), à corriger ou à partager",
                f"{code} : {fr(pupils, 0)}",
            )
        elif key in found:
            rejected.add("îlot inscrit deux fois, la première ligne est gardée", code)
        else:
            found[key] = BlockRow(
                code,
                cells.text(row.get("name")) or code,
                shape,
                round(pupils),
                cells.text(row.get("school")),
                np.nan if social is None else social,
            )
    notes += rejected.notes()
    if sum(block.pupils for block in found.values()) == 0:
        raise BadInput(
            "Aucun îlot n’a à la fois un code, une forme et des élèves : complétez la table des îlots ou des rues."
        )
    return [found[key] for key in sorted(found)]


def read_pupils(tables: Tables, blocks: dict[str, int], notes: list[str]) -> list[PupilRow]:
    """One row a pupil, of the known blocks; the reference serves to count each pupil once, and goes no further."""
    rows = list(cells.rows(tables, "pupils"))
    seen: set[str] = set()
    found: list[PupilRow] = []
    rejected = cells.Rejected.of(__package__, "pupils")
    for row, shape in zip(rows, read_shapes(row.get("home") for row in rows), strict=True):
        pupil, block = cells.key(row.get("pupil")), blocks.get(cells.key(row.get("block")))
        if pupil and pupil in seen:
            rejected.add("référence répétée, chaque élève compte une fois")
        elif block is None:
            rejected.add("îlot inconnu")
        else:
            seen.add(pupil)
            home = None if shape is None else shapely.centroid(shape)
            found.append(PupilRow(block, home, cells.key(row.get("sibling_school"))))
    notes += rejected.notes()
    return found


def read_counts(tables: Tables, blocks: dict[str, int], now: Vector, notes: list[str]) -> Matrix:
    """(years, B) past rolls from the oldest to the last, NaN where unknown; without a year that repeats today's."""
    by_year: dict[int, dict[int, float]] = {}
    rejected = cells.Rejected.of(__package__, "counts")
    for row in cells.rows(tables, "counts"):
        year = re.search(r"(?:19|20)\d\d", str(row.get("year")))
        block, pupils = blocks.get(cells.key(row.get("block"))), cells.number(row.get("pupils"))
        if block is None:
            rejected.add("îlot inconnu")
        elif year is None or pupils is None or pupils < 0:
            rejected.add("sans année ou sans nombre possible")
        else:
            by_year.setdefault(int(year[0]), {})[block] = pupils
    notes += rejected.notes()
    past = np.full((len(by_year), len(now)), np.nan)
    for rank, (_, roll) in enumerate(sorted(by_year.items())):
        past[rank, list(roll)] = list(roll.values())
    if len(past) and np.nanmean(np.abs(past[-1] - now) < 0.5) > 0.95:
        past = past[:-1]
    return past
