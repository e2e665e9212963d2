"""Contours of communes and intercommunalités, from a file imported by the operator; none is downloaded or packaged.

In: a GeoJSON or a Parquet file with a geometry, in longitude and latitude or projected, with a column of INSEE or
SIREN codes. Out: `reference/contours.parquet` in the home folder and its vector tiles (`tiling.py`), then GeoJSON
with the source and year of every shape.
"""

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import DuckDBPyConnection
from duckdb import Error as DuckDBError

from beffroi.lake.engine import connect
from beffroi.lake.quoting import quote_identifier
from beffroi.lake.reference import place_queries
from beffroi.lake.reference.coordinate_systems import UnknownProjection, projection_of
from beffroi.lake.reference.errors import UnusableContours
from beffroi.lake.reference.tiling import make_tiles

# Under this share of codes that we know, a column is something else than codes of places.
_SHARE_OF_CODES = 0.5


@dataclass(frozen=True)
class ImportedContours:
    """Report of an import: number of shapes, unknown codes, source and year."""

    imported: int
    unknown: tuple[str, ...]
    source: str
    year: int | None


def import_contours(
    file: Path,
    home: Path,
    *,
    source: str | None = None,
    year: int | None = None,
    invented: Mapping[str, str] | None = None,
) -> ImportedContours:
    """Import the shapes of `file` into the home folder; shapes of the same codes are replaced.

    `source` and `year` are displayed with every map; by default, the file's name and the year in it. `invented`: names of the
    fictitious places of a demonstration, by code. Raises UnusableContours; previous contours are then unchanged.
    """
    source = source or file.name
    if year is None:
        year_found = re.search(r"(?<!\d)(?:19|20)\d{2}(?!\d)", file.stem)
        year = int(year_found.group()) if year_found else None
    made_up = dict(invented or {})
    shapes = _shapes(file, frozenset(made_up))
    known = made_up | {row[0]: row[1] for row in place_queries.by_codes(shapes)}
    imported = {
        code: {"code": code, "name": known[code], "source": source, "year": year, "geometry": shapes[code]}
        for code in shapes
        if code in known
    }
    before = {row["code"]: row for row in _stored_rows(home)}
    rows = [row for _, row in sorted({**before, **imported}.items())]
    try:
        make_tiles(rows, home)
    except DuckDBError as error:
        raise _unusable(file, f"ses formes ne se dessinent pas ({str(error).splitlines()[0]})") from error
    _store(rows, home)
    return ImportedContours(len(imported), tuple(sorted(set(shapes) - set(imported))), source, year)


def commune_contours(codes: Iterable[str], home: Path) -> dict[str, Any] | None:
    """GeoJSON FeatureCollection of the stored shapes of these codes; None when there is none.

    Properties of each feature: code, name, source and year; `sources` of the collection lists what to display.
    """
    stored = {row["code"]: row for row in _stored_rows(home, codes)}
    if not stored:
        return None
    features = [
        {
            "type": "Feature",
            "properties": {key: row[key] for key in ("code", "name", "source", "year")},
            "geometry": json.loads(row["geometry"]),
        }
        for row in stored.values()
    ]
    sources = sorted({f"{row['source']}, {row['year'] or 'année inconnue'}" for row in stored.values()})
    return {"type": "FeatureCollection", "features": features, "sources": sources}


def _file(home: Path) -> Path:
    return home / "reference" / "contours.parquet"


def _stored_rows(home: Path, codes: Iterable[str] | None = None) -> list[dict[str, Any]]:
    if not _file(home).is_file():
        return []
    wanted = None if codes is None else [("code", "in", sorted(set(codes)))]
    if wanted is not None and not wanted[0][2]:
        return []
    rows: list[dict[str, Any]] = pq.read_table(_file(home), filters=wanted).to_pylist()
    return rows


def _store(rows: list[dict[str, Any]], home: Path) -> None:
    target = _file(home)
    target.parent.mkdir(parents=True, exist_ok=True)
    fields = [(name, pa.string()) for name in ("code", "name", "source")]
    schema = pa.schema([*fields, ("year", pa.int32()), ("geometry", pa.string())])
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".contours-") as folder:
        written = Path(folder) / target.name
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), written, compression="zstd")
        written.replace(target)


def _shapes(file: Path, invented: frozenset[str]) -> dict[str, str]:
    """Geometry of each code of the file, as GeoJSON text."""
    if not file.is_file():
        raise _unusable(file, "ce fichier est introuvable")
    kind = file.suffix.lower()
    if kind not in (".parquet", ".geojson", ".json"):
        raise _unusable(file, f"le format « {kind or 'sans extension'} » n'est pas lu ici")
    try:
        with connect(extensions=["spatial"]) as database:
            declared, rows = _parquet(database, file) if kind == ".parquet" else _geojson(file)
            if rows:
                rows = _to_wgs84(database, declared, rows)
    except UnknownProjection:
        raise _unusable(
            file, "ses coordonnées ne sont ni en longitude et latitude, ni dans une projection reconnue"
        ) from None
    except (DuckDBError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(file, f"il est illisible ({str(error).splitlines()[0]})") from error
    if not rows:
        raise _unusable(file, "il ne contient aucune forme")
    column = _code_column([attributes for attributes, _ in rows], invented)
    if column is None:
        raise _unusable(
            file, "aucune de ses colonnes ne contient des codes INSEE de communes ou SIREN d'EPCI"
        )
    shapes = {str(attributes[column]).strip(): geometry for attributes, geometry in rows}
    if not all(_in_degrees(geometry) for geometry in shapes.values()):
        raise _unusable(file, "certaines de ses formes ne sont pas en longitude et latitude")
    return shapes


def _to_wgs84(
    database: DuckDBPyConnection, declared: str | None, rows: list[tuple[dict[str, Any], str]]
) -> list[tuple[dict[str, Any], str]]:
    """Shapes converted to longitude and latitude. Raises UnknownProjection."""
    point = _first_point(rows[0][1])
    if point is None:
        raise UnknownProjection
    projection = projection_of(declared, point)
    if projection is None:
        return rows
    database.register(
        "projected", pa.table({"rank": range(len(rows)), "shape": [shape for _, shape in rows]})
    )
    moved = database.execute(
        "SELECT ST_AsGeoJSON(ST_Transform(ST_GeomFromGeoJSON(shape), ?, 'OGC:CRS84', true)) FROM projected ORDER BY rank",
        [projection],
    ).fetchall()
    return [(attributes, str(shape)) for (attributes, _), (shape,) in zip(rows, moved, strict=True)]


def _parquet(database: DuckDBPyConnection, file: Path) -> tuple[str | None, list[tuple[dict[str, Any], str]]]:
    """Declared coordinate system of the geometry column (« GEOMETRY('EPSG:2154') »), and the rows."""
    columns = database.execute(
        "SELECT column_name, column_type FROM (DESCRIBE FROM read_parquet(?))", [str(file)]
    )
    types = dict(columns.fetchall())
    geometry = next((name for name, kind in types.items() if kind.startswith("GEOMETRY")), None)
    if geometry is None:
        raise _unusable(file, "il n'a pas de colonne de géométrie")
    texts = [name for name, kind in types.items() if kind == "VARCHAR"]
    quoted = ", ".join(map(quote_identifier, texts))
    shape = quote_identifier(geometry)
    query = f"SELECT {quoted or 'NULL'}, ST_AsGeoJSON({shape}) FROM read_parquet(?) WHERE {shape} IS NOT NULL"  # noqa: S608
    rows = database.execute(query, [str(file)]).fetchall()
    return types[geometry], [(dict(zip(texts, row[: len(texts)], strict=True)), str(row[-1])) for row in rows]


def _geojson(file: Path) -> tuple[str | None, list[tuple[dict[str, Any], str]]]:
    """`crs` member of older files, and the features."""
    collection = json.loads(file.read_text(encoding="utf-8-sig"))
    declared = (collection.get("crs") or {}).get("properties", {}).get("name")
    return declared, [
        (feature.get("properties") or {}, json.dumps(feature["geometry"], separators=(",", ":")))
        for feature in collection["features"]
        if feature.get("geometry")
    ]


def _code_column(rows: list[dict[str, Any]], invented: frozenset[str]) -> str | None:
    """Column whose values are most often codes of places, whatever its name."""
    share: dict[str, float] = {}
    for name in rows[0]:
        values = {str(row.get(name, "")).strip() for row in rows}
        shaped = {value for value in values if re.fullmatch(r"\d[\dAB]\d{3}|\d{9}", value)}
        share[name] = (len(place_queries.by_codes(shaped)) + len(values & invented)) / len(values)
    best = max(share, key=lambda name: share[name], default=None)
    return best if best is not None and share[best] >= _SHARE_OF_CODES else None


def _first_point(geometry: str) -> tuple[float, float] | None:
    numbers = re.search(r"\[\s*(-?\d+(?:\.\d+)?)[^,]*,\s*(-?\d+(?:\.\d+)?)", geometry)
    return (float(numbers[1]), float(numbers[2])) if numbers else None


def _in_degrees(geometry: str) -> bool:
    point = _first_point(geometry)
    return point is not None and abs(point[0]) <= 180 and abs(point[1]) <= 90


def _unusable(file: Path, why: str) -> UnusableContours:
    return UnusableContours(
        f"Les contours de « {file.name} » n'ont pas été importés : {why}. Les contours déjà présents sont gardés. "
        "Donnez un fichier GeoJSON ou Parquet, en longitude et latitude ou en Lambert-93, avec une colonne de codes INSEE ou SIREN."
    )
