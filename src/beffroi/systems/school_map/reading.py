"""Input tables, cleaned: schools, blocks, past rolls, pupils, locks, streets; rejected rows are reported in French.

In come the Arrow tables of the contract; out go plain rows. Raises `BadInput` only when nothing can be computed.
"""

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from beffroi.systems.contract import BadInput, Tables
from beffroi.systems.school_map.geography import read_shapes
from beffroi.text import fold_name


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
    school: str  # key of today's school, empty where unknown
    social: float  # NaN where unknown


@dataclass(frozen=True)
class PupilRow:
    block: str
    shape: shapely.Geometry | None
    sibling: str  # key of the school of a brother or sister, empty where there is none


def name_key(name: object) -> str:
    """Comparison key of a name: « Côte d’Or » and « COTE D OR » are the same place."""
    return fold_name(str(name if name is not None else "")).upper()


def read_columns(tables: Tables, name: str, *wanted: str) -> dict[str, list[Any]]:
    """The columns of a table as lists, of None where a column or the table is absent."""
    table = tables.get(name)
    if table is None:
        return {column: [] for column in wanted}
    blank = [None] * table.num_rows
    return {
        column: table.column(column).to_pylist() if column in table.column_names else blank
        for column in wanted
    }


def parse_number(value: object) -> float:
    """A finite number, or NaN."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan
    return found if math.isfinite(found) else math.nan


def read_schools(tables: Tables, level: str, notes: list[str]) -> tuple[dict[str, SchoolRow], str]:
    """Schools by key, of one level, and that level. Raises `BadInput` where none can serve."""
    data = read_columns(tables, "schools", "school", "geometry", "capacity", "level")
    if not data["school"]:
        raise BadInput("La table des écoles est vide : choisissez un jeu de données qui contient des lignes.")
    chosen = _level(data["level"], data["capacity"], level, notes)
    shapes = read_shapes(data["geometry"])
    found: dict[str, SchoolRow] = {}
    placeless: list[str] = []
    seatless: list[str] = []
    twice: list[str] = []
    for name, shape, capacity, own in zip(
        data["school"], shapes, data["capacity"], data["level"], strict=True
    ):
        if not name_key(name) or (chosen and own is not None and name_key(own) != name_key(chosen)):
            continue
        seats = parse_number(capacity)
        if shape is None:
            placeless.append(str(name))
        elif math.isnan(seats) or seats < 0:
            seatless.append(str(name))
        elif name_key(name) in found:
            twice.append(str(name))
        else:
            found[name_key(name)] = SchoolRow(str(name).strip(), shapely.centroid(shape), int(seats))
    _note_rejected(notes, placeless, "école(s) sans position lisible laissée(s) de côté")
    _note_rejected(notes, seatless, "école(s) sans nombre de places possible laissée(s) de côté")
    _note_rejected(notes, twice, "école(s) inscrite(s) deux fois : la première ligne a été gardée")
    if not any(school.seats for school in found.values()):
        raise BadInput(
            "Aucune école n’a à la fois un nom, une position et des places : complétez la table des écoles."
        )
    return found, chosen


def _level(levels: list[Any], capacity: list[Any], requested: str, notes: list[str]) -> str:
    seats: Counter[str] = Counter()
    labels: dict[str, str] = {}
    for own, places in zip(levels, capacity, strict=True):
        if name_key(own):
            labels.setdefault(name_key(own), str(own).strip())
            seats[name_key(own)] += max(
                0, int(0 if math.isnan(parse_number(places)) else parse_number(places))
            )
    if requested:
        if seats and name_key(requested) not in seats:
            raise BadInput(
                f"Aucune école n’est du niveau « {requested} ». Niveaux connus : {', '.join(sorted(labels.values()))}."
            )
        return requested
    if len(seats) < 2:
        return ""
    most = labels[max(sorted(seats), key=lambda own: seats[own])]
    notes.append(
        f"Les écoles sont de plusieurs niveaux ({', '.join(sorted(labels.values()))}) : seul « {most} » est calculé. "
        "Le réglage « Niveau » en choisit un autre."
    )
    return most


def read_blocks(tables: Tables, most: int, notes: list[str]) -> list[BlockRow]:
    """Blocks in the order of their codes. `most`: seats of the largest school. Raises `BadInput` where none can serve."""
    data = read_columns(tables, "blocks", "block", "geometry", "pupils", "school", "name", "social")
    if not data["block"]:
        raise BadInput("La table des îlots est vide : choisissez un jeu de données qui contient des lignes.")
    shapes = read_shapes(data["geometry"])
    found: dict[str, BlockRow] = {}
    nameless = 0
    placeless: list[str] = []
    countless: list[str] = []
    huge: list[str] = []
    twice: list[str] = []
    for code, shape, pupils, school, name, social in zip(
        data["block"], shapes, data["pupils"], data["school"], data["name"], data["social"], strict=True
    ):
        count = parse_number(pupils)
        if not name_key(code):
            nameless += 1
        elif shape is None:
            placeless.append(str(code))
        elif math.isnan(count) or count < 0:
            countless.append(str(code))
        elif count > most:
            huge.append(f"{code} ({count:.0f})")
        elif name_key(code) in found:
            twice.append(str(code))
        else:
            label = str(name).strip() if name is not None and str(name).strip() else str(code).strip()
            found[name_key(code)] = BlockRow(
                str(code).strip(), label, shape, round(count), name_key(school), parse_number(social)
            )
    if nameless:
        notes.append(f"{nameless} îlot(s) sans code ont été laissés de côté.")
    _note_rejected(notes, placeless, "îlot(s) sans forme lisible laissé(s) de côté")
    _note_rejected(notes, countless, "îlot(s) sans nombre d’élèves possible laissé(s) de côté")
    _note_rejected(
        notes,
        huge,
        f"îlot(s) avec plus d’élèves que la plus grande école n’a de places ({most}), laissé(s) de côté ; "
        "corrigez le nombre ou partagez l’îlot",
    )
    _note_rejected(notes, twice, "îlot(s) inscrit(s) deux fois : la première ligne a été gardée")
    if sum(block.pupils for block in found.values()) == 0:
        raise BadInput(
            "Aucun îlot n’a à la fois un code, une forme et des élèves : complétez la table des îlots ou des rues."
        )
    return [found[code] for code in sorted(found)]


def read_pupils(tables: Tables, blocks: dict[str, int], notes: list[str]) -> list[PupilRow]:
    """One row a pupil, of the known blocks; the reference serves to count each pupil once, and goes no further."""
    data = read_columns(tables, "pupils", "pupil", "block", "home", "sibling_school")
    shapes = read_shapes(data["home"])
    seen: set[str] = set()
    rows: list[PupilRow] = []
    twice = unknown = 0
    for pupil, block, shape, sibling in zip(
        data["pupil"], data["block"], shapes, data["sibling_school"], strict=True
    ):
        if name_key(pupil) and name_key(pupil) in seen:
            twice += 1
        elif name_key(block) not in blocks:
            unknown += 1
        else:
            seen.add(name_key(pupil))
            rows.append(
                PupilRow(
                    name_key(block), None if shape is None else shapely.centroid(shape), name_key(sibling)
                )
            )
    if twice:
        notes.append(
            f"{twice} ligne(s) de la liste des élèves répètent une référence : chaque élève compte une fois."
        )
    if unknown:
        notes.append(f"{unknown} élève(s) de la liste habitent un îlot inconnu : ils ne sont pas comptés.")
    return rows


def read_counts(
    tables: Tables, blocks: dict[str, int], now: "np.ndarray[Any, np.dtype[np.float64]]", notes: list[str]
) -> Any:
    """(years, B) past rolls from the oldest to the last, NaN where unknown; without a year that repeats today's."""
    data = read_columns(tables, "counts", "block", "year", "pupils")
    by_year: dict[int, dict[int, float]] = {}
    unknown = wrong = 0
    for block, year, pupils in zip(data["block"], data["year"], data["pupils"], strict=True):
        digits = re.search(r"(?:19|20)\d\d", str(year))
        count = parse_number(pupils)
        if name_key(block) not in blocks:
            unknown += 1
        elif digits is None or math.isnan(count) or count < 0:
            wrong += 1
        else:
            by_year.setdefault(int(digits[0]), {})[blocks[name_key(block)]] = count
    if unknown:
        notes.append(f"{unknown} effectif(s) passé(s) d’îlots inconnus n’ont pas servi.")
    if wrong:
        notes.append(f"{wrong} effectif(s) passé(s) sans année ou sans nombre possible n’ont pas servi.")
    past = np.full((len(by_year), len(now)), np.nan)
    for rank, year in enumerate(sorted(by_year)):
        for block, count in by_year[year].items():
            past[rank, block] = count
    if len(past) and np.nanmean(np.abs(past[-1] - now) < 0.5) > 0.95:
        past = past[:-1]
    return past


def _note_rejected(notes: list[str], names: list[str], what: str) -> None:
    if names:
        notes.append(f"{len(names)} {what} : {', '.join(names[:3])}{'…' if len(names) > 3 else ''}.")
