"""Queries on the packaged reference file: one function each.

In: a code, a folded name, a postcode. Out: places, or rows that help to explain an error. The file is built with the wheel by
`build.py` and is read only.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from beffroi.lake.reference.build import FORMAT
from beffroi.lake.reference.errors import ReferenceMissing

REFERENCE_FILE = Path(__file__).parent / "data" / "reference.sqlite"

type Row = tuple[str, str, str, int | None, str | None, str | None, str | None]

COLUMNS = "p.code, p.name, p.kind, p.population, p.siren, p.department, p.region"
_EPCI = "('CC', 'CA', 'CU', 'METRO')"
BIGGEST_FIRST = "ORDER BY p.population IS NULL, p.population DESC, p.code"


@dataclass(frozen=True)
class Former:
    """Former code or name now part of a commune: delegated commune, ward of Paris, old code."""

    code: str
    name: str
    kind: str
    commune: str


@dataclass(frozen=True)
class Town:
    """One of GeoNames' towns of France; `fold`: its folded French name."""

    id: int
    fold: str
    region: str
    population: int
    longitude: float
    latitude: float


def by_code(code: str) -> Row | None:
    rows = _select(f"SELECT {COLUMNS} FROM places p WHERE p.code = ? OR p.siren = ?", (code, code))  # noqa: S608
    return rows[0] if rows else None


def by_codes(codes: Iterable[str]) -> list[Row]:
    wanted = sorted(set(codes))
    found: list[Row] = []
    for start in range(0, len(wanted), 500):  # under SQLite's limit of parameters
        part = wanted[start : start + 500]
        marks = ", ".join("?" * len(part))
        found += _select(f"SELECT {COLUMNS} FROM places p WHERE p.code IN ({marks})", part)  # noqa: S608
    return found


def named(name: str, rank: int) -> list[Row]:
    """Places with this folded name: rank 0 in full, rank 1 without article or kind."""
    return _select(
        f"SELECT {COLUMNS} FROM names n JOIN places p ON p.code = n.code"  # noqa: S608
        f" WHERE n.name = ? AND n.rank <= ? {BIGGEST_FIRST}",
        (name, rank),
    )


def names_containing(words: Iterable[str], kinds: Iterable[str], limit: int) -> list[Row]:
    """Places with a word of their name starting with each of these words: exact names first, then the biggest."""
    wanted, allowed = list(words), sorted(kinds)
    tests = " AND ".join("(' ' || p.fold) LIKE ?" for _ in wanted) or "1"
    marks = ", ".join("?" * len(allowed))
    whole = " ".join(wanted)
    return _select(
        f"SELECT {COLUMNS} FROM places p WHERE {tests} AND p.kind IN ({marks})"  # noqa: S608
        " ORDER BY p.fold <> ?, p.fold NOT LIKE ?, p.population IS NULL, p.population DESC, p.code LIMIT ?",
        [*(f"% {word}%" for word in wanted), *allowed, whole, f"{whole}%", limit],
    )


def code_beginning(prefix: str, limit: int) -> list[Row]:
    return _select(
        f"SELECT {COLUMNS} FROM places p WHERE p.code LIKE ? OR p.siren LIKE ?"  # noqa: S608
        " ORDER BY length(p.code), p.code LIMIT ?",
        (f"{prefix}%", f"{prefix}%", limit),
    )


def members_of(code: str) -> tuple[str, ...]:
    return tuple(
        row[0] for row in _select("SELECT commune FROM members WHERE place = ? ORDER BY commune", (code,))
    )


def with_postcode(postcode: str) -> list[Row]:
    return _select(
        f"SELECT {COLUMNS} FROM postcodes o JOIN places p ON p.code = o.commune"  # noqa: S608
        f" WHERE o.postcode = ? {BIGGEST_FIRST}",
        (postcode,),
    )


def known_communes(codes: Iterable[str]) -> set[str]:
    """Those of the codes that are of a commune, of today or former."""
    return _among(
        "SELECT code FROM places WHERE kind = 'commune' AND code IN ({0}) UNION SELECT code FROM formers WHERE code IN ({0})",
        codes,
    )


def known_postcodes(texts: Iterable[str]) -> set[str]:
    """Those of the texts that are postcodes."""
    return _among("SELECT DISTINCT postcode FROM postcodes WHERE postcode IN ({0})", texts)


def _among(query: str, texts: Iterable[str]) -> set[str]:
    marks = json.dumps(sorted(set(texts)))
    return {
        code for (code,) in _select(query.format("SELECT value FROM json_each(:texts)"), {"texts": marks})
    }


def formers(code: str, folded: str) -> list[Former]:
    rows = _select("SELECT code, name, kind, commune FROM formers WHERE code = ? OR fold = ?", (code, folded))
    return [Former(*row) for row in rows]


def every_name() -> dict[str, list[str]]:
    """Folded names with the codes of their places."""
    names: dict[str, list[str]] = {}
    for name, code in _select("SELECT name, code FROM names", ()):
        names.setdefault(name, []).append(code)
    return names


def every_commune() -> list[Row]:
    return _select(f"SELECT {COLUMNS} FROM places p WHERE p.kind = 'commune'", ())  # noqa: S608


def every_town() -> list[Town]:
    rows = _select("SELECT id, fold, region, population, longitude, latitude FROM towns ORDER BY id", ())
    return [Town(*row) for row in rows]


def every_epci() -> list[tuple[str, str]]:
    """Communes with their EPCI; the EPT of Greater Paris lie inside one."""
    return _select(
        "SELECT m.commune, m.place FROM members m JOIN places p ON p.code = m.place"  # noqa: S608
        f" WHERE p.kind IN {_EPCI}",
        (),
    )


def every_division() -> list[tuple[str | int | None, ...]]:
    """Codes of communes, present or former, with the present commune, its EPCI, département and région."""
    return _select(
        "WITH codes AS (SELECT code, code AS commune FROM places WHERE kind = 'commune'"  # noqa: S608
        " UNION SELECT code, commune FROM formers WHERE code NOT IN (SELECT code FROM places)),"
        " groups AS (SELECT m.commune, p.code, p.name FROM members m JOIN places p ON p.code = m.place"
        f" WHERE p.kind IN {_EPCI})"
        " SELECT c.code, p.code, p.name, g.code, g.name, p.department, d.name, p.region, r.name, p.population"
        " FROM codes c JOIN places p ON p.code = c.commune LEFT JOIN groups g ON g.commune = p.code"
        " LEFT JOIN places d ON d.code = p.department LEFT JOIN places r ON r.code = 'R-' || p.region ORDER BY c.code",
        (),
    )


def meta() -> dict[str, str]:
    return dict(_select("SELECT key, value FROM meta", ()))


def _select(query: str, parameters: Iterable[object] | Mapping[str, object]) -> list[tuple]:  # type: ignore[type-arg]
    if not REFERENCE_FILE.is_file():
        raise ReferenceMissing(
            "Le fichier des communes et intercommunalités est absent de cette installation. "
            "Rien n'a été modifié. Relancez « make setup », ou réinstallez Beffroi."
        )
    with closing(sqlite3.connect(f"{REFERENCE_FILE.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
        database.execute("PRAGMA temp_store = MEMORY")  # a closed query process writes no file
        stored_format = database.execute("SELECT value FROM meta WHERE key = 'format'").fetchone()
        if stored_format is None or stored_format[0] != str(FORMAT):
            raise ReferenceMissing(
                "Le fichier des communes et intercommunalités vient d'une autre version de Beffroi. "
                "Rien n'a été modifié. Relancez « make setup », ou réinstallez Beffroi."
            )
        bound = parameters if isinstance(parameters, Mapping) else tuple(parameters)
        return database.execute(query, bound).fetchall()
